LC_ALL=C
PATH="/opt/homebrew/bin:/usr/local/bin:$HOME/bin:/usr/bin:/bin:/usr/sbin:/sbin"
export LC_ALL PATH
exec </dev/null
state="$HOME/.hostler"

# The boot session: changes with each boot, and only then.
boot_session() {
  session=$(sysctl -n kern.bootsessionuuid 2>/dev/null | head -n 1 | tr -cd 'A-Za-z0-9-')
  if [ -z "$session" ]; then
    session=$(sysctl -n kern.boottime 2>/dev/null | sed -n 's/^{ sec = \([0-9][0-9]*\).*/\1/p')
  fi
  printf '%s\n' "$session"
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
