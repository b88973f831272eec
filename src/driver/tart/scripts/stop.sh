# A listing says "stopped" whenever it cannot read a VM's lock, and a run may outlive its VM's
# files: the process has the last word.
end_runner() {
  for second in 1 2 3 4 5 6 7 8; do
    left=$(runner) || return 0
    case $second in
      3) kill -INT $left 2>/dev/null ;;
      6) kill -KILL $left 2>/dev/null ;;
    esac
    sleep 1
  done
  echo "the process that runs VM \"$vm\" does not end: $left" >&2
  return 1
}

# Asks the guest to shut down and waits for it, so that what it has not written yet is not lost:
# the tool's own stop is a power cut. A guest that cannot be asked is stopped at once.
shut_down() {
  limited 10 tart exec "$vm" sudo -n shutdown -h now >/dev/null 2>&1 || return 0
  waited=0
  while [ "$waited" -lt "$grace_s" ] && read_vms && is_running; do
    sleep 1
    waited=$((waited + 1))
  done
}

stop() {
  read_vms || return
  if is_running && [ "$grace_s" -gt 0 ]; then
    shut_down
    read_vms || return
  fi
  if is_running && ! refusal=$(tart stop --timeout "$timeout_s" "$vm" 2>&1); then
    read_vms || return
    if is_running; then
      printf '%s\n' "$refusal" >&2
      return 1
    fi
  fi
  end_runner
}

enter
words=$(stop 2>&1)
finish $? "$words"
