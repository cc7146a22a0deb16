#!/usr/bin/env bash
# Sends right, absurd and damaged requests to the FUSE layer and to a volume in memory. Exit status 0 only if each was answered as the protocol wants it.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<END
usage: scripts/fuzz.sh [--requests N] [--seed S] [--target null|volume]
Sends N requests (default 10000000), from seed S on (default 1), half of them to a filesystem that does nothing and half to a volume in memory.
A failure is printed with its request's bytes and the command that repeats it.
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
