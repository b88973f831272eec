# The file is made whole beside its place and then takes it: nobody sees half of it.
copy() {
  case $to in
    '~/'*) target="$HOME/${to#??}" ;;
    *) target=$to ;;
  esac
  folder=${target%/*}
  if [ -d "$target" ]; then
    echo "$to is a directory: name the file in it" >&2
    return 1
  fi
  if [ ! -d "${folder:-/}" ]; then
    echo "there is no directory for $to: make it first" >&2
    return 1
  fi
  new="$target.hostler-new"
  if ! { (umask 077 && printf '%s' "$content" | base64 --decode >"$new") && chmod "$mode" "$new"; }
  then
    rm -f "$new"
    return 1
  fi
  if cmp -s "$new" "$target" && [ -n "$(find "$target" -prune -perm "$mode")" ]; then
    rm -f "$new"
    echo "$to was so already"
    return 0
  fi
  if ! mv -f "$new" "$target"; then
    rm -f "$new"
    return 1
  fi
  echo "$to is written"
}

enter
words=$(copy 2>&1)
finish $? "$words"
