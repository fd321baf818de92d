#!/usr/bin/env bash
# Installs packages, builds and tests. Without arguments: release build, fast tests. --all: also sanitizers, Slurm and
# everything slow.
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

run_tests() {
  ctest --preset "$@" --output-on-failure --no-tests=error
}

started=$SECONDS
timed "Debian packages" install_packages cmake/packages.txt cmake/packages-test.txt
timed "Release build" build release
timed "Fast tests" run_tests release -LE slow --parallel "$(nproc)"
if [ "$all" = 1 ]; then
  timed "Debian packages of the slow tests" install_packages cmake/packages-slow.txt
  timed "Slow tests" run_tests release -L slow
  timed "Sanitizer build (address, undefined)" build asan-ubsan
  # The libraries' tests at every rank count; whole jobs run in the release build above.
  timed "Tests under sanitizers" run_tests asan-ubsan -LE 'slow|oracle|layout|jobs|docs|slurm'
fi
say "All passed in $((SECONDS - started)) s"
