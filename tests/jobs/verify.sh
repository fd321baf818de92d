#!/usr/bin/env bash
# verify.sh TAMPERED: verify agrees with what the jobs make, says the same at any number of ranks, writes nothing, and
# finds every forgery.
source "$(dirname "$0")/common.sh"
tampered=$1
cd "$work" || exit 1
printf 'id\n%s\n' "$(seq 2000000001 7 2000001400)" > suppressed.txt
sed 's#^  maximum_pd#  suppression: suppressed.txt\n  maximum_pd#; s#^  segment: region#  segment: region\n  monitor: sex#' \
  "$small" > small.yaml
sets=(--set combine.limits.0.limit=200 --set combine.limits.2.limit=220000 --set combine.limits.3.limit=40000
  --set combine.limits.8.limit=50)
run_sets=("${sets[@]}" --set generate.training.borrowers=6000 --set generate.population.borrowers=1500
  --set score.second_sample=700)
expect 0 on 2 run small.yaml --out run -q "${run_sets[@]}"
[ "$failures" = 0 ] || finish
"$tampered" problem problem.h5 || fail "writing the problem"
echo 'problem: problem.h5' > problem.yaml
expect 0 on 1 combine problem.yaml --out chosen -q
[ "$failures" = 0 ] || finish

ls -lR --time-style=full-iso run chosen > before
for ranks in 1 3; do
  expect 0 on "$ranks" verify run
  cp out "said_$ranks"
  expect 0 on "$ranks" verify chosen/offers/choice.h5
done
cmp said_1 said_3 || fail "other words at 3 ranks"
grep -q '^all agrees$' said_1 || fail "verify does not say that all agrees: $(cat said_1)"
grep -q 'every borrower was rescored against every offer' said_1 || fail "verify does not say what it did: $(cat said_1)"
expect 0 on 2 verify run/offers/offers.h5 --full -q
ls -lR --time-style=full-iso run chosen | diff before - || fail "verify wrote into the run"

# Scores of another run, and scores stored nowhere.
sed 's/^  segment: region/  segment: region\n  scores: run\/scores\/scores.h5/' small.yaml > combine.yaml
expect 0 on 1 combine combine.yaml --out combined -q "${sets[@]}"
expect 0 on 1 verify combined
# From where an earlier run ended: the same value, from other numbers in the last place.
expect 0 on 2 combine combine.yaml --out again -q "${sets[@]}" --set combine.start_from=combined/offers/certificate.json
expect 0 on 1 verify again
value() { sed -n 's/^  "planned_value": //p' "$1/offers/certificate.json"; }
[ -n "$(value again)" ] && [ "$(value again)" = "$(value combined)" ] || fail "another value from an earlier run's prices"
rm -r combined again
expect 0 on 1 run small.yaml --out live -q "${run_sets[@]}" --set score.store=false
[ ! -e live/scores/scores.h5 ] || fail "the scores were stored"
"$tampered" unchanged live "$work" || fail "verify finds something in a list whose scores were not stored"

# Every kind of limit, reserved cells, an earlier list.
cat > rich.yaml << 'END'
seed: 3
combine:
  scores: run/scores/scores.h5
  previous: run/offers/offers.h5
  segment: region
  monitor: sex
  gap_tolerance: 1.0e-3
  cells: {control: 0.1, exploration: 0.02}
  scenarios:
    - {name: base, probability: 0.7}
    - {name: recession, probability: 0.2, pd: 1.6, response: 0.9}
    - {name: south, probability: 0.1, segments: {south: {pd: 3, response: 1.1}}}
  limits:
    - {name: budget, measure: contact_cost, limit: 300}
    - {name: exposure, measure: exposure, segment: [south, north], opening: book, limit: 9.0e+6}
    - {name: capital, measure: capital, basis: quantile, quantile: 0.9, limit: 20000}
    - {name: worst loss, measure: loss, basis: worst_case, limit: 12000}
    - {name: loss at risk, measure: loss, basis: cvar, quantile: 0.85, limit: 10000}
    - {name: cards, measure: contacts, product: card, share: true, limit: 0.8}
    - {name: south share, measure: exposure, segment: south, opening: book, share: true, limit: 0.4}
    - {name: rates, measure: impact_ratio, group: female, reference: male, sense: at_least, limit: 0.8}
    - {name: churn, measure: changed, limit: 400}
    - {name: left, measure: lost, segment: south, limit: 200}
END
expect 0 on 2 combine rich.yaml --out rich -q
expect 0 on 3 verify rich
grep -q '^all agrees$' out || fail "a list with every kind of limit: $(cat out)"
sed -i '0,/"weight": /s/"weight": [-0-9.e]*/"weight": 0.9/' rich/offers/certificate.json
expect 7 on 1 verify rich
grep -q '^scenario: ' out || fail "a weight of a scenario is not said to differ: $(cat out)"

"$tampered" forgeries run chosen "$work" || fail "a forgery was not found"

# What a user sees of a difference: lines on stdout, one message, exit 7; the same at 3 ranks.
cp -r run forged
sed -i '0,/"gap": /s/"gap": [-0-9.e]*/"gap": 0.5/' forged/offers/certificate.json
for ranks in 1 3; do
  expect 7 on "$ranks" verify forged
  cp out "said_$ranks"
  grep -q '^status: certificate: found certified, recomputed feasible$' out || fail "the status is not said to differ: $(cat out)"
  grep -q '^gap: certificate: found 0.5, recomputed ' out || fail "the gap is not said to differ: $(cat out)"
  grep -q '^digest: forged/offers/certificate.json: ' out || fail "the digest is not said to differ: $(cat out)"
  [ "$(grep -c '^proffer: forged does not agree with what was recomputed (3 differences of 3 kinds)' err)" = 1 ] ||
    fail "the message is: $(cat err)"
done
cmp said_1 said_3 || fail "other differences at 3 ranks"

refuses() {  # CODE MESSAGE ARG...
  local code=$1 message=$2
  shift 2
  expect "$code" on 1 verify "$@"
  grep -Eq "^proffer: $message" err || fail "verify $* says: $(cat err)"
}
refuses 2 'verify takes one list or run directory \(0 were given\)'
refuses 2 'nowhere does not exist: check the path' nowhere
mkdir empty
refuses 2 'empty is not a run directory \(no manifest.json\)' empty
expect 0 on 1 generate small.yaml --out made -q --set generate.training.borrowers=600 \
  --set generate.population.borrowers=100
refuses 2 'made holds no list' made
truncate -s 20000 forged/offers/offers.h5
refuses 3 'forged/offers/offers.h5' forged
rm forged/books/population.h5
refuses 3 'forged/books/population.h5 is gone' forged
finish
