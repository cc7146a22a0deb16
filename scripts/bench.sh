#!/usr/bin/env bash
# Measures ZoneTierFS against plain ext4 on the same medium, in the same run.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=scripts/lib/common.sh
source "$here/lib/common.sh"
# shellcheck source=scripts/lib/ztfs.sh
source "$here/lib/ztfs.sh"
# shellcheck source=scripts/lib/peers.sh
source "$here/lib/peers.sh"

suites=(main-job device fuse scale)
model_size=1G
ram_repeats=5
disk_repeats=3
fuse_repeats=5
scale_size=full
# The model twice, written files, zones that wait for cleaning, and ext4's own needs.
ram_disk_mib=8192

usage() {
  cat <<END
usage: scripts/bench.sh [SUITE] [--json FILE] [--work DIR] [--skip-disk] [--no-build] [--size SIZE]
                        [--rows PATTERN] [--places LIST] [--repeats N] [--scale small|full]
Measures on a RAM disk first, then on the disk that holds DIR. Needs root: for the RAM disk, and to empty the page cache.
  SUITE           one of: ${suites[*]} (default: all of them)
  --json FILE     write the figures there, as one array of rows
  --work DIR      folder on the disk to measure, with 5 GB to spare (default: a temporary one)
  --size SIZE     length of the model, in M or G (default: $model_size)
  --skip-disk     measure on the RAM disk alone
  --no-build      take the programs as they were built last
The suites fuse and scale also take:
  --rows PATTERN  measure rows whose names match this regular expression: 'QD1$', 'write|append' ...
  --scale SIZE    how large the volumes of the suite scale are, full or small (default: $scale_size); they lie in memory
The suite fuse also takes:
  --places LIST   peers beside ext4 and ztfs on the RAM disk, of: ${known_peers[*]} (default: all, separated by commas; '' for none)
  --repeats N     samples of each row in each place (default: $fuse_repeats)
END
}

benchmarks() { run "$repo/tests/ZoneTierFS.Benchmarks/bin/Release/net10.0/ZoneTierFS.Benchmarks" "$@"; }

# make_ram_disk FOLDER: ext4 on a loop file in memory. A tmpfs itself would not do: it is its own page cache, and no read from it is ever cold.
make_ram_disk() {
  local file
  awk -v need="$ram_disk_mib" '/^MemAvailable:/ { exit $2 < need * 1024 }' /proc/meminfo ||
    die "less than $ram_disk_mib MiB of memory are available: too little for the RAM disk"
  file=$(mktemp /dev/shm/ztfs-bench.XXXXXX)
  defer rm -f "$file"
  truncate -s "${ram_disk_mib}M" "$file"
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

# fuse_pass MEDIUM FOLDER ARGUMENT...: the peers show a folder each, beside the plain one; the models in them are the same file.
fuse_pass() {
  local medium=$1 folder=$2 peer peers=() arguments=()
  shift 2
  step "fuse on $medium"
  prepare_place "$folder"
  [[ $medium == disk ]] || peers=("${fuse_peers[@]}")
  for peer in "${peers[@]}"; do
    mkdir -p "$folder/$peer"
    ln "$folder/plain/model.gguf" "$folder/$peer/model.gguf"
    mount_peer "$peer" "$folder/$peer" "$folder/$peer-mount" "$model_size"
    arguments+=(--peer "$peer:${daemons[$folder/$peer-mount]}:$folder/$peer-mount:$folder/$peer")
  done
  benchmarks fuse --medium "$medium" --plain "$folder/plain" --mounted "${daemons[$folder/mount]}:$folder/mount" --repeats "$fuse_repeats" \
    --rows "$row_pattern" --json "$rows" "${arguments[@]}"
  for peer in "${peers[@]}"; do unmount_peer "$folder/$peer-mount"; done
  unmount_volume "$folder/mount"
  rm -rf --one-file-system "$folder/plain" "$folder/volume" "${peers[@]/#/$folder/}"
}

run_suite() {
  case $1 in
    main-job)
      main_job_pass ram "$work/ram" "$ram_repeats"
      $skip_disk || main_job_pass disk "$work/disk" "$disk_repeats" --targets
      ;;
    device)
      step "device on ram"
      mkdir -p "$work/ram/device"
      benchmarks device --medium ram --folder "$work/ram/device" --repeats "$ram_repeats" --json "$rows"
      $skip_disk && return
      step "device on disk"
      mkdir -p "$work/disk/device"
      benchmarks device --medium disk --folder "$work/disk/device" --repeats "$disk_repeats" --json "$rows"
      ;;
    fuse)
      fuse_pass ram "$work/ram"
      $skip_disk || fuse_pass disk "$work/disk"
      ;;
    scale)
      step "scale, in memory"
      benchmarks scale --scale "$scale_size" --rows "$row_pattern" --json "$rows"
      ;;
  esac
}

# parse_places LIST: sets the peers of the suite fuse.
parse_places() {
  local place listed=()
  IFS=, read -ra listed <<<"$1"
  fuse_peers=()
  for place in "${listed[@]}"; do
    case " ext4 ztfs ${known_peers[*]} " in
      *" $place "*) [[ $place == ext4 || $place == ztfs ]] || fuse_peers+=("$place") ;;
      *) die "'$place' is no place to measure in; there are: ext4 ztfs ${known_peers[*]}" ;;
    esac
  done
}

# need_value ARGUMENT...: the option that comes first has a value after it.
need_value() { (($# >= 2)) || { usage >&2; exit 2; }; }

main() {
  local folder='' json='' suite skip_disk=false no_build=false row_pattern='' fuse_peers=("${known_peers[@]}")
  while (($#)); do
    case $1 in
      --work) need_value "$@"; folder=$2; shift 2 ;;
      --json) need_value "$@"; json=$2; shift 2 ;;
      --rows) need_value "$@"; row_pattern=$2; shift 2 ;;
      --places) need_value "$@"; parse_places "$2"; shift 2 ;;
      --repeats) need_value "$@"; [[ $2 =~ ^[1-9][0-9]?$ ]] || die "--repeats takes a number from 1 to 99"; fuse_repeats=$2; shift 2 ;;
      --size) need_value "$@"; [[ $2 =~ ^[1-9][0-9]*[MG]$ ]] || die "--size takes a number with M or G: 512M"; model_size=$2; shift 2 ;;
      --scale) need_value "$@"; [[ $2 == small || $2 == full ]] || die "--scale takes small or full"; scale_size=$2; shift 2 ;;
      --skip-disk) skip_disk=true; shift ;;
      --no-build) no_build=true; shift ;;
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
  if [[ " ${suites[*]} " == *" fuse "* ]]; then need_peers "${fuse_peers[@]}"; fi
  # Two models; 2 GiB of zones on the fast tier, and 2 GiB of other files at most.
  if [[ ${suites[*]} == fuse ]]; then ram_disk_mib=$((2 * $(numfmt --from=iec "$model_size") / 1024 / 1024 + 4096)); fi
  if ! $no_build; then
    step "Build"
    build src/ZoneTierFS.Cli tests/ZoneTierFS.Benchmarks
  fi
  make_work_dir "$folder"
  rows=$work/rows.json
  [[ ${suites[*]} == scale ]] || make_ram_disk "$work/ram"
  mkdir "$work/disk"

  for suite in "${suites[@]}"; do run_suite "$suite"; done
  if [[ -n $json ]]; then
    cp "$rows" "$json"
    log "figures: $json"
  fi
}

main "$@"
