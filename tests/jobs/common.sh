# Sourced by the scripts of this folder: PROFFER is the executable under test; a folder of its own for each script.
set -uo pipefail
: "${PROFFER:?the executable to test}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
launch=$here/../../slurm/launch
source "$here/../../slurm/environment.sh"
small=$here/small.yaml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

finish() {
  [ "$failures" = 0 ] || { echo "$failures checks failed" >&2; exit 1; }
  echo "all checks passed"
}

# on RANKS ARG...: proffer on so many ranks, as a user starts it; stdout and stderr are kept in $work/out and $work/err.
on() {
  local ranks=$1
  shift
  timeout -k 5 "${limit_seconds:-240}" "$launch" "$ranks" "$PROFFER" "$@" > "$work/out" 2> "$work/err"
}

# expect CODE COMMAND...
expect() {
  local wanted=$1 got=0
  shift
  "$@" || got=$?
  [ "$got" = "$wanted" ] && return
  fail "exit $got instead of $wanted: $*"
  sed 's/^/    /' "$work/err" >&2
}

# What must have the same bytes however a run was made: everything but times and places.
digests() {
  (cd "$1" && find . -type f ! -name manifest.json ! -name log.jsonl ! -name summary.md | sort | xargs sha256sum)
}

# same WHAT RUNDIR: against $work/reference.
same() {
  digests "$2" > "$work/digests"
  diff "$work/reference" "$work/digests" > "$work/difference" || {
    fail "other bytes: $1"
    sed 's/^/    /' "$work/difference" >&2
  }
}
