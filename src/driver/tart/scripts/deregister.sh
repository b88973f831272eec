# Tells the agent in the guest to take no more work. Its script goes to the guest on standard
# input: an argument would be seen by everybody there.
deregister() {
  read_vms || return
  if ! is_running; then
    echo "VM \"$vm\" is not running" >&2
    return 1
  fi
  printf '%s\n' "$guest" | limited "$timeout_s" tart exec -i "$vm" /bin/sh -s
}

enter
words=$(deregister 2>&1)
finish $? "$words"
