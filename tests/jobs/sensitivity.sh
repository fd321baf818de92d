#!/usr/bin/env bash
# A book whose offers were priced by risk alone: what rates change is called not identified, comes from the settings, and
# the list across a range of it has the same bytes at any number of ranks. Verify recomputes the list.
source "$(dirname "$0")/common.sh"
cd "$work" || exit 1
sed -e '/^  products:/,/^economics:/s/^      rate_convention: amortising/&\n      reference_apr: 0.129/' \
  -e '/^  products:/,/^economics:/s/^      rate_convention: revolving/&\n      reference_apr: 0.199/' \
  -e 's/^  fraud_loss: 0.9/&\n  prices: {take_up_elasticity: -0.6, default_elasticity: 0.1}/' "$small" > priced.yaml
cp priced.yaml across.yaml
echo 'sensitivity: {take_up_elasticity: [-2, 0], default_elasticity: 0.1}' >> across.yaml
sets=(--set generate.training.randomised_share=0 --set generate.training.borrowers=8000
  --set generate.population.borrowers=1500 --set score.second_sample=700)
expect 0 on 2 run across.yaml --out across "${sets[@]}"
grep -q 'model response: what rates change is not identified' err || fail "no warning: $(cat err)"
expect 0 on 3 run across.yaml --out alone -q "${sets[@]}"
[ "$failures" = 0 ] || finish
digests across > reference
same "at 3 ranks" alone
grep -q 'is not identified: no offer of its book was drawn' across/models/response.card.md || fail "the card does not say it"
grep -q 'a rate 1 % higher changes take-up by -0.6 %' across/summary.md || fail "the summary does not say what is assumed"
grep -q '^| -2 | 0.1 | ' across/summary.md || fail "the summary does not show the list across elasticities"
expect 0 on 1 verify across
grep -q '^all agrees$' out || fail "verify does not agree: $(cat out)"

# Alone, from the run's book and models; the assumed list is that of the run.
expect 0 on 1 sensitivity across.yaml --out again -q --set score.population=across/books/population.h5 \
  --set score.models=across/models --set score.second_sample=700
cmp again/sensitivity/sensitivity.json across/sensitivity/sensitivity.json || fail "alone it comes to something else"
planned=$(sed -n 's/.*"planned_value": \([0-9.]*\).*/\1/p' across/offers/certificate.json)
grep -q "^-0.6,0.1,[a-z]*,$planned," across/sensitivity/sensitivity.csv || fail "the assumed list is not that of the run"

# Where offers were drawn at random nothing is said, and the models' own word stands.
expect 0 on 1 run "$small" --out drawn --set generate.training.borrowers=8000 --set generate.population.borrowers=1500
grep -q 'not identified' err drawn/summary.md && fail "drawn offers are called not identified"
expect 2 on 1 run priced.yaml --out other "${sets[@]}" --set sensitivity.take_up_elasticity=-0.6
grep -q 'there is nothing to vary' err || fail "one world: $(cat err)"
expect 2 on 1 run "$small" --out other "${sets[@]}" --set sensitivity.take_up_elasticity=-0.6
grep -q 'sensitivity varies economics.prices, which is not there' err || fail "without prices: $(cat err)"
expect 2 on 1 run priced.yaml --out other "${sets[@]}" --set catalog.products.card.reference_apr=null
grep -q 'catalog.products.card has no reference_apr' err || fail "without a reference: $(cat err)"
finish
