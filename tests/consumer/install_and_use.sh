#!/usr/bin/env bash
# install_and_use.sh CMAKE BUILD_DIR COMPILER LAUNCH PROGRAM_DIR SANITIZERS: see CMakeLists.txt beside this.
set -euo pipefail
cmake=$1 build=$2 compiler=$3 launch=$4 program=$5 sanitizers=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/prefix" > "$work/install.log" || { cat "$work/install.log"; exit 1; }
"$cmake" -S "$program" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="${sanitizers:+-fsanitize=$sanitizers}" -DCMAKE_BUILD_TYPE=Release
"$cmake" --build "$work/build"
said=$("$launch" 2 "$work/build/consumer")
echo "$said"
[ "$said" = "sum over 2 ranks 1, median 0" ]
for installed in include/proffer/foundation/error.hpp share/proffer/configs share/proffer/slurm/launch; do
  [ -e "$work/prefix/$installed" ] || { echo "not installed: $installed"; exit 1; }
done
if [ -x "$build/proffer" ]; then
  "$work/prefix/bin/proffer" --help > "$work/help"
  [ -s "$work/help" ]
fi
