#!/usr/bin/env bash
# planted_rho.sh PROFFER [SEEDS] [CONTACTS] [RHO...]: how well the joint model finds a planted correlation.
#
# For each ρ (−0.5 −0.2 0 0.3 0.6) and seed (20) a book of so many contacts (500,000), about 8 % of which take the offer
# and 30 % of those default; nothing is hidden and every offer is drawn at random, so ρ is what a model can find. The
# drawn terms move take-up as strongly as experiments that are made to learn from: a call makes it three to four times as
# likely, rates run from 6 to 30 %, and two in five are contracted below the rate offered (CALL=0.28 leaves calls as weak
# as in other synthetic books: standard errors are then twice as large). Prints a line per
# run (planted_joint.py says what), and tables of what they come to per ρ. RANKS (1), JOBS (1, runs side by side) and
# SCRATCH (/tmp) may be set.
set -euo pipefail
proffer=$(realpath "$1")
seeds=${2:-20}
contacts=${3:-500000}
shift $(($# < 3 ? $# : 3))
rhos=("$@")
[ ${#rhos[@]} -gt 0 ] || rhos=(-0.5 -0.2 0 0.3 0.6)
here=$(dirname "$(realpath "$0")")
launch=$here/../../slurm/launch
work=$(mktemp -d "${SCRATCH:-/tmp}/planted_rho.XXXXXX")
trap 'rm -rf "$work"' EXIT

trees="link: probit, second_opinion: false, depth: 4"
default="target: default, monotone: {contract_apr: increasing, limit: increasing}, rounds: 300, eta: 0.08, $trees"
cat > "$work/config.yaml" << END
seed: 1
generate:
  rho: 0
  drift: 0
  hidden: 0
  training: {borrowers: 500000, from: 20230630, to: 20230630, cut_off: 20241231, randomised_share: 1, control_share: 0,
             take_up: 0.08, default_rate: 0.3}
  phone_effect: ${CALL:-0.8}
  offers:
    personal_loan: {share: 1, phone_share: 0.5, aprs: [0.06, 0.12, 0.18, 0.24, 0.30]}
    card: {share: 0}
  population: {borrowers: 0}
train:
  split: {by: hash, valid: 0.1, test: 0.02}
  models:
    response: {target: responded, offer_terms: [product, channel, limit, apr, term],
               monotone: {apr: decreasing, limit: increasing}, rounds: 400, eta: 0.1, $trees}
    default: {offer_terms: [product, limit, contract_apr, term],
              joint: {response: response, excluded: [channel, apr], bootstrap: 0}, $default}
    default_without: {offer_terms: [product, limit, contract_apr, term], $default}
    default_with: {offer_terms: [product, limit, contract_apr, term, channel, apr], $default}
END

# one RHO SEED: a book, its models, a line.
one() {
  local run=$work/$1.$2
  "$launch" "${RANKS:-1}" "$proffer" generate "$work/config.yaml" --set "seed=$2" --set "generate.rho=$1" \
    --set "generate.training.borrowers=$contacts" --out "$run.book" -q
  "$launch" "${RANKS:-1}" "$proffer" train "$work/config.yaml" --set "seed=$2" \
    --set "train.book=$run.book/books/training.h5" --out "$run" -q
  echo "$1 $2 $(/usr/bin/python3 "$here/planted_joint.py" "$run" "$run.book/books/training.h5")"
  rm -rf "$run" "$run.book"
}
export -f one
export launch proffer contacts here work

for ((seed = 1; seed <= seeds; ++seed)); do
  for rho in "${rhos[@]}"; do echo "$rho $seed"; done
done | xargs -P "${JOBS:-1}" -L 1 bash -euc 'one "$0" "$1"' | tee "$work/lines"
/usr/bin/python3 "$here/planted_table.py" "$work/lines"
