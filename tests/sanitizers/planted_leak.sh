#!/usr/bin/env bash
# planted_leak.sh LAUNCH PROGRAM: without a leak of its own the program passes whatever MPI leaves; with one it fails,
# and the place is named.
set -uo pipefail
launch=$1 program=$2
output=$("$launch" 2 "$program" 2>&1) || { echo "$output"; echo "a program without leaks fails"; exit 1; }
output=$("$launch" 2 "$program" leak 2>&1) && { echo "a leak passes"; exit 1; }
grep -q 'planted_leak.cpp:11' <<< "$output" || { echo "$output"; echo "the leak is not named"; exit 1; }
