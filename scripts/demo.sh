#!/usr/bin/env bash
# Shows the whole of ZoneTierFS at work with an unmodified llama.cpp, checks every step, and cleans up after itself.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=scripts/lib/common.sh
source "$here/lib/common.sh"
# shellcheck source=scripts/lib/ztfs.sh
source "$here/lib/ztfs.sh"
# shellcheck source=scripts/lib/llama.sh
source "$here/lib/llama.sh"

model_size=200M
promote_seconds_max=120

usage() {
  cat <<END
usage: scripts/demo.sh [--work DIR]
Builds ZoneTierFS, mounts a volume of two emulated tiers, runs llama.cpp from it, kills the daemon and recovers.
  --work DIR   folder for the volume and the model, about 1 GB (default: a temporary one)
END
}

prepare() {
  step "What is needed"
  need_dotnet
  need_packages fusermount3=fuse3 getfattr=attr node=nodejs npm=npm
  [[ -c /dev/fuse ]] || die "/dev/fuse is missing: load the fuse module, or give the container the device"
  install_llama

  step "Build"
  build src/ZoneTierFS.Cli tests/ZoneTierFS.Benchmarks

  make_work_dir "${1:-}"
  config=$work/volume.json mount=$work/mount
  mkdir "$work/plain" "$work/volume" "$work/out"
  plain_model=$work/plain/model.gguf plain_state=$work/plain/session.state
  model=$mount/models/model.gguf state=$mount/kv/session.state
}

format_and_mount() {
  step "Format and mount a volume of two tiers: 1 GiB TLC, 4 GiB QLC"
  write_config "$config" "$work/volume" 1GiB 4GiB 16MiB
  show ztfs format --config "$config"
  mount_volume "$config" "$mount"
  show df -h "$mount"
}

copy_model() {
  step "Make a model and copy it in"
  run "$repo/tests/ZoneTierFS.Benchmarks/bin/Release/net10.0/ZoneTierFS.Benchmarks" \
    make-model --out "$plain_model" --preset small --size "$model_size"
  mkdir -p "${model%/*}" "${state%/*}"
  show cp "$plain_model" "$model"
  show sync "$model"
  check "the copy equals the model" cmp -s "$plain_model" "$model"
}

# text OUTPUT MODEL MODE: generates and prints the text.
text() {
  llama_generate "$1" --model "$2" --mode "$3" || return
  json_field "$1" 1 text
}

run_llama() {
  local mode found
  step "llama.cpp, from the plain file system and from the mount"
  text "$work/out/plain" "$plain_model" mmap >"$work/out/expected" || die "llama.cpp does not run from the plain file system"
  expected=$(<"$work/out/expected")
  log "the plain file system, mmap: $expected"
  for mode in mmap dio nommap; do
    text "$work/out/$mode" "$model" "$mode" >"$work/out/found" || true
    found=$(<"$work/out/found")
    log "the mount, $mode: $found"
    check "the same text with $mode" same_text "$expected" "$found"
  done
}

save_state() {
  step "Save and restore llama.cpp's KV cache in the mount"
  llama_generate "$work/out/plain-state" --model "$plain_model" --state "$plain_state"
  check "llama.cpp saves and restores" llama_generate "$work/out/state" --model "$model" --state "$state"
  check "generation goes on alike from the restored state" same_text true "$(json_field "$work/out/state" 2 same)"
  check "the state file equals the one of the plain file system" cmp -s "$plain_state" "$state"
  show sync "$state"
}

explain() {
  local file
  step "Where the files lie, and why"
  for file in "$model" "$state"; do
    show getfattr --absolute-names -d -m user.ztfs "$file"
    show ztfs explain "$file"
  done
  check "the model is known as weights" has_attribute "$model" class weights
  check "the state file is known as KV cache" has_attribute "$state" class kv
  check "the model lies on QLC" has_attribute "$model" tier qlc
  check "the state file lies on TLC" has_attribute "$state" tier tlc
}

lines_written() { (($(wc -l <"$1") >= $2)); }

promote() {
  local output=$work/out/open llama
  step "Promote the model while llama.cpp has it open"
  log "before: $(attribute "$model" tier)"
  mkfifo "$work/wake"
  node "$llama_script" --model "$model" --mode mmap --wait <"$work/wake" >"$output" &
  llama=$!
  exec 3>"$work/wake"
  wait_until 60 lines_written "$output" 1 || die "llama.cpp did not load the model"
  show ztfs pin "$model"
  show ztfs warm "$model"
  check "the mover brings all of it to TLC" wait_until "$promote_seconds_max" has_attribute "$model" tier tlc
  log "after:  $(attribute "$model" tier)"
  echo >&3
  check "llama.cpp goes on with the open model" wait_until 60 lines_written "$output" 2
  exec 3>&-
  wait "$llama" || true
  check "and generates the same text" same_text "$expected" "$(json_field "$output" 2 text)"
  text "$work/out/promoted" "$model" dio >"$work/out/found" || true
  check "the same text from TLC, with direct I/O" same_text "$expected" "$(<"$work/out/found")"
  show ztfs status "$mount"
}

kill_and_recover() {
  local daemon
  step "Kill the daemon and mount again"
  (cd "$mount" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$work/out/checksums"
  daemon=${daemons[$mount]}
  log "kill -KILL $daemon"
  kill -KILL "$daemon"
  wait_until 10 process_is_gone "$daemon" || die "the daemon does not die"
  unmount_volume "$mount"
  mount_volume "$config" "$mount"
  check "every file has its checksum" verify_checksums
  text "$work/out/recovered" "$model" dio >"$work/out/found" || true
  check "the same text after recovery" same_text "$expected" "$(<"$work/out/found")"
}

verify_checksums() {
  local count
  count=$(wc -l <"$work/out/checksums")
  ((count >= 2)) && (cd "$mount" && sha256sum -c "$work/out/checksums")
}

finish() {
  step "Unmount and check the volume"
  show ztfs unmount "$mount"
  check "the mount is gone" is_unmounted "$mount"
  check "ztfs check finds no damage" show ztfs check --config "$config"
}

main() {
  local folder=
  while (($#)); do
    case $1 in
      --work) (($# >= 2)) || { usage >&2; exit 2; }; folder=$2; shift 2 ;;
      -h | --help) usage; exit ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  prepare "$folder"
  format_and_mount
  copy_model
  run_llama
  save_state
  explain
  promote
  kill_and_recover
  finish
  printf '\n%d checks passed, %d failed, in %d s\n' "$passed" "$failed" "$SECONDS"
  ((failed == 0))
}

main "$@"
