#!/usr/bin/env bash
# broken_inputs.sh MAKE_BROKEN [RANKS...]: every input of broken_inputs.txt ends all ranks soon, with one message, the
# right exit code and nothing half-written.
source "$(dirname "$0")/common.sh"
make_broken=$1
shift
ranks_tried=${*:-1 3}
cd "$work" || exit 1
trap 'umount disk 2> /dev/null; rm -rf "$work"' EXIT
limit_seconds=60

edited() { sed "$2" small.yaml > "$1.yaml"; }  # NAME SED: small.yaml with a change

make_configs() {
  cp "$small" small.yaml
  edited syntax 's/^seed: 77/seed: [77/'
  edited tab 's/^  rho: 0.3/\trho: 0.3/'
  edited twice 's/^seed: 77/seed: 77\nseed: 78/'
  edited misspelt 's/^      rounds: 12/      roundz: 12/'
  edited stage_misspelt 's/^combine:/combien:/'
  edited no_convention '0,/ *rate_convention: amortising/s///'
  edited limit_product 's/product: card, limit: 2.0e+5/product: crad, limit: 2.0e+5/'
  edited limit_segment 's/segment: south, limit/segment: sotuh, limit/'
  edited limit_measure 's/measure: loss,/measure: los,/'
  edited limit_basis 's/measure: contacts, channel: phone/measure: contacts, basis: expected, channel: phone/'
  edited limit_exact 's/measure: loss, basis: expected/measure: loss, basis: expected, sense: equal/'
  edited limit_quantile 's/measure: loss, basis: expected/measure: loss, basis: quantile, sense: equal, tolerance: 1/'
  edited limit_twice 's/name: phone capacity/name: contact budget/'
  edited infeasible 's/sense: at_least, limit: 500/sense: at_least, limit: 2500/'
  { cat small.yaml; for k in $(seq 60); do echo "    - {name: l$k, measure: contacts, limit: $k}"; done; } > limits.yaml
  edited offers "s/limits: \[2000, 5000\]/limits: [$(seq -s, 1000 10 2400)]/"
  edited channel 's/channels: \[mail, phone\]/channels: [mail, fone]/'
  edited rule_feature 's/feature: age, min/feature: agge, min/'
  edited rule_region 's/regions: \[south\]/regions: [sotuh]/'
  : > empty.yaml
  echo 'just a text' > scalar.yaml
  mkdir folder.yaml
  cat > train.yaml <<END
book: book.h5
models:
  response: {target: responded, offer_terms: [product, limit, apr], rounds: 2, depth: 2}
END
  sed 's/responded/respond/' train.yaml > target.yaml
  sed 's/rounds: 2/rounds: 2, features: [age, agge]/' train.yaml > feature.yaml
  sed 's/rounds: 2/rounds: 2, monotone: {agge: increasing}/' train.yaml > monotone.yaml
  sed 's/apr\]/interest]/' train.yaml > term.yaml
  echo 'problem: problem.h5' > problem.yaml
  cat > score.yaml <<END
$(cat small.yaml)
END
  sed -i 's/^score:/score:\n  population: book.h5\n  models: models/' score.yaml
  sed 's/^  segment: region/  segment: region\n  scores: scores.h5/' small.yaml > combine.yaml
}

make_tables() {
  printf 'id,income,age\n1,100.5,30\n2,,41\n3,300,52\n' > good.csv
  cat > ingest.yaml <<END
csv: good.csv
id: id
as_of: 2024-01-31
features: [income, age]
END
  printf 'id,income,age\n1,100.5,30\n2,lots,41\n' > cell.csv
  printf 'id,income\n1,100.5\n' > column.csv
  printf 'id,income,age\n' > header.csv
  : > empty.csv
  printf 'id;income;age\n1;100.5;30\n' > semicolon.csv
  printf 'id,income,age\n1,100.5,30\n2,3,4\n1,7,8\n' > duplicate.csv
  printf 'id,income,age\nNaN,100.5,30\n' > nan_id.csv
  printf 'id,income,age\n1,inf,30\n' > infinite.csv
  printf 'id,income,age\n1,5,30\n2,6\n' > short.csv
  printf 'id,income,age\n1,"5,30\n' > quote.csv
  gzip -c good.csv | head -c 40 > cut.csv.gz
}

