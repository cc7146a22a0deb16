# shellcheck shell=bash
# Sourced by the scripts after common.sh: volumes, mounts and the processes that serve them.

PATH=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/src/ZoneTierFS.Cli/bin/Release/net10.0:$PATH
unmount_seconds_max=60

# write_config FILE FOLDER TLC_SIZE QLC_SIZE ZONE_SIZE: a volume of two emulated tiers in a folder.
write_config() {
  cat >"$1" <<END
{
  "tiers": [
    { "name": "tlc", "media": "tlc", "path": "$2/tlc.image", "size": "$3", "zoneSize": "$5" },
    { "name": "qlc", "media": "qlc", "path": "$2/qlc.image", "size": "$4", "zoneSize": "$5" }
  ],
  "mover": { "interval": "200ms" },
  "log": { "file": "$2/ztfs.log" }
}
END
}

# daemon_pid MOUNTPOINT: the process that serves a mount, as the mount itself says.
daemon_pid() {
  timeout 10 getfattr --absolute-names --only-values -n user.ztfs.status "$1" | grep -oE '"pid": ?[0-9]+' | grep -oE '[0-9]+'
}

# The process behind each mountpoint, for when it no longer answers.
declare -A daemons=()

# mount_volume CONFIG MOUNTPOINT: mounts, and unmounts at the end of the script.
mount_volume() {
  mkdir -p "$2"
  defer unmount_volume "$2"
  show ztfs mount --config "$1" "$2" || die "the mount failed"
  daemons[$2]=$(daemon_pid "$2") || die "the mount does not say which process serves it"
}

# The kernel's list of mounts has spaces as \040; it answers also for a mount whose daemon is dead.
is_mounted() { grep -qF " ${1// /\\040} fuse" /proc/self/mounts; }

is_unmounted() { ! is_mounted "$1"; }

# A zombie is gone, too: it only waits for its parent to notice.
process_is_gone() { ! grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status"; }

# unmount_volume MOUNTPOINT: unmounts, by force where the daemon is dead or does not answer.
unmount_volume() {
  local pid=${daemons[$1]:-}
  is_mounted "$1" || return 0
  timeout --kill-after=5 "$unmount_seconds_max" ztfs unmount "$1" >/dev/null 2>&1 || true
  if is_mounted "$1"; then
    fusermount3 -u -z "$1" 2>/dev/null || umount -l "$1"
  fi
  [[ -z $pid ]] || wait_until "$unmount_seconds_max" process_is_gone "$pid" || kill -KILL "$pid"
  wait_until 10 is_unmounted "$1"
}

attribute() { getfattr --absolute-names --only-values -n "user.ztfs.$2" "$1"; }

# has_attribute FILE NAME VALUE
has_attribute() { [[ $(attribute "$1" "$2") == "$3" ]]; }
