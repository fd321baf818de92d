#!/usr/bin/env bash
# model_kinds.sh: from records to a list that verify agrees with, with a default model of every other kind, and one learnt
# together with the response; the same bytes at 1 and 3 ranks.
source "$(dirname "$0")/common.sh"
cd "$work" || exit 1
sizes=(--set generate.training.borrowers=6000 --set generate.population.borrowers=1500)
sets=("${sizes[@]}" --set combine.limits.0.limit=200 --set combine.limits.2.limit=220000 --set combine.limits.3.limit=40000
  --set combine.limits.8.limit=50)

# The settings of the default model in small.yaml, replaced by those of a kind.
declare -A kinds=(
  [scorecard]='      kind: scorecard'
  [logistic]='      kind: logistic\n      ridge: 1'
  [random_forest]='      kind: random_forest\n      rounds: 10'
)
for kind in "${!kinds[@]}"; do
  sed "/^    default:/,/^    fraud:/{/^      \(rounds\|depth\|eta\|row_share\|monotone\):/d; s/^      target: default/&\n${kinds[$kind]}/}" \
    "$small" > "$kind.yaml"
  expect 0 on 1 run "$kind.yaml" --out "$kind" -q "${sets[@]}"
  [ "$failures" = 0 ] || finish
  digests "$kind" > reference
  expect 0 on 3 run "$kind.yaml" --out again -q "${sets[@]}"
  same "$kind at 3 ranks" again
  rm -rf again
  expect 0 on 2 verify "$kind"
  grep -q "\"kind\": \"$kind\"" "$kind/models/default.json" || grep -q "\"kind\":\"$kind\"" "$kind/models/default.json" ||
    fail "the default model is not a $kind"
done

# Default learnt together with the response: PD of takers of every offer, scored, listed and recomputed.
sed -e '/^    response:/,/^    booking:/s/^      target: responded/&\n      link: probit/' \
  -e '/^    default:/,/^    fraud:/{/^      row_share:/d; s/^      target: default/&\n      link: probit\n      joint: {response: response, excluded: [channel, apr], rho: 0.4}/}' \
  "$small" > joint.yaml
more=("${sets[@]}" --set generate.training.borrowers=30000 --set generate.training.randomised_share=1)
expect 0 on 1 run joint.yaml --out joint -q "${more[@]}"
[ "$failures" = 0 ] || finish
digests joint > reference
expect 0 on 3 run joint.yaml --out again -q "${more[@]}"
same "joint at 3 ranks" again
expect 0 on 2 verify joint
grep -q 'the margin was given' joint/models/default.card.md || fail "the trees were followed by no line"
grep -q '"rho": *0.4' joint/models/default.json || fail "the default model is not joint"
finish
