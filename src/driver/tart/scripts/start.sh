# Sets `held` to the macOS guests of any tool: the larger of the listing and the processes.
count_guests() {
  read_vms || return
  listed=0
  linux=0
  while IFS= read -r line; do
    case $line in
      'R '*) if is_linux "${line#R }"; then linux=$((linux + 1)); else listed=$((listed + 1)); fi ;;
    esac
  done <<END_OF_VMS
$vms
END_OF_VMS
  processes=$(pgrep -lf com.apple.Virtualization.VirtualMachine)
  case $? in
    0) processes=$(printf '%s\n' "$processes" | grep -c .) ;;
    1) processes=0 ;;
    *) echo "cannot count the guests that run here: pgrep failed" >&2; return 1 ;;
  esac
  held=$((processes - linux))
  if [ "$listed" -gt "$held" ]; then held=$listed; fi
}

# A guest's process may outlive its stop for a moment: only the listing is believed at once.
refuse_a_third() {
  if is_linux "$vm"; then
    read_vms
    return
  fi
  for attempt in 1 2 3 4; do
    count_guests || return
    if is_running; then return 0; fi
    if [ "$held" -lt 2 ]; then return 0; fi
    if [ "$listed" -ge 2 ]; then break; fi
    sleep 1
  done
  echo "two macOS VMs run here already: $listed of this user's tart, $processes guest processes of any tool" >&2
  return 77
}

# Its own session, so that nothing sent to this script's process group reaches the VM. Not
# nohup(1): on macOS that also leaves the user's console session.
run_detached() {
  if command -v perl >/dev/null 2>&1; then
    exec perl -e 'use POSIX (); POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 127' \
      tart run --no-graphics "$vm"
  fi
  exec tart run --no-graphics "$vm"
}

# A start says nothing when it succeeds, and says why after a second or so when it does not.
start() {
  refuse_a_third || return
  if is_running; then return 0; fi
  run_detached </dev/null >"$log" 2>&1 &
  runs=$!
  for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 1
    if ! kill -0 "$runs" 2>/dev/null; then
      wait "$runs"
      ended=$?
      head -c 4000 "$log" >&2
      if [ "$ended" -eq 0 ]; then
        echo "the VM stopped within $second s of its start" >&2
        return 1
      fi
      return $ended
    fi
    if [ "$second" -ge 3 ] && read_vms 2>/dev/null && is_running; then return 0; fi
  done
  # Issued, alive, and not yet listed: whether it comes up is for the next looks to see.
  return 0
}

enter
log="$state/log/$vm"
words=$(start 2>&1)
finish $? "$words"
