#!/usr/bin/env bash
# Measures ZoneTierFS against plain ext4 on the same medium, in the same run.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=scripts/lib/common.sh
source "$here/lib/common.sh"
# shellcheck source=scripts/lib/ztfs.sh
source "$here/lib/ztfs.sh"

suites=(main-job device)
model_size=1G
ram_repeats=5
disk_repeats=3
# The model twice, written files, zones that wait for cleaning, and ext4's own needs.
ram_disk_gib=8

usage() {
  cat <<END
usage: scripts/bench.sh [SUITE] [--json FILE] [--work DIR]
Measures on a RAM disk first, then on the disk that holds DIR. Needs root: for the RAM disk, and to empty the page cache.
  SUITE         one of: ${suites[*]} (default: all of them)
  --json FILE   write the figures there, as one array of rows
  --work DIR    folder on the disk to measure, with 5 GB to spare (default: a temporary one)
END
}

benchmarks() { run "$repo/tests/ZoneTierFS.Benchmarks/bin/Release/net10.0/ZoneTierFS.Benchmarks" "$@"; }

# make_ram_disk FOLDER: ext4 on a loop file in memory. A tmpfs itself would not do: it is its own page cache, and no read from it is ever cold.
make_ram_disk() {
  local file
  awk -v need="$ram_disk_gib" '/^MemAvailable:/ { exit $2 < need * 1024 * 1024 }' /proc/meminfo ||
    die "less than $ram_disk_gib GiB of memory are available: too little for the RAM disk"
  file=$(mktemp /dev/shm/ztfs-bench.XXXXXX)
  defer rm -f "$file"
  truncate -s "${ram_disk_gib}G" "$file"
  mkfs.ext4 -q -F -E nodiscard "$file"
  mkdir -p "$1"
  # The kernel lets go of the loop device by itself when it is unmounted.
  mount -o loop,noatime "$file" "$1"
  defer remove_ram_disk "$1"
}

# The processes that a signal has ended may need a moment to let go of their files.
remove_ram_disk() { wait_until 10 umount -q "$1" || umount -l "$1"; }

# prepare_place FOLDER: the plain folder with the model, and a mounted volume with the same one.
prepare_place() {
  mkdir -p "$1/plain" "$1/volume"
  benchmarks make-model --out "$1/plain/model.gguf" --preset 1b --size "$model_size"
  write_config "$1/volume.json" "$1/volume" 2GiB 4GiB 32MiB
  show ztfs format --config "$1/volume.json"
  mount_volume "$1/volume.json" "$1/mount"
  show cp "$1/plain/model.gguf" "$1/mount/model.gguf"
  run sync "$1/plain/model.gguf" "$1/mount/model.gguf"
  cmp "$1/plain/model.gguf" "$1/mount/model.gguf" || die "the model in the mount differs from the one that was copied"
}

# main_job_pass MEDIUM FOLDER REPEATS ARGUMENT...
main_job_pass() {
  local medium=$1 folder=$2 repeats=$3
  shift 3
  step "main-job on $medium"
  prepare_place "$folder"
  benchmarks main-job --medium "$medium" --plain "$folder/plain" --mounted "$folder/mount" --daemon "${daemons[$folder/mount]}" --repeats "$repeats" --json "$rows" "$@"
  unmount_volume "$folder/mount"
  rm -rf --one-file-system "$folder/plain" "$folder/volume"
}

run_suite() {
  case $1 in
    main-job)
      main_job_pass ram "$work/ram" "$ram_repeats"
      main_job_pass disk "$work/disk" "$disk_repeats" --targets
      ;;
    device)
      step "device on ram"
      mkdir -p "$work/ram/device"
      benchmarks device --medium ram --folder "$work/ram/device" --repeats "$ram_repeats" --json "$rows"
      step "device on disk"
      mkdir -p "$work/disk/device"
      benchmarks device --medium disk --folder "$work/disk/device" --repeats "$disk_repeats" --json "$rows"
      ;;
  esac
}

main() {
  local folder='' json='' suite
  while (($#)); do
    case $1 in
      --work) (($# >= 2)) || { usage >&2; exit 2; }; folder=$2; shift 2 ;;
      --json) (($# >= 2)) || { usage >&2; exit 2; }; json=$2; shift 2 ;;
      -h | --help) usage; exit ;;
      *)
        [[ " ${suites[*]} " == *" $1 "* ]] || { usage >&2; exit 2; }
        suites=("$1")
        shift
        ;;
    esac
  done
  ((EUID == 0)) || die "please run as root: the RAM disk and the page cache need it"

  step "What is needed"
  need_dotnet
  need_packages fusermount3=fuse3 getfattr=attr mkfs.ext4=e2fsprogs
  step "Build"
  build src/ZoneTierFS.Cli tests/ZoneTierFS.Benchmarks
  make_work_dir "$folder"
  rows=$work/rows.json
  make_ram_disk "$work/ram"
  mkdir "$work/disk"

  for suite in "${suites[@]}"; do run_suite "$suite"; done
  if [[ -n $json ]]; then
    cp "$rows" "$json"
    log "figures: $json"
  fi
}

main "$@"
