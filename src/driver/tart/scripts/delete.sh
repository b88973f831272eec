delete() {
  read_vms || return
  # To delete the files of a VM that runs leaves a process that holds a slot for ever.
  if is_running || runner >/dev/null; then
    echo "VM \"$vm\" is running" >&2
    return 1
  fi
  if exists; then
    refusal=$(tart delete "$vm" 2>&1)
    deleted=$?
    if [ "$deleted" -ne 0 ]; then
      read_vms || return
      if exists; then
        printf '%s\n' "$refusal" >&2
        return $deleted
      fi
    fi
  fi
  # Half a VM is not listed and `tart delete` does not know it; without a configuration nothing
  # can run it.
  if [ -d "$vm_home/$vm" ] && [ ! -e "$vm_home/$vm/config.json" ]; then
    rm -rf "${vm_home:?}/${vm:?}" || return
  fi
  rm -f "$state/made/$vm"
  # What it said is kept a while, for whoever asks why it is gone.
  ls -t "$state/log" | grep '^hostler-' | tail -n +33 | while read -r old; do
    if ! has_line "$vms" "R $old"; then rm -f "$state/log/$old"; fi
  done
}

enter
words=$(delete 2>&1)
finish $? "$words"
