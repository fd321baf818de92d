#!/usr/bin/env bash
# planted_rho.sh PROFFER [SEEDS] [CONTACTS] [RHO...]: how well the joint model finds a planted correlation.
#
# For each ρ (−0.5 −0.2 0 0.3 0.6) and seed (20) a book of so many contacts (500,000), about 8 % of which take the offer
# and 30 % of those default; nothing is hidden and every offer is drawn at random, so ρ is what a model can find. Prints
# a line per run, and per ρ: mean estimate, bias, root mean square error, mean standard error, runs whose 95 % interval
# covers ρ; the same of the profile likelihood, which takes f and h as known; by how much the held-out joint log-likelihood
# beats that of the independent model without the excluded inputs (least over the runs), and the error of the mean PD of
# those who did not take, joint and independent (root mean square). RANKS (1) and SCRATCH (/tmp) may be set.
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

cat > "$work/config.yaml" << 'END'
seed: 1
generate:
  rho: 0
  drift: 0
  hidden: 0
  training: {borrowers: 500000, from: 20230630, to: 20230630, cut_off: 20241231, randomised_share: 1, control_share: 0,
             take_up: 0.08, default_rate: 0.3}
  population: {borrowers: 0}
train:
  split: {by: hash, valid: 0.1, test: 0.02}
  models:
    response:
      target: responded
      link: probit
      offer_terms: [product, channel, limit, apr, term]
      monotone: {apr: decreasing, limit: increasing}
      second_opinion: false
      rounds: 400
      depth: 4
      eta: 0.1
    default:
      target: default
      link: probit
      offer_terms: [product, limit, contract_apr, term]
      monotone: {contract_apr: increasing, limit: increasing}
      second_opinion: false
      rounds: 300
      depth: 4
      eta: 0.08
      joint: {response: response, excluded: [channel, apr], bootstrap: 0}
END

for rho in "${rhos[@]}"; do
  for ((seed = 1; seed <= seeds; ++seed)); do
    run=$work/run
    "$launch" "${RANKS:-1}" "$proffer" generate "$work/config.yaml" --set "seed=$seed" --set "generate.rho=$rho" \
      --set "generate.training.borrowers=$contacts" --out "$run.book" -q
    "$launch" "${RANKS:-1}" "$proffer" train "$work/config.yaml" --set "seed=$seed" \
      --set "train.book=$run.book/books/training.h5" --out "$run" -q
    told=$(/usr/bin/python3 "$here/planted_joint.py" "$run/metrics.json" "$run.book/books/training.h5")
    echo "$rho $seed $told" | tee -a "$work/lines"
    rm -rf "$run" "$run.book"
  done
done

/usr/bin/python3 - "$work/lines" << 'END'
import sys

import numpy as np

lines = np.atleast_2d(np.loadtxt(sys.argv[1]))
print("   rho  runs    mean    bias    rmse  s.e.  covered   profile: mean  covered   log-likelihood   PD of non-takers")
for rho in np.unique(lines[:, 0]):
    own = lines[lines[:, 0] == rho]
    found, error, profile = own[:, 2], own[:, 3], own[:, 6]
    covered = int(((own[:, 4] <= rho) & (rho <= own[:, 5])).sum())
    known = int(((own[:, 7] <= rho) & (rho <= own[:, 8])).sum())
    off = np.sqrt(np.mean((own[:, 12:15] - own[:, 11:12]) ** 2, axis=0))
    print(f"{rho:6.2f} {len(own):5d} {found.mean():7.3f} {found.mean() - rho:7.3f} "
          f"{np.sqrt(np.mean((found - rho) ** 2)):7.3f} {error.mean():5.3f} {covered:8d} {profile.mean():15.3f} {known:8d} "
          f"{own[:, 9].min():16.2e} {off[0]:9.4f} {off[1]:6.4f}")
END
