# Sourced by demo.sh and test.sh: installs what is missing, builds, and says how long each step took.

say() { printf '\n==> %s\n' "$*"; }

# timed TEXT COMMAND...: runs a step and prints its seconds; a failure ends the script with its output.
timed() {
  local text=$1 start=$SECONDS
  shift
  say "$text"
  "$@" || { echo "failed: $text" >&2; exit 1; }
  echo "    ($((SECONDS - start)) s)"
}

# install_packages FILE...: installs the listed Debian packages that are not there yet.
install_packages() {
  local missing=() package
  if ! command -v apt-get > /dev/null; then
    echo "    no apt-get: going on with what is installed (on Debian 12 and 13 this step installs: $(sed 's/#.*//' "$@" | xargs))"
    return
  fi
  for package in $(sed 's/#.*//' "$@"); do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "    all packages are installed"
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null || {
      echo "${#missing[@]} packages are missing (not root, and no sudo): let root run: apt-get install ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "    installing ${#missing[@]} packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
    tail -20 "$log" >&2
    rm -f "$log"
    echo "packages could not be installed (see above): let root run: apt-get update; apt-get install ${missing[*]}" >&2
    return 1
  fi
  rm -f "$log"
}

# build PRESET [TARGET...]: configures and builds build/PRESET, one compile per core but at most what memory allows.
# Without targets everything, tests too; who names targets needs no GoogleTest.
build() {
  local preset=$1
  shift
  local jobs memory_gib
  memory_gib=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  jobs=$(nproc)
  [ "$jobs" -gt $((memory_gib / 2 + 1)) ] && jobs=$((memory_gib / 2 + 1))
  local options=()
  if [ $# -eq 0 ]; then
    options=(-DPROFFER_BUILD_TESTS=ON)
  elif [ ! -f "build/$preset/build.ninja" ]; then
    options=(-DPROFFER_BUILD_TESTS=OFF)
  fi
  local log=build/$preset-configure.log
  mkdir -p build
  cmake --preset "$preset" "${options[@]}" > "$log" 2>&1 || { cat "$log" >&2; return 1; }
  cmake --build --preset "$preset" --parallel "$jobs" ${1:+--target "$@"}
}
