# What is cached is not asked for anew, even when its tag has moved.
pull() {
  case $image in
    */*) ;;
    *)
      read_vms || return
      vm=$image
      if exists; then
        echo "$image is a VM on this host: there is nothing to pull"
        return 0
      fi
      echo "the specified VM \"$image\" does not exist" >&2
      return 2
      ;;
  esac
  read_images || return
  if has_line "$(names_of "$images")" "$image"; then
    echo "$image is there already"
    return 0
  fi
  tart pull "$image" >"$log"
  pulled=$?
  if [ "$pulled" -ne 0 ]; then
    grep -v '^[0-9]*%$' "$log" | tail -n 5 >&2
    return $pulled
  fi
  echo "$image is pulled"
}

enter
log="$state/log/pull"
words=$(pull 2>&1)
finish $? "$words"
