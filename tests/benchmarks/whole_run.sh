#!/usr/bin/env bash
# whole_run.sh PROFFER BORROWERS [RANKS [OUT [--set …]]]: the demo at size, from population to list, with the demo's ten
# limits scaled to it. From 20 million borrowers on, scores are not stored (combine scores on the way) and the book has
# no /truth. Prints a table of time, rows/s and peak memory per stage from the run's manifest, and the files' sizes.
set -euo pipefail
proffer=$(realpath "$1") borrowers=$2 ranks=${3:-2} out=${4:-$(mktemp -d)/run}
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
source "$source_dir/slurm/environment.sh"
scale=$(awk -v n="$borrowers" 'BEGIN { print n / 100000 }')
settings=(--set generate.population.borrowers="$borrowers")
index=0
while read -r limit; do
  settings+=(--set "combine.limits.$index.limit=$(awk -v l="$limit" -v s="$scale" 'BEGIN { printf "%.10g", (l < 1) ? l : l * s }')")
  index=$((index + 1))
done < <(sed -n '/^combine:/,$p' "$source_dir/configs/demo.yaml" | sed -n 's/.*[ {]limit: \([0-9.e]*\)[,}].*/\1/p')
if [ "$borrowers" -ge 20000000 ]; then
  settings+=(--set score.store=false --set generate.population.truth=false)
fi
proffer_launch "$ranks" "$proffer" run "$source_dir/configs/demo.yaml" --out "$out" "${settings[@]}" "${@:5}"
sed -n '/^## The list/,/^| decision/p' "$out/summary.md" | head -8
sed -n '/^## Limits/,/^Where/p' "$out/summary.md"
sed -n '/^## Time and memory/,$p' "$out/summary.md"
(cd "$out" && find . -name '*.h5' -printf '%p: %s bytes\n' | sort)
