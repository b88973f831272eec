# find_processes PATTERN: sets `found` to the processes whose command line matches, `PID COMMAND`
# each, and `whose` to `all` where sudo lets us ask for those of all users without a password, else
# to `own`: macOS hides the command lines of others. A pattern must not match itself: somebody else
# may ask at the same time.
find_processes() {
  whose=all
  found=$(limited 5 sudo -n pgrep -lf "$1" 2>&1)
  case $?:$found in
    # sudo ends with 1 too when it refuses, but says so.
    0:* | 1:) return 0 ;;
  esac
  whose=own
  found=$(pgrep -lf "$1" 2>/dev/null)
  case $? in
    # There is none.
    0 | 1) return 0 ;;
    *) return 2 ;;
  esac
}

find_guests() {
  find_processes 'com.apple.Virtualization.[V]irtualMachine'
}
