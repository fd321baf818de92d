#!/usr/bin/env bash
# Values that are what contact adds: those who would take a loan anyway count against an offer, verify agrees, and the
# bytes do not depend on the number of ranks.
source "$(dirname "$0")/common.sh"
cd "$work" || exit 1
standard=personal_loan:5000:0.189:36:mail
sed 's/^train:$/train:\n  uplift: {anyway: {learner: t, rounds: 40}}/' "$small" > plain.yaml
sed 's/^  fraud_loss: 0.9/&\n  without_contact: {model: anyway}/' plain.yaml > adds.yaml
sets=(--set generate.training.borrowers=8000 --set generate.training.control_share=0.3
  --set generate.population.borrowers=1500 --set score.second_sample=700)
expect 0 on 2 run adds.yaml --out adds -q "${sets[@]}"
expect 0 on 1 run adds.yaml --out alone -q "${sets[@]}"
[ "$failures" = 0 ] || finish
digests adds > reference
same "at 1 rank" alone
expect 0 on 1 verify adds
grep -q '^all agrees$' out || fail "verify does not agree: $(cat out)"
grep -q 'values are what contact adds' adds/summary.md || fail "the summary does not say what values are"
expect 0 on 1 inspect adds/models/anyway.json
grep -q 'uplift model anyway of responded by contacted, t-learner' out || fail "inspect says $(cat out)"
grep -q 'arm not contacted' out || fail "inspect does not name the control: $(cat out)"

# The same scores, and those of the plain value and of a standard loan, from the same models.
planned() { sed -n 's/.*"planned_value": \([0-9.]*\).*/\1/p' "$1/offers/certificate.json"; }
sed "s/^  without_contact.*/  without_contact: {model: anyway, offer: '$standard'}/" adds.yaml > standard.yaml
for kind in plain standard; do
  expect 0 on 1 run "$kind.yaml" --out "$kind" -q "${sets[@]}"
  cmp "$kind/models/anyway.json" adds/models/anyway.json || fail "other models"
done
expect 0 on 1 verify standard
awk -v a="$(planned adds)" -v p="$(planned plain)" 'BEGIN { exit !(a > 0 && a < 0.95 * p) }' ||
  fail "what contact adds ($(planned adds)) is not less than the plain value ($(planned plain))"

expect 2 on 1 run adds.yaml --out other -q "${sets[@]}" --set economics.without_contact.model=anyone
grep -q 'name an entry of train.uplift whose target is responded' err || fail "another model: $(cat err)"
expect 2 on 1 run standard.yaml --out another -q "${sets[@]}" \
  --set economics.without_contact.offer=personal_loan:5000:0.198:36:mail
grep -q "did you mean $standard?" err || fail "another offer: $(cat err)"
finish
