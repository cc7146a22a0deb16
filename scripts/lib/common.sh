# shellcheck shell=bash
# Sourced by the scripts: messages, packages, a work folder that goes away again, checks that are counted.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

if [[ -t 1 ]]; then
  bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' green='' red='' plain=''
fi

step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

log() { printf '   %s\n' "$*"; }

die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# Shows a command, then runs it.
show() {
  printf '   %s$ %s%s\n' "$bold" "$*" "$plain"
  run "$@"
}

# ---- clean-up ----

deferred=()
cleaned=false

# Runs a command when the script ends, however it ends; the last deferred runs first.
defer() { deferred+=("$(printf '%q ' "$@")"); }

# Ends a process of this script and all that it started; daemons are no longer among these, and have deferred commands of their own.
kill_tree() {
  local child children=()
  read -ra children 2>/dev/null <"/proc/$1/task/$1/children"
  for child in "${children[@]}"; do kill_tree "$child"; done
  kill "$1" 2>/dev/null
}

clean_up() {
  local status=$? i
  $cleaned && return
  cleaned=true
  trap '' INT TERM HUP
  set +e
  for i in $(jobs -p); do kill_tree "$i"; done
  wait
  for ((i = ${#deferred[@]} - 1; i >= 0; i--)); do eval "${deferred[i]}"; done
  exit "$status"
}

trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a long command so that a signal to this script ends it at once: bash runs traps during wait, but not while a foreground command runs.
run() {
  "$@" &
  wait $!
}

# make_work_dir [PARENT]: sets $work to a new folder in PARENT or in the temporary folder, removed at the end.
make_work_dir() {
  local parent=${1:-${TMPDIR:-/tmp}}
  mkdir -p "$parent"
  # Without symbolic links: the kernel's list of mounts shows paths that way.
  work=$(mktemp -d "$(cd "$parent" && pwd -P)/ztfs.XXXXXX")
  defer rm -rf --one-file-system "$work"
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds; fails when the time is up.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.2
  done
}

# ---- packages ----

# need_packages COMMAND=PACKAGE...: installs the Debian packages whose command is missing.
need_packages() {
  local pair missing=() as_root=()
  for pair; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]})) || return 0
  log "installing with apt: ${missing[*]}"
  if ((EUID)); then
    command -v sudo >/dev/null || die "please install as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  run "${as_root[@]}" apt-get update -qq || log "apt-get update failed; trying with the package lists that are there"
  run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt could not install ${missing[*]}"
}

need_dotnet() {
  command -v dotnet >/dev/null || die "the .NET SDK 10 is missing; see https://dotnet.microsoft.com/download"
}

# build PROJECT...: builds in Release, silent unless it fails; build servers would outlive the script.
build() {
  local project output as_user=()
  # What root builds, the user who called sudo could not build again.
  if ((EUID == 0)) && [[ -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
    as_user=(sudo -H -u "$SUDO_USER" env "PATH=$PATH")
  fi
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
  output=$(mktemp)
  defer rm -f "$output"
  for project; do
    log "dotnet build -c Release $project"
    run "${as_user[@]}" dotnet build -c Release --disable-build-servers -v quiet -nologo "$repo/$project" >"$output" 2>&1 || {
      cat "$output"
      log "${red}FAILED${plain}: the build of $project"
      return 1
    }
  done
}

# ---- checks ----

passed=0 failed=0

# check DESCRIPTION COMMAND...: runs the command and counts its success.
check() {
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    log "${green}ok${plain}: $what"
  else
    failed=$((failed + 1))
    log "${red}FAILED${plain}: $what"
  fi
}

same_text() {
  [[ -n $1 && $1 == "$2" ]] && return
  log "expected: $1"
  log "found:    $2"
  return 1
}
