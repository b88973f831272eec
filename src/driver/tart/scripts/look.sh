# percent NAME: as it is when plain, else every byte as %XX.
percent() {
  case $1 in
    *[!A-Za-z0-9._-]*) printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g' ;;
    *) printf '%s' "$1" ;;
  esac
}

vm_config() {
  grep -E -o '"(os|macAddress)"[[:space:]]*:[[:space:]]*"[^"]*"' "$vm_home/$1/config.json"
}

section guard guard_view
mac_facts
section tool limited 5 tart --version
listing=$(list_json 2>/dev/null)
say list $? "$listing"
printf '%s\n' "$listing" | local_vms | while IFS= read -r line; do
  case $line in
    'R '*) section "vm $(percent "${line#R }")" vm_config "${line#R }" ;;
  esac
done
section leases leases
section guests guest_processes
section keychain keychain
say end 0 ''
exit 0
