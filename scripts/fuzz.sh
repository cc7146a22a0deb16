#!/usr/bin/env bash
# Sends right, absurd and damaged requests to the FUSE layer and to a volume in memory, or opens damaged and crafted volumes.
# Exit status 0 only if each request was answered as the protocol wants it, and no volume did harm.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<END
usage: scripts/fuzz.sh [--requests N] [--seed S] [--target null|volume]
       scripts/fuzz.sh --target image|region [--mutants N] [--mutant N] [--failures N] [--seed S]
Sends N requests (default 10000000), from seed S on (default 1), half of them to a filesystem that does nothing and half to a volume in memory.
A failure is printed with its request's bytes and the command that repeats it.
With --target image, makes N mutants (default 100000) of sound volumes, and opens, checks, reads and works on them; with region, of image files (a fiftieth).
--mutant repeats one of them.
END
}

main() {
  if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    usage
    exit 0
  fi
  need_dotnet
  build tests/ZoneTierFS.Fuzz/ZoneTierFS.Fuzz.csproj
  run "$repo/tests/ZoneTierFS.Fuzz/bin/Release/net10.0/ZoneTierFS.Fuzz" "$@"
}

main "$@"
