say end 0 ''
exit 0
