# Automatic pruning would delete images behind our back; CI makes progress plain lines.
TART_NO_AUTO_PRUNE=1
CI=1
export TART_NO_AUTO_PRUNE CI
vm_home="${TART_HOME:-$HOME/.tart}/vms"

# The listing fails as a whole when a VM is deleted meanwhile: once more, unless it hung.
list_json() {
  limited 10 tart list --format json "$@" 2>/dev/null
  listed_status=$?
  case $listed_status in
    0 | 127 | 142) return $listed_status ;;
  esac
  limited 10 tart list --format json "$@"
}

# Reads such a listing; prints `R NAME` for a local VM that runs, `S NAME` for another. A state
# we do not know is one that runs.
local_vms() {
  entries_of local
}

# Reads such a listing; prints `GB NAME` for a cached image.
cached_images() {
  entries_of oci
}

entries_of() {
  awk -v want="$1" '
    { text = text $0 "\n" }
    END {
      while (match(text, /"([^"\\]|\\.)*"|[{}:,]|[A-Za-z0-9.+-]+/)) {
        token = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        if (token == "{") { name = source = state = running = size = key = ""; value = 0 }
        else if (token == "}") {
          state = tolower(state)
          up = running == "true" || (state != "stopped" && state != "suspended" && state != "")
          mark = want == "oci" ? (size + 0) " " : up ? "R " : "S "
          if (tolower(source) == want) print mark name
        }
        else if (token == ":") value = 1
        else if (token == ",") value = 0
        else {
          if (token ~ /^"/) token = plain(substr(token, 2, length(token) - 2))
          if (!value) key = token
          else if (key == "Name") name = token
          else if (key == "Source") source = token
          else if (key == "State") state = token
          else if (key == "Size") size = token
          else if (key == "Running") running = token
        }
      }
    }
    function plain(s) {
      gsub(/\\\//, "/", s)
      gsub(/\\"/, "\"", s)
      gsub(/\\\\/, "\\", s)
      return s
    }'
}

# Sets `vms` to what local_vms prints; fails with the words of the tool when it cannot list.
read_vms() {
  read_list && vms=$(printf '%s\n' "$listing" | local_vms)
}

# The same for `images`.
read_images() {
  read_list --source oci && images=$(printf '%s\n' "$listing" | cached_images)
}

# The names alone of what cached_images prints.
names_of() {
  printf '%s\n' "$1" | sed 's/^[0-9.]* //'
}

read_list() {
  listing=$(list_json "$@" 2>"$state/words")
  listed_status=$?
  case $listed_status:$listing in
    0:'['*) return 0 ;;
    0:*) echo "tart list did not print a list: $listing" >&2; return 1 ;;
    127:*) echo "tart: command not found in $PATH" >&2; return 127 ;;
    142:*) echo "tart list did not answer within 10 s" >&2; return 142 ;;
    *) cat "$state/words" >&2; return $listed_status ;;
  esac
}

# has_line LINES LINE: without a process, for it is asked often.
has_line() {
  case "
$1
" in
    *"
$2
"*) return 0 ;;
  esac
  return 1
}
is_running() {
  has_line "$vms" "R $vm"
}
exists() {
  has_line "$vms" "R $vm" || has_line "$vms" "S $vm"
}

is_linux() {
  grep -q '"os"[[:space:]]*:[[:space:]]*"linux"' "$vm_home/$1/config.json" 2>/dev/null
}

# The process that runs our VM $vm, whatever the listing says of it.
runner() {
  pgrep -f "tart run --no-graphics $vm\$"
}
