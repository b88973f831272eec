# Tells the agent in the guest to take no more work. Its script goes to the guest on standard
# input: an argument would be seen by everybody there. The guest says itself how the script ended:
# the tool's own failures have statuses that a script may have too.
deregister() {
  read_vms || return
  if ! is_running; then
    echo "VM \"$vm\" is not running" >&2
    return 1
  fi
  answer=$(printf '%s\n' "$guest" | limited "$timeout_s" tart exec -i "$vm" \
    /bin/sh -c '/bin/sh -s 2>&1; printf "\nexit %s\n" $?' 2>&1)
  asked=$?
  case ${answer##*
} in
    'exit 0') return 0 ;;
    'exit '*)
      echo "the script in the guest ended with status ${answer##*exit }" >&2
      printf '%s\n' "${answer%
exit *}" | tail -n 20 >&2
      ;;
    *)
      if [ "$asked" -eq 142 ]; then
        echo "the script in the guest did not end within $timeout_s s" >&2
      fi
      printf '%s\n' "$answer" | tail -n 20 >&2
      ;;
  esac
  return 1
}

enter
words=$(deregister 2>&1)
finish $? "$words"
