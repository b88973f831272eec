# Sets `held` to the macOS guests of any tool and user: the larger of what the tool runs and of the
# guests' processes, and what has begun and has no process of a guest yet.
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
  if ! find_guests; then
    echo "cannot count the guests that run here: pgrep failed" >&2
    return 1
  fi
  processes=$(printf '%s\n' "$found" | grep -c .)
  if ! count_runs; then
    echo "cannot count what runs of tart's here: pgrep failed" >&2
    return 1
  fi
  held=$((processes - linux))
  if [ $((listed + lasting)) -gt "$held" ]; then held=$((listed + lasting)); fi
  held=$((held + begun))
}

# The tool's runs of other macOS VMs that its listing does not show as running. Sets `begun` to
# those of the last minute, whose guests are still to come: a start that was killed leaves one.
# Sets `lasting` to the others: their guests have processes, if they have any.
count_runs() {
  begun=0
  lasting=0
  find_processes '[t]art run ' || return
  set -f
  while read -r pid command; do
    # Which of its words is the name cannot be told for sure.
    for word in $command; do
      if [ "$word" = "$vm" ] || has_line "$vms" "R $word" || is_linux "$word"; then continue 2; fi
    done
    case $(ps -o etime= -p "$pid" 2>/dev/null | tr -d ' ') in
      '') ;;
      00:*) begun=$((begun + 1)) ;;
      *) lasting=$((lasting + 1)) ;;
    esac
  done <<END_OF_RUNS
$found
END_OF_RUNS
  set +f
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
  hidden=
  if [ "$whose" = own ]; then
    hidden="; processes of other users may be hidden: sudo does not run pgrep without a password"
  fi
  echo "two macOS VMs run here already: $listed of this user's tart, $((begun + lasting)) more that it runs unlisted, $processes guest processes of any tool$hidden" >&2
  return 77
}

# Its own session, so that nothing sent to this script's process group reaches the VM. Not
# nohup(1): on macOS that also leaves the user's console session.
run_detached() {
  exec perl -e 'use POSIX (); POSIX::setsid(); exec { $ARGV[0] } @ARGV; exit 127' \
    tart run --no-graphics "$vm"
}

# A start says nothing when it succeeds, and says why after a second or so when it does not.
start() {
  refuse_a_third || return
  if is_running; then return 0; fi
  # One whose script was killed goes on: a second would fail and be taken for its end.
  runs=$(runner | head -n 1)
  began_before=$runs
  if [ -z "$runs" ]; then
    run_detached </dev/null >"$log" 2>&1 &
    runs=$!
  fi
  for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 1
    if ! kill -0 "$runs" 2>/dev/null; then
      ended=1
      if [ -z "$began_before" ]; then
        wait "$runs"
        ended=$?
      fi
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
if ! command -v perl >/dev/null 2>&1; then
  finish 127 "perl: command not found in $PATH: without it a VM cannot be given a session of its own, and would end with the one that started it. Install perl on this host"
fi
log="$state/log/$vm"
words=$(start 2>&1)
finish $? "$words"
