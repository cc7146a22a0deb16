# shellcheck shell=bash
# Sourced by the scripts: the real llama.cpp, through npm's node-llama-cpp with its prebuilt library for the CPU.

llama_version=3.22.1
llama_script=$(dirname "${BASH_SOURCE[0]}")/../llama/generate.mjs
export LLAMA_HOME=${XDG_CACHE_HOME:-$HOME/.cache}/zonetierfs/llama-$llama_version

install_llama() {
  local platform
  case $(uname -m) in
    x86_64) platform=linux-x64 ;;
    aarch64) platform=linux-arm64 ;;
    *) die "node-llama-cpp has no prebuilt llama.cpp for $(uname -m)" ;;
  esac
  if [[ -e $LLAMA_HOME/complete ]]; then
    log "llama.cpp is there already: $LLAMA_HOME"
    return
  fi
  log "installing node-llama-cpp $llama_version (85 MB) into $LLAMA_HOME"
  mkdir -p "$LLAMA_HOME"
  # Without the optional packages, which are the builds for graphics cards: 85 MB instead of 725.
  (
    cd "$LLAMA_HOME" || exit
    export NODE_LLAMA_CPP_SKIP_DOWNLOAD=true
    npm install --silent --omit=optional --no-audit --no-fund "node-llama-cpp@$llama_version"
    npm install --silent --no-save --omit=optional --no-audit --no-fund "@node-llama-cpp/$platform@$llama_version"
    touch complete
  ) >&2 &
  wait $! || die "npm could not install node-llama-cpp"
}

# llama_generate OUTPUT ARGUMENT...: runs scripts/llama/generate.mjs; its lines of JSON go to the file OUTPUT.
llama_generate() {
  local output=$1
  shift
  run node "$llama_script" "$@" >"$output"
}

# json_field FILE LINE FIELD: a field of one line of JSON.
json_field() {
  node -e 'const [file, line, field] = process.argv.slice(1);
    console.log(JSON.parse(require("fs").readFileSync(file, "utf8").split("\n")[line - 1])[field]);' "$1" "$2" "$3"
}