make_files() {
  expect 0 on 1 run small.yaml --out good -q
  [ "$failures" = 0 ] || finish
  "$make_broken" good . || fail "make_broken"
  head -c 20000 book.h5 > book_truncated.h5
  head -c 100 book.h5 > book_head.h5
  printf 'id,income\n' > book_text.h5
  : > book_nothing.h5
  cp -r good/models models
  for kind in newer damaged cut other; do mkdir "models_$kind" && cp good/models/* "models_$kind"; done
  sed -i 's/"format_version":"1.0"/"format_version":"2.0"/' models_newer/response.json
  sed -i 's/"format":"proffer-model"/"format":"model"/' models_other/response.json
  sed -i 's/"target":"responded",//' models_damaged/response.json
  truncate -s 3000 models_cut/response.json
  mkdir models_none
  mkdir locked && printf '{"host":"%s","pid":%s,"slurm_job":"","heartbeat":"%s"}\n' "$(hostname)" $$ \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" > locked/lock
  mkdir damaged && echo '{"status"' > damaged/manifest.json
}

# What proffer says, without what differs from here to there: the work folder, process, host, time, and the words of
# libraries.
said() {
  grep -a '^proffer: ' err | sed -e "s#$work/##g" -e "s#process $$ on $(hostname)#process PID on HOST#" \
    -e 's/20[0-9-]*T[0-9:]*Z/TIME/g' -e 's/(opening: .*): restore/(HDF5): restore/' \
    -e 's/(\[json\.exception.*): train/(JSON): train/' -e 's/(writing: .*; [0-9]* MiB/(HDF5; N MiB/' -e 's/^proffer: //'
}

# try RANKS CODE MESSAGE ARG...
try() {
  local ranks=$1 code=$2 message=$3 got=0 what
  shift 3
  what="at $ranks ranks: proffer $*"
  if [ "$ranks" = 1 ]; then
    timeout -k 5 60 "$PROFFER" "$@" -q > out 2> err || got=$?
    # Open MPI 5 prints a line of its own where a write fails.
    [ "$(grep -avcE '^(warning: |mca_fbtl_posix)' err)" -le 1 ] || [ "$code" = 0 ] || fail "more than one line, $what: $(cat err)"
  else
    on "$ranks" "$@" -q || got=$?
  fi
  [ "$got" = "$code" ] || fail "exit $got instead of $code, $what: $(head -c 2000 err)"
  [ "$(said)" = "$message" ] || fail "$what says"$'\n'"    $(said)"$'\n'"  instead of"$'\n'"    $message"
  [ "$code" = 0 ] || clean "$what"
}

# Only a manifest, a log, unfinished files and the proof that there is no answer may be left by a job that failed.
clean() {
  [ -d run ] || return
  local left
  left=$(cd run && find . -type f ! -name manifest.json ! -name log.jsonl ! -name '*.partial' ! -path './books/*' \
    ! -name '*.rejects.csv' ! -name certificate.json)
  [ -z "$left" ] || fail "$1 leaves $left"
}

# A full disk, and then more space: the run goes on. Needs a file system of its own, so root.
disk_full() {
  mkdir disk
  mount -t tmpfs -o size=5m tmpfs disk 2> /dev/null || { echo "no disk to fill: not root" && return; }
  for ranks in $ranks_tried; do
    try "$ranks" 5 'disk/run/books/population.h5.partial cannot be written (HDF5; N MiB are free): check free space, quota and permissions' \
      run small.yaml --out disk/run
    [ -e disk/run/books/population.h5 ] && fail "a half-written book has its final name"
    mount -o remount,size=40m disk
    expect 0 on "$ranks" run small.yaml --out disk/run --resume -q
    rm -rf disk/run
    mount -o remount,size=5m disk
  done
  umount disk
}

make_configs
make_tables
make_files
disk_full
count=0
while IFS= read -r line; do
  case $line in '' | '#'*) continue ;; esac
  code=${line%% *}
  IFS= read -r message
  message=${message#  }
  eval "arguments=(${line#* })"
  count=$((count + 1))
  for ranks in $ranks_tried; do
    rm -rf run
    if [ -n "${SHOW:-}" ]; then
      timeout 60 "$PROFFER" "${arguments[@]}" -q > out 2> err
      printf '%s %s\n  %s\n\n' $? "${line#* }" "$(said)" | sed 's/^0 *$/0/' >&3
    else
      try "$ranks" "$code" "$message" "${arguments[@]}" < /dev/null
    fi
  done
done < "${CASES:-$here/broken_inputs.txt}"
echo "$count broken inputs"
[ "$count" -ge 45 ] || fail "only $count cases"
finish
