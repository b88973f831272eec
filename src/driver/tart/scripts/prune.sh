# Adds to `keep` the digests that the kept tags stand for: each image is listed by both. Where
# the tool does not tell, every digest of that name stays.
keep_digests() {
  while IFS= read -r name; do
    case $name in
      '' | *@*) continue ;;
    esac
    has_line "$keep" "$name" || continue
    digest=$(limited 10 tart fqn "$name" </dev/null 2>/dev/null)
    case $digest in
      *@*) ;;
      *) digest=$(names_of "$images" | grep -F "${name%:*}@") ;;
    esac
    keep="$keep
$digest"
  done <<END_OF_NAMES
$(names_of "$images")
END_OF_NAMES
}

# remove MARK: the images that are not kept, those named by digest when the mark is @, else those
# named by tag.
remove() {
  while IFS= read -r name; do
    # The name of a local VM has no slash.
    case $1$name in
      @*/*@*) ;;
      @* | *@*) continue ;;
      */*) ;;
      *) continue ;;
    esac
    has_line "$keep" "$name" && continue
    refusal=$(tart delete "$name" </dev/null 2>&1) || failed="$failed$name stays: $refusal
"
  done <<END_OF_NAMES
$(names_of "$images")
END_OF_NAMES
}

# The size of an image counts once, with its digest.
tell() {
  printf '%s\n--\n%s\n' "$images" "$before" | awk '
    $0 == "--" { old = 1; next }
    NF < 2 { next }
    !old { left[$2] = 1; next }
    left[$2] { next }
    $2 ~ /@/ { freed += $1; next }
    { removed = removed (removed == "" ? "" : ", ") $2 }
    END {
      if (removed == "" && !freed) print "there is no image to remove"
      else printf "removed %s: %d GB freed\n", removed == "" ? "images without a tag" : removed, freed
    }'
}

prune() {
  read_images || return
  before=$images
  keep_digests
  failed=
  remove ''
  read_images || return
  if [ -z "$failed" ]; then
    remove @
    read_images || return
  fi
  tell
  if [ -n "$failed" ]; then
    printf '%s' "$failed" >&2
    return 1
  fi
}

enter
words=$(prune 2>&1)
finish $? "$words"
