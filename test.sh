#!/usr/bin/env bash
# Installs packages, builds and tests. Without arguments: release build, fast tests at 1 and 3 ranks. --all: also 2 and 4
# ranks, sanitizers, Slurm and everything slow.
set -euo pipefail
cd "$(dirname "$0")"
source cmake/setup.sh
source slurm/environment.sh

all=0
for argument in "$@"; do
  case $argument in
    --all) all=1 ;;
    *) echo "usage: ./test.sh [--all]" >&2; exit 2 ;;
  esac
done
# Real public data for the tests that want them; those skip, saying so, where the folder is absent.
if [ -z "${PROFFER_DATA:-}" ] && [ -d ../shared/data ]; then
  PROFFER_DATA=$(cd ../shared/data && pwd)
  export PROFFER_DATA
fi

# Tests spend much of their time waiting for ranks to start: one more at a time than there are processors.
at_once=$(($(nproc) + 1))
run_tests() {
  ctest --preset "$@" --output-on-failure --no-tests=error
}

started=$SECONDS
timed "Debian packages" install_packages cmake/packages.txt cmake/packages-test.txt
timed "Release build" build release
timed "Fast tests" run_tests release -LE "slow|other_ranks" --parallel "$at_once"
if [ "$all" = 1 ]; then
  timed "Debian packages of the slow tests" install_packages cmake/packages-slow.txt
  timed "Fast tests at other numbers of ranks" run_tests release -L other_ranks --parallel "$at_once"
  timed "Slow tests" run_tests release -L slow --parallel "$(nproc)"
  timed "Sanitizer build (address, leak, undefined)" build asan-ubsan
  # All fast tests, whole jobs among them. Leaks of Open MPI and other libraries are let pass by tests/support/leaks.supp.
  timed "Fast tests under sanitizers" run_tests asan-ubsan --parallel "$at_once"
fi
say "All passed in $((SECONDS - started)) s"
