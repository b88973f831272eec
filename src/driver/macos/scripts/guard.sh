# The guard: one operation at a time on this host, none of an older epoch, none twice.
#
# The lock is the one file in lock/. It changes its name: `free`, or OP.PID.BOOT of its holder.
# A rename of a given name succeeds for one caller only, so neither a free lock nor a dead
# holder's can be taken twice, and the name tells all about the holder from the first moment.
# The epoch is the highest name in epoch/: adding a name can never lower it, lock or no lock.

is_number() {
  case $1 in
    '' | *[!0-9]*) return 1 ;;
  esac
}

stored_epoch() {
  highest=0
  for file in "$state/epoch"/*; do
    number=${file##*/}
    if is_number "$number" && [ "$number" -gt "$highest" ]; then highest=$number; fi
  done
  printf '%s\n' "$highest"
}

# raise_epoch N: remembers N when it is the highest.
raise_epoch() {
  is_number "$1" || return 1
  [ "$1" -gt "$(stored_epoch)" ] || return 0
  (umask 077 && mkdir -p "$state/epoch" && : >"$state/epoch/$1") || return 1
  for file in "$state/epoch"/*; do
    number=${file##*/}
    if is_number "$number" && [ "$number" -lt "$1" ]; then rm -f "$file"; fi
  done
}

# Prints the name of the lock's file; nothing when there is no lock yet.
lock_name() {
  for file in "$state/lock"/*; do
    if [ -f "$file" ]; then printf '%s\n' "${file##*/}"; fi
  done | tail -n 1
}

# holder_lives NAME: whether the script that named the lock so still runs. In doubt, it does.
holder_lives() {
  after_op=${1#*.}
  holder_pid=${after_op%%.*}
  is_number "$holder_pid" || return 1
  [ "${after_op#*.}" = "$boot" ] || return 1
  kill -0 "$holder_pid" 2>/dev/null || return 1
  # Its number may have gone to another program since.
  case $(ps -o stat= -o args= -p "$holder_pid" 2>/dev/null) in
    Z*) return 1 ;;
    '' | *sh*' -s'*) return 0 ;;
    *) return 1 ;;
  esac
}

make_lock() {
  rm -rf "$state/new.$$" "$state/lock"/new.*
  mkdir -p "$state/new.$$" && : >"$state/new.$$/free" || return 1
  rmdir "$state/lock" 2>/dev/null
  # Where another was quicker this fails, or lands inside the other's as a directory.
  mv "$state/new.$$" "$state/lock" 2>/dev/null
  rm -rf "$state/new.$$" "$state/lock/new.$$"
}

take_lock() {
  mine="$op.$$.$boot"
  for attempt in 1 2 3 4; do
    holder=$(lock_name)
    case $holder in
      '') make_lock || return 1 ;;
      free) ;;
      *) if holder_lives "$holder"; then return 1; fi ;;
    esac
    if [ -n "$holder" ] && mv "$state/lock/$holder" "$state/lock/$mine" 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

release_lock() {
  mv "$state/lock/$mine" "$state/lock/free"
}

# Begins operation $op of epoch $epoch, or ends the script.
enter() {
  # A lost connection must not end an operation halfway.
  trap '' HUP PIPE
  if ! is_number "$epoch" || ! (umask 077 && mkdir -p "$state/done" "$state/log"); then
    echo "cannot keep the state of operations in $state" >&2
    exit 1
  fi
  boot=$(boot_session)
  if [ -z "$boot" ]; then
    echo "cannot read the boot session: sysctl does not answer" >&2
    exit 1
  fi
  if ! take_lock; then
    echo "operation ${holder%%.*} runs on this host" >&2
    exit 75
  fi
  known=$(stored_epoch)
  if [ "$known" -gt "$epoch" ]; then
    release_lock
    echo "this host obeys epoch $known, and this order is of epoch $epoch" >&2
    exit 76
  fi
  if [ "$(cat "$state/boot" 2>/dev/null)" != "$boot" ]; then
    rm -f "$state/done"/*
    printf '%s\n' "$boot" >"$state/boot"
  fi
  if [ -f "$state/done/$op" ]; then
    release_lock
    replay
  fi
  raise_epoch "$epoch"
}

# Answers as the operation answered when it was done.
replay() {
  ended=$(head -n 1 "$state/done/$op")
  tail -n +2 "$state/done/$op" >&2
  echo replayed >&2
  is_number "$ended" || ended=1
  exit "$ended"
}

# remember STATUS WORDS: how the operation ended, for whoever asks again.
remember() {
  # The end of an output of 4000 bytes, and a line before it.
  words=$(printf '%s\n' "$2" | head -c 4100)
  printf '%s\n%s\n' "$1" "$words" >"$state/done.new" && mv "$state/done.new" "$state/done/$op"
}

# finish STATUS WORDS: ends the operation, remembers how, and ends the script.
finish() {
  remember "$1" "$2"
  ls -t "$state/done" | tail -n +65 | while read -r old; do rm -f "$state/done/$old"; done
  release_lock
  if [ -n "$words" ]; then printf '%s\n' "$words" >&2; fi
  exit "$1"
}

# The last restart that was ordered, and the boot session it was to end: it is known when all
# that was done before it is forgotten.
restarts="$state/restart"

# Prints the operation of the last restart once it is over.
restart_over() {
  if [ -f "$restarts" ] && read -r last before <"$restarts" && [ "$before" != "$boot" ]; then
    printf '%s\n' "$last"
  fi
}

# What the controller is shown of all this. The epoch is raised before the holder is read: an
# older operation is seen running here, or sees the new epoch there.
guard_view() {
  boot=$(boot_session)
  [ -n "$boot" ] || return 1
  raise_epoch "$epoch"
  echo "epoch $(stored_epoch)"
  holder=$(lock_name)
  case $holder in
    '' | free) ;;
    *) if holder_lives "$holder"; then echo "running ${holder%%.*}"; fi ;;
  esac
  if [ "$(cat "$state/boot" 2>/dev/null)" = "$boot" ]; then
    for file in "$state/done"/*; do
      if [ -f "$file" ] && read -r ended <"$file"; then echo "done ${file##*/} $ended"; fi
    done
  fi
  restarted=$(restart_over)
  if [ -n "$restarted" ]; then echo "done $restarted 0"; fi
  return 0
}
