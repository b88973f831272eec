# Where the tool is, and what runs of it for our user: others' runs are of VMs we cannot list.
elsewhere() {
  for at in "$HOME/.local/bin/tart" "$HOME/homebrew/bin/tart" /opt/local/bin/tart \
    "$HOME/Applications/tart.app/Contents/MacOS/tart" \
    /Applications/tart.app/Contents/MacOS/tart; do
    if [ -x "$at" ]; then
      printf '%s\n' "$at"
      return 0
    fi
  done
  return 1
}

section tool_path command -v tart
section elsewhere elsewhere
section runs pgrep -lf '[t]art run '
