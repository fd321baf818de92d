#!/usr/bin/env bash
# training_cost.sh BUILD_DIR [CONTACTS [ROUNDS [DEPTH]]]: what training costs beside XGBoost's own rounds, which a preloaded clock
# (xgboost_clock.cpp) times inside the same process, and those rounds beside Python's xgboost. 2 ranks of 1 thread against
# 2 threads; a synthetic book of so many contacts (2,000,000). ROUNDS: so many each, of that depth (6); without them the
# settings stay at their defaults (at most 200 rounds of depth 4, early stopping).
#
#   1. A joint default model with its response model, a fraud model, and a scorecard as champion: the whole train stage.
#   2. The response model alone, and Python's xgboost (hist, binary:logistic) on the same rows with the same settings.
set -euo pipefail
build=$(realpath "$1") contacts=${2:-2000000} rounds=${3:-defaults} depth=${4:-6}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../slurm/environment.sh"
work=$(mktemp -d "${SCRATCH:-/tmp}/training_cost.XXXXXX")
trap 'rm -rf "$work"' EXIT

trees="second_opinion: false"
if [ "$rounds" = defaults ]; then
  depth=4  # for the peer; proffer's own default
else
  trees="$trees, early_stopping: 0, rounds: $rounds, depth: $depth, eta: 0.1"
fi
cat > "$work/config.yaml" << END
seed: 1
generate:
  rho: 0.3
  training: {borrowers: $contacts, from: 20230630, to: 20230630, cut_off: 20241231, randomised_share: 1,
             control_share: 0, take_up: 0.08, default_rate: 0.2}
  population: {borrowers: 0}
train:
  split: {by: hash, valid: 0.05, test: 0.05}
  models:
    response: {target: responded, link: probit, offer_terms: [product, channel, limit, apr, term], $trees}
    default:
      {target: default, kind: scorecard, offer_terms: [product, limit, contract_apr, term], second_opinion: false}
    default_joint:
      {target: default, link: probit, offer_terms: [product, limit, contract_apr, term],
       joint: {response: response, excluded: [channel, apr], bootstrap: 0}, $trees}
    fraud: {target: fraud, $trees}
END
cat > "$work/response.yaml" << END
seed: 1
train:
  split: {by: hash, valid: 0.05, test: 0.05}
  models:
    response: {target: responded, offer_terms: [limit, apr, term], $trees}
END

# trained CONFIG: one line, seconds of the stage, of XGBoost's rounds and of its matrices, those of the rank that spent
# most, and how many rounds.
trained() {
  rm -rf "$work/run"
  LD_PRELOAD=$build/libxgboost_clock.so proffer_launch 2 "$build/proffer" train "$1" --out "$work/run" \
    --set train.book="$work/book/books/training.h5" > "$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
  local stage spent matrices trees
  stage=$(sed -n 's/^proffer: train: .* in \([0-9.]*\) s$/\1/p' "$work/log")
  trees=$(sed -n 's/^xgboost: \([0-9]*\) rounds in .*/\1/p' "$work/log" | head -1)
  spent=$(sed -n 's/^xgboost: .* rounds in \([0-9.]*\) s$/\1/p' "$work/log" | sort -n | tail -1)
  matrices=$(sed -n 's/^xgboost: .* matrices in \([0-9.]*\) s$/\1/p' "$work/log" | sort -n | tail -1)
  echo "$stage $spent $matrices $trees"
}

proffer_launch 2 "$build/proffer" generate "$work/config.yaml" --out "$work/book" -q
read -r stage inside matrices trees < <(trained "$work/config.yaml")
echo "joint, fraud and champion: stage $stage s, XGBoost's $trees rounds $inside s, ratio $(awk "BEGIN { print $stage / $inside }") (its matrices $matrices s more)"
read -r stage inside matrices trees < <(trained "$work/response.yaml")
echo "response alone:            stage $stage s, XGBoost's $trees rounds $inside s (its matrices $matrices s more)"
/usr/bin/python3 "$here/training_peer.py" "$work/book/books/training.h5" "$trees" "$depth" "$inside"
