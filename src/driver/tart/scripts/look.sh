# percent NAME: as it is when plain, else every byte as %XX.
percent() {
  case $1 in
    *[!A-Za-z0-9._-]*) printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g' ;;
    *) printf '%s' "$1" ;;
  esac
}

vm_config() {
  grep -E -o '"(os|macAddress)"[[:space:]]*:[[:space:]]*"[^"]*"' "$vm_home/$1/config.json"
}

# What the process of a VM of ours said before it ended.
last_words() {
  case $1 in
    */*) ;;
    *) if [ -s "$state/log/$1" ]; then section "log $(percent "$1")" tail -c 400 "$state/log/$1"; fi ;;
  esac
}

# ask_guest VM SCRIPT: prints `VM yes` or `VM no`. The guest says how the script ended: the tool's
# own failures have statuses that a script may have too.
ask_guest() {
  answer=$(printf '%s' "$2" | base64 --decode | limited 5 tart exec -i "$1" \
    /bin/sh -c '/bin/sh -s >/dev/null 2>&1; echo "exit $?"')
  ended=${answer#exit }
  if [ "$answer" = 'exit 0' ]; then
    echo "$1 yes"
  elif [ "$ended" != "$answer" ] && is_number "$ended" && [ "$ended" -lt 126 ]; then
    echo "$1 no"
  fi
}

# All at once: a guest that does not answer costs no more than its own time.
ask_guests() {
  while read -r name script; do
    if [ -n "$name" ]; then ask_guest "$name" "$script" & fi
  done <<END_OF_PROBES
$probes
END_OF_PROBES
  wait
}

section guard guard_view
section made ls "$state/made"
mac_facts
section tool limited 5 tart --version
listing=$(list_json 2>/dev/null)
say list $? "$listing"
printf '%s\n' "$listing" | local_vms | while IFS= read -r line; do
  case $line in
    'R '*) section "vm $(percent "${line#R }")" vm_config "${line#R }" ;;
    'S hostler-'*) last_words "${line#S }" ;;
  esac
done
section leases leases
guest_processes
section busy ask_guests
section keychain keychain
