#!/usr/bin/env bash
# Runs seeds of the deterministic simulation on all processors, a few thousand in each process, so that a long run holds no more memory than a short one.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

seeds=1000
from=1
chunk=2000
passed=0 failed=0 crashes=0 points=0 operations=0

usage() {
  cat <<END
usage: scripts/simulate.sh [--seeds N] [--from S] [--chunk N] [option of the simulation]...
Builds the simulation and runs N seeds (default $seeds) from S on (default $from), --chunk of them (default $chunk) in each process.
Options of the simulation are passed on: --sweep N, --append-errors, --media-faults, --steps N (tests/ZoneTierFS.Simulation/README.md).
The last line sums up; exit status 0 only if every seed passed. A failure says how to see it again.
END
}

# number LINE WORD: the number in front of a word.
number() { sed -nE "s/.*\b([0-9]+) $2\b.*/\1/p" <<<"$1"; }

# run_chunk FIRST COUNT OPTION...: runs the seeds, shows what the program says, and adds its last line up.
run_chunk() {
  local first=$1 count=$2 status=0 last output=$work/output
  shift 2
  # In a file and not in a pipe: the exit status is the program's, and a signal ends it at once.
  run "$program" --from "$first" --seeds "$count" "$@" >"$output" 2>&1 || status=$?
  grep -vE '^[0-9]+ of [0-9]+ seeds' "$output" || true
  last=$(tail -n 1 "$output")
  if [[ $last != *"seeds passed"* ]]; then
    log "the process for seeds $first to $((first + count - 1)) came to no proper end (exit status $status)"
    failed=$((failed + count))
    return
  fi
  passed=$((passed + $(number "$last" "seeds passed")))
  failed=$((failed + $(number "$last" failed)))
  crashes=$((crashes + $(number "$last" crashes)))
  points=$((points + $(number "$last" "crash points")))
  operations=$((operations + $(number "$last" operations)))
  # Work that escaped from its world fails the process and no seed.
  ((status == 0 || failed > 0)) || failed=1
}

main() {
  local options=() next end
  while (($#)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --seeds) seeds=$2 && shift 2 ;;
      --from) from=$2 && shift 2 ;;
      --chunk) chunk=$2 && shift 2 ;;
      *) options+=("$1") && shift ;;
    esac
  done
  [[ $seeds$from$chunk =~ ^[0-9]+$ ]] && ((chunk > 0)) || { usage >&2 && exit 2; }
  need_dotnet
  build tests/ZoneTierFS.Simulation/ZoneTierFS.Simulation.csproj
  program=$repo/tests/ZoneTierFS.Simulation/bin/Release/net10.0/ZoneTierFS.Simulation
  make_work_dir
  end=$((from + seeds))
  for ((next = from; next < end; next += chunk)); do
    step "Seeds $next to $((next + chunk < end ? next + chunk - 1 : end - 1)), after ${SECONDS} s"
    run_chunk "$next" "$((next + chunk < end ? chunk : end - next))" "${options[@]}"
  done
  printf '\n%d seeds passed, %d failed, %d crashes, %d crash points, %d operations in %d s\n' "$passed" "$failed" "$crashes" "$points" "$operations" "$SECONDS"
  exit "$((failed > 0))"
}

main "$@"
