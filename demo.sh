#!/usr/bin/env bash
# From a fresh Debian 12 or 13 to an approve-and-offer list: installs packages, builds, runs configs/demo.yaml.
set -euo pipefail
cd "$(dirname "$0")"
source cmake/setup.sh
source slurm/environment.sh

started=$SECONDS
ranks=${PROFFER_RANKS:-2}
out=${1:-runs/demo}
timed "Debian packages" install_packages cmake/packages.txt
timed "Build (build/release/proffer)" build release proffer
if [ -f "$out/manifest.json" ] && ! build/release/proffer run configs/demo.yaml --out "$out" --dry-run -q > /dev/null 2>&1; then
  say "$out holds another run: moved to $out.old"
  rm -rf "$out.old" && mv "$out" "$out.old"
fi
timed "proffer run configs/demo.yaml on $ranks ranks" \
  proffer_launch "$ranks" build/release/proffer run configs/demo.yaml --out "$out" --resume
say "What came out ($out/summary.md)"
cat "$out/summary.md"
say "Done in $((SECONDS - started)) s"
echo "    list:        $out/offers/offers.csv (all decisions: $out/offers/offers.h5)"
echo "    certificate: $out/offers/certificate.json"
echo "    summary:     $out/summary.md"
