#!/usr/bin/env bash
# planted_violations.sh CHECK: the check passes on a small sound tree and finds each violation planted into it.
set -euo pipefail
check=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/pipeline/{foundation,parallel,settings,storage,boosting} "$tree/jobs"
cat > "$tree/rules.txt" << 'RULES'
foundation foundation
parallel parallel foundation
settings settings foundation parallel
storage storage foundation parallel
boosting boosting storage parallel foundation
RULES
cd "$tree"
echo '#include <string>' > pipeline/foundation/error.hpp
printf '#include <mpi.h>\n#include "foundation/error.hpp"\n' > pipeline/parallel/handle.hpp
echo '#include <yaml-cpp/yaml.h>' > pipeline/settings/read.cpp
printf '#include <hdf5.h>\n#include "parallel/handle.hpp"\n' > pipeline/storage/open.cpp
echo '// #include "boosting/none.hpp" in a comment is no include' > pipeline/storage/table.hpp
printf '#include <xgboost/c_api.h>\n#include "storage/table.hpp"\n' > pipeline/boosting/train.cpp
echo '#include "jobs/stage.hpp"' > jobs/run.cpp
echo '#include "storage/table.hpp"' > jobs/stage.hpp

"$check" "$tree" rules.txt || { echo "the sound tree was refused"; exit 1; }

failed=0
# planted FILE LINE MESSAGE: with LINE appended to FILE, the check fails, names file and line, and says MESSAGE.
planted() {
  local said line
  [ -f "$1" ] && cp "$1" kept || rm -f kept
  echo "$2" >> "$1"
  line=$(wc -l < "$1")
  if said=$("$check" "$tree" rules.txt); then
    echo "not found: $2 in $1"
    failed=1
  elif ! grep -qF "$1:$line: " <<< "$said" || ! grep -qF "$3" <<< "$said"; then
    echo "found, but said otherwise: $2 in $1: $said"
    failed=1
  fi
  if [ -f kept ]; then mv kept "$1"; else rm "$1"; fi
}
planted pipeline/foundation/error.hpp '#include "parallel/handle.hpp"' 'foundation/ may not use parallel/'
planted pipeline/storage/table.hpp ' #  include "boosting/train.hpp"' 'storage/ may not use boosting/'
planted pipeline/settings/read.cpp '#include "storage/table.hpp"' 'settings/ may not use storage/'
planted pipeline/settings/read.cpp '#include <mpi.h>' 'MPI belongs to'
planted pipeline/boosting/train.cpp '#include "parallel/handle.hpp"' 'MPI belongs to'
planted pipeline/storage/table.hpp '#include <mpi.h>' 'one file of storage/'
planted jobs/run.cpp '#include <mpi.h>' 'MPI belongs to'
planted pipeline/boosting/train.cpp '#include <hdf5.h>' 'hdf5 belongs to storage/'
planted jobs/run.cpp '#include <H5Cpp.h>' 'hdf5 belongs to storage/'
planted pipeline/settings/read.cpp '#include "xgboost/c_api.h"' 'xgboost belongs to boosting/'
planted pipeline/storage/table.hpp '#include <yaml-cpp/node/node.h>' 'yaml-cpp belongs to settings/'
planted pipeline/storage/open.cpp '#include "table.hpp"' 'write the path from pipeline/'
planted pipeline/storage/open.cpp '#include "storage/missing.hpp"' 'no such header'
planted pipeline/storage/open.cpp '#include "jobs/stage.hpp"' 'write the path from pipeline/'
planted jobs/run.cpp '#include "storage/missing.hpp"' 'no such header'
mkdir pipeline/unknown
planted pipeline/unknown/new.cpp '' 'no proffer_folder(unknown)'
exit $failed
