# `tart clone` silently replaces a VM of that name, so look first. One that is there but does
# not run may lack its settings: they are set again.
clone() {
  read_vms || return
  if is_running; then return 0; fi
  if ! exists; then
    # That it is ours, for whoever finds it when nobody knows it any more.
    (umask 077 && mkdir -p "$state/made" && printf '%s\n' "$op" >"$state/made/$vm") || return
    tart clone "$image" "$vm" >"$log"
    cloned=$?
    if [ "$cloned" -ne 0 ]; then
      grep -v '^[0-9]*%$' "$log" | tail -n 5 >&2
      return $cloned
    fi
  fi
  # A cloned MAC address would share the lease, and so the address, of another VM.
  set -- --random-mac
  if [ -n "$cpu" ]; then set -- "$@" --cpu "$cpu"; fi
  if [ -n "$memory_mib" ]; then set -- "$@" --memory "$memory_mib"; fi
  tart set "$vm" "$@"
}

enter
log="$state/log/$vm"
words=$(clone 2>&1)
finish $? "$words"
