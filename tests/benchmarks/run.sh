#!/usr/bin/env bash
# run.sh BUILD_DIR: what `--target bench` runs: kernels, then the peers in the same run. About ten minutes on an idle
# core, most of it XGBoost's and HiGHS's; PEER_PAIRS and LP_ROWS make it shorter. The runs at size are whole_run.sh.
set -euo pipefail
build=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../slurm/environment.sh"
pairs=${PEER_PAIRS:-10000000} lp_rows=${LP_ROWS:-20000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say() { printf '\n== %s\n' "$*"; }

say "kernels of the offer grid and of what comes behind it"
"$build/bench_offer_grid" --benchmark_min_time=0.5
"$build/bench_offer_rules" --benchmark_min_time=0.5
say "the offer grid against XGBoost's C API"
"$build/bench_grid_peer" --pairs "$pairs" --folder "$folder/peer"
say "the offer grid against Python's xgboost"
/usr/bin/python3 "$here/grid_peer.py" "$folder/peer"
rm -rf "$folder/peer"
say "the choice against HiGHS"
/usr/bin/python3 "$here/choice_peer.py" "$build/bench_choice_file" "$lp_rows"
say "the choice alone, a million borrowers"
proffer_launch 2 "$build/bench_choice" 1000000 10
say "WOE bins of ten million rows and forty features"
proffer_launch 2 "$build/bench_woe" 10000000
say "groups of a million rows with three million links"
proffer_launch 2 "$build/bench_links" 1000000 24
