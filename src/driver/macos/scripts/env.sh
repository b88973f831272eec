LC_ALL=C
ssh_path=$PATH
PATH="/opt/homebrew/bin:/usr/local/bin:$HOME/bin:/usr/bin:/bin:/usr/sbin:/sbin"
export LC_ALL PATH
exec </dev/null
state="$HOME/.hostler"

# The boot session: changes with each boot, and only then. The boot time cannot stand in for it,
# for a correction of the clock moves it: a lock that is held would look like one of another life.
boot_session() {
  sysctl -n kern.bootsessionuuid 2>/dev/null | head -n 1 | tr -cd 'A-Za-z0-9-'
}

# limited SECONDS COMMAND...: macOS has no timeout(1); an alarm outlives exec.
limited() {
  if command -v perl >/dev/null 2>&1; then
    perl -e 'alarm shift; exec { $ARGV[0] } @ARGV; exit 127' "$@"
  else
    shift
    "$@"
  fi
}
