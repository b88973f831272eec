# What the process of our VM $vm has said since its last start.
if [ ! -f "$state/log/$vm" ]; then exit 3; fi
tail -c 262144 "$state/log/$vm"
