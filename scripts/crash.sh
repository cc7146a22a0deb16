#!/usr/bin/env bash
# Kills the daemon of a mount under load, round after round, and verifies what was acknowledged. Exit status 0 only if all of it was there each time.
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

usage() {
  cat <<END
usage: scripts/crash.sh [--rounds N] [--seed S] [--work DIR]
N rounds (default 300) of: recorders load a mount and note what was acknowledged, kill -9, mount again, compare. The seed S (default 1) decides what they do.
Images lie in DIR (default: the temporary folder). What a failed round leaves is kept in artifacts/crash.
END
}

main() {
  local arguments=() parent=
  while (($#)); do
    case $1 in
      -h | --help)
        usage
        exit 0
        ;;
      --work)
        parent=${2:?--work needs a folder}
        shift 2
        ;;
      *)
        arguments+=("$1")
        shift
        ;;
    esac
  done
  ((EUID == 0)) || die "mounting without fusermount3 needs root"
  need_dotnet
  build tests/ZoneTierFS.MountTests/ZoneTierFS.MountTests.csproj
  make_work_dir "$parent"
  TMPDIR=$work run "$repo/tests/ZoneTierFS.MountTests/bin/Release/net10.0/ZoneTierFS.MountTests" crash --keep "$repo/artifacts/crash" "${arguments[@]}"
}

main "$@"
