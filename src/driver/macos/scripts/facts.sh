# say NAME STATUS TEXT: one section. A text cannot begin another.
say() {
  printf '@@ %s %s\n' "$1" "$2"
  if [ -n "$3" ]; then
    printf '%s\n' "$3" | awk '{ sub(/^@@/, "@ @"); print }'
  fi
}

# section NAME COMMAND...: a section with what the command prints, bounded.
section() {
  title=$1
  shift
  text=$("$@" 2>/dev/null)
  say "$title" $? "$text"
}

data_volume() {
  if [ -d /System/Volumes/Data ]; then
    df -P -k /System/Volumes/Data
  else
    df -P -k "$HOME"
  fi
}

# Only hosts of a test have leases of their own.
leases() {
  if [ -f "$HOME/var/db/dhcpd_leases" ]; then
    head -c 262144 "$HOME/var/db/dhcpd_leases"
  else
    head -c 262144 /var/db/dhcpd_leases
  fi
}

# Two sections: the guests' processes, and whose they can be.
guest_processes() {
  find_guests
  say guests $? "$found"
  say whose 0 "$whose"
}

keychain() {
  limited 5 security show-keychain-info 2>&1
}

# Of the hardware's own record, the line with its number.
platform_uuid() {
  limited 5 ioreg -rd1 -c IOPlatformExpertDevice | grep IOPlatformUUID | head -c 1024
}

filevault() {
  limited 5 fdesetup status
}

mac_facts() {
  # Else a tool built long ago is told of a version that never was.
  SYSTEM_VERSION_COMPAT=0
  export SYSTEM_VERSION_COMPAT
  section sw_vers sw_vers
  section sysctl sysctl -n machdep.cpu.brand_string hw.model hw.ncpu hw.memsize kern.boottime \
    vm.loadavg
  section boot boot_session
  section vm_stat vm_stat
  section df data_volume
  section filevault filevault
  section uuid platform_uuid
}
