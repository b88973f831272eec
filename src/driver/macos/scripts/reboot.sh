# Behind FileVault nothing answers after a restart until the disk is unlocked: `fdesetup
# authrestart` unlocks it once, with the credentials of somebody who may.
choose_way() {
  filevault=$(limited 10 fdesetup status 2>&1)
  credentials="$state/authrestart.plist"
  case $filevault in
    *'FileVault is Off'*) way=shutdown ;;
    *'FileVault is On'*)
      if [ "$authrestart" != yes ]; then
        echo "FileVault is on: after a restart this Mac would wait for somebody to unlock its disk. Turn FileVault off, or set \`authrestart: true\` for this host" >&2
        return 1
      fi
      if [ ! -r "$credentials" ]; then
        echo "FileVault is on, and a restart past it needs the credentials of one who may unlock the disk: put a property list with Username and Password (see man fdesetup) into ~/.hostler/authrestart.plist on this host, readable by $(id -un) alone" >&2
        return 1
      fi
      way=authrestart
      ;;
    *)
      echo "it cannot be told whether FileVault is on, so this Mac is not restarted: fdesetup says: $filevault" >&2
      return 1
      ;;
  esac
}

restart() {
  case $way in
    shutdown) limited 60 sudo -n shutdown -r now ;;
    authrestart) limited 60 sudo -n fdesetup authrestart -inputplist <"$credentials" ;;
  esac
}

sudoers_line() {
  case $way in
    shutdown) allowed='/sbin/shutdown -r now' ;;
    authrestart) allowed='/usr/bin/fdesetup authrestart -inputplist' ;;
  esac
  echo "let sudo restart this Mac without a password: put \`$(id -un) ALL=(root) NOPASSWD: $allowed\` into /etc/sudoers.d/hostler with visudo"
}

# Guests may have been started since the controller counted them, and would end with the Mac.
others_came() {
  if ! find_guests; then
    echo "the guests that run here cannot be counted: pgrep failed"
    return 0
  fi
  there=$(printf '%s\n' "$found" | grep -c .)
  if [ "$there" -le "$guests" ]; then return 1; fi
  echo "$there guests run here, and $guests were known when this restart was ordered: one that was started since is not ended unasked"
}

enter
if [ "$(restart_over)" = "$op" ]; then finish 0 'it has restarted'; fi
if words=$(others_came); then finish 1 "$words"; fi
if ! choose_way 2>"$state/words"; then finish 1 "$(cat "$state/words")"; fi
# All is written down first: there may be no time for it afterwards.
if ! { printf '%s %s\n' "$op" "$boot" >"$restarts.new" && mv "$restarts.new" "$restarts"; }; then
  finish 1 "cannot keep the state of operations in $state"
fi
remember 0 'it restarts'
refusal=$(restart 2>&1)
ended=$?
if [ "$ended" -eq 0 ]; then finish 0 'it restarts'; fi
rm -f "$restarts"
case $refusal in
  *sudo:*) refusal="$refusal
$(sudoers_line)" ;;
  '') refusal="the restart ended with status $ended and said nothing" ;;
esac
finish 1 "$refusal"
