#!/usr/bin/env bash
# honest_value.sh PROFFER TRUE_VALUE SOURCE_DIR: on planted truth the honest value of the list is within 3 % of its true
# value. A lender that tested the offers of its catalog at random, without drift between past and present.
set -euo pipefail
proffer=$1 true_value=$2 source=$3
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
source "$source/slurm/environment.sh"
levels=generate.offers
proffer_launch 2 "$proffer" run "$source/configs/demo.yaml" --out "$out/run" -q \
  --set generate.drift=0 --set generate.training.borrowers=2000000 --set generate.training.randomised_share=1 \
  --set "$levels.personal_loan.limits=[2000,5000,10000]" --set "$levels.personal_loan.aprs=[0.079,0.129,0.189]" \
  --set "$levels.personal_loan.terms=[36]" --set "$levels.card.limits=[1500,4000]" \
  --set "$levels.card.aprs=[0.169,0.229]" --set "$levels.card.terms=[24]" \
  --set train.models.response.rounds=600 --set train.models.response.depth=5 --set train.models.default.rounds=400 \
  --set train.models.default.early_stopping=50 "${@:4}"
result=$("$true_value" "$source/configs/demo.yaml" "$out/run")
echo "$result"
ratio=$(sed 's/.*"honest_over_true":\([0-9.]*\).*/\1/' <<< "$result")
awk -v r="$ratio" 'BEGIN { exit !(r > 0.97 && r < 1.03) }' || {
  echo "honest value / true value is $ratio, expected 0.97 to 1.03" >&2
  exit 1
}
