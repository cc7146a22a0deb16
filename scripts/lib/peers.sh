# shellcheck shell=bash
# Sourced by the scripts after common.sh and ztfs.sh: other FUSE file systems, mounted to be compared with.

known_peers=(bindfs mergerfs null)

# need_peers NAME...: installs those that are Debian packages.
need_peers() {
  local peer packages=()
  for peer; do [[ $peer == null ]] || packages+=("$peer=$peer"); done
  need_packages "${packages[@]}"
}

# mount_peer NAME SOURCE MOUNTPOINT NULL_SIZE: shows SOURCE at MOUNTPOINT through a peer, and unmounts at the end of the script. Each reads ahead as far as
# it sets itself. bindfs hands on O_DIRECT, and mergerfs keeps the page cache, only when told so; without, they would do other work than the rest. mergerfs
# writes no file at all where less than 4 GiB are free, unless it is told otherwise.
mount_peer() {
  local name=$1 source=$2 mountpoint=$3
  mkdir -p "$mountpoint"
  case $name in
    bindfs) bindfs -f --multithreaded --forward-odirect=4096 "$source" "$mountpoint" & ;;
    mergerfs) mergerfs -f -o cache.files=auto-full,dropcacheonclose=false,minfreespace=16M,use_ino "$source" "$mountpoint" & ;;
    null) "$repo/tests/ZoneTierFS.Benchmarks/bin/Release/net10.0/ZoneTierFS.Benchmarks" null-mount --mount "$mountpoint" --size "$4" & ;;
  esac
  daemons[$mountpoint]=$!
  defer unmount_peer "$mountpoint"
  wait_until 10 is_mounted "$mountpoint" || die "$name did not mount"
}

unmount_peer() {
  is_mounted "$1" || return 0
  wait_until 10 umount -q "$1" || umount -l "$1"
  wait_until 10 process_is_gone "${daemons[$1]}" || kill -KILL "${daemons[$1]}"
}
