#!/usr/bin/env bash
# Runs every test: unit, property and tidy tests, the simulation, and tests on real mounts. The last line is 'N passed, N failed'.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

simulation_seeds=2000
simulation_sweep=200
suite_seconds_max=420
simulation_seconds_max=900
results=$repo/artifacts/test-results

usage() {
  cat <<END
usage: scripts/test.sh
Builds everything and runs all tests. Results are left in artifacts/test-results.
END
}

# count TRX ATTRIBUTE: a number of the <Counters> element of a test result file.
count() { sed -nE "s/.*<Counters .*\b$2=\"([0-9]+)\".*/\1/p" "$1"; }

# run_suite PROJECT: adds the suite's results; a test host that crashes, hangs or leaves no results counts as one failure.
run_suite() {
  local name=$1 trx=$results/$1.trx status=0 suite_passed=0 suite_failed=0
  step "$name"
  run timeout --kill-after=10 "$suite_seconds_max" dotnet test --no-build -c Release -nologo "$repo/tests/$name" \
    --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" \
    --blame-hang --blame-hang-timeout 3m --blame-hang-dump-type none || status=$?
  if [[ -s $trx ]]; then
    suite_passed=$(count "$trx" passed)
    suite_failed=$(($(count "$trx" failed) + $(count "$trx" error) + $(count "$trx" timeout) + $(count "$trx" aborted)))
    # A crash is not among the counters; it shows in the exit status and the outcome.
    if ((suite_failed == 0)) && { ((status)) || ! grep -q '<ResultSummary outcome="Completed"' "$trx"; }; then
      log "the test host did not come to a proper end (exit status $status)"
      suite_failed=1
    fi
  else
    log "no results were written (exit status $status)"
    suite_failed=1
  fi
  ((suite_passed + suite_failed)) || suite_failed=1
  log "$name: ${suite_passed:-0} passed, $suite_failed failed"
  passed=$((passed + ${suite_passed:-0}))
  failed=$((failed + suite_failed))
}

sum_up() {
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  exit "$((failed > 0))"
}

main() {
  (($# == 0)) || { usage >&2; exit 2; }
  step "What is needed"
  need_dotnet
  need_packages fusermount3=fuse3 getfattr=attr setfacl=acl
  rm -rf "$results"
  mkdir -p "$results"

  step "Build"
  build ZoneTierFS.sln || {
    failed=1
    sum_up
  }

  run_suite ZoneTierFS.Tests

  step "Simulation"
  check "$simulation_seeds seeds, and power cuts at one of $simulation_sweep moments" run timeout --kill-after=10 "$simulation_seconds_max" \
    "$repo/tests/ZoneTierFS.Simulation/bin/Release/net10.0/ZoneTierFS.Simulation" --seeds "$simulation_seeds" --sweep "$simulation_sweep"

  run_suite ZoneTierFS.MountTests

  sum_up
}

main "$@"
