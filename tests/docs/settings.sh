#!/usr/bin/env bash
# settings.sh: docs/settings.md says what the program says. settings.sh --write writes it.
set -euo pipefail
page=$(dirname "$0")/../../docs/settings.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
  cat << 'HEAD'
# Settings

Every setting of a run config, and below them those of a mapping. This page is printed by the program
(`proffer run --settings-reference`, `proffer ingest --settings-reference`); a test keeps it up to date.

Any of them can be set on the command line: `--set combine.limits.3.limit=12.0e+6` (entries of lists count from 0). Settings that
affect *results* enter the config hash; those that affect *speed* never change a byte of an output. Relative paths are taken from
the folder of the config file, with `--set` too. Unknown keys are refused; top-level keys that begin with `x-` are free.

# A run config

HEAD
  "$PROFFER" run --settings-reference
  printf '\n# A mapping (`proffer ingest`)\n\n'
  "$PROFFER" ingest --settings-reference
} > "$made"
if [ "${1:-}" = --write ]; then
  cp "$made" "$page"
elif ! diff -u "$page" "$made"; then
  echo "docs/settings.md is stale: run tests/docs/settings.sh --write with PROFFER=build/release/proffer"
  exit 1
fi
