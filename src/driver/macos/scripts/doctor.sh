# What only the doctor asks a Mac.

# mac_file PATH: where a file of the system is. Only hosts of a test have some of their own.
mac_file() {
  if [ -f "$HOME/var/db/dhcpd_leases" ]; then
    printf '%s%s\n' "$HOME" "$1"
  else
    printf '%s\n' "$1"
  fi
}

# words COMMAND...: what it says of a failure too.
words() {
  "$@" 2>&1
}

# preference SECTION FILE KEY: of what we may not read, defaults(1) says too that it is not there.
preference() {
  listed=$(mac_file "$2.plist")
  if [ -e "$listed" ] && [ ! -r "$listed" ]; then
    say "$1" 13 'it may not be read'
  else
    section "$1" words limited 5 defaults read "$2" "$3"
  fi
}

# `absent`, `sealed`, or its size: root alone may read it, and we want nothing of what is in it.
login_file() {
  password=$(mac_file /etc/kcpassword)
  if [ ! -e "$password" ]; then
    echo absent
  elif head -n 1 "$password" 2>/dev/null | grep -q '^<sealed>'; then
    echo sealed
  else
    ls -ln "$password" | awk '{ print "size " $5 }'
  fi
}

# Where root wrote it, we may not be able to see it.
local_networks() {
  for domain in /Library/Preferences/com.apple.network.local-network \
    com.apple.network.local-network; do
    limited 5 defaults read "$domain" 2>&1
  done
}

# The first value that sshd(8) reads is the one that counts; the folder comes first on a Mac.
sshd_limits() {
  folder=$(mac_file /etc/ssh)
  for file in "$folder"/sshd_config.d/*.conf "$folder/sshd_config"; do
    if [ -e "$file" ] && [ ! -r "$file" ]; then
      echo unreadable
    elif [ -e "$file" ]; then
      awk '
        { sub(/=/, " ") }
        tolower($1) == "match" { exit }
        tolower($1) ~ /^max(sessions|startups)$/ { print tolower($1) " " $2 }' "$file"
    fi
  done
}

section clock date +%s
section user id -un
say ssh_path 0 "$ssh_path"
section perl command -v perl
section console limited 5 stat -f %Su /dev/console
preference auto_login /Library/Preferences/com.apple.loginwindow autoLoginUser
section login_file login_file
section local_network local_networks
preference lease \
  /Library/Preferences/SystemConfiguration/com.apple.InternetSharing.default bootpd
section pmset limited 5 pmset -g
section power limited 5 pmset -g batt
preference managed_updates '/Library/Managed Preferences/com.apple.SoftwareUpdate' \
  AutomaticallyInstallMacOSUpdates
preference updates /Library/Preferences/com.apple.SoftwareUpdate AutomaticallyInstallMacOSUpdates
section sshd sshd_limits
section sudo words limited 5 sudo -n -l
