#!/usr/bin/env bash
# check_includes.sh SOURCE_ROOT RULES: fails, with file:line, where an #include breaks the layout.
# RULES has one line per folder of pipeline/: its name, then every folder whose headers it may include.
#  - folders of pipeline/ include only what their line names, by the path from pipeline/, and headers that exist
#  - mpi.h (and parallel/handle.hpp, which shows it): parallel/ and one single file of storage/
#  - hdf5.h: storage/   xgboost: boosting/   yaml-cpp: settings/, jobs/ never
set -euo pipefail
root=$1
rules=$2
cd "$root"
find pipeline jobs -name '*.[ch]pp' | LC_ALL=C sort | xargs -r awk -v rules="$rules" '
  function complain(text) {
    printf "%s:%d: includes %s (%s)\n", FILENAME, FNR, header, text
    bad = 1
  }
  function exists(path,  line, found) {
    if (!(path in known)) { found = (getline line < path) >= 0; close(path); known[path] = found }
    return known[path]
  }
  function shows_mpi() {
    if (folder == "parallel") return
    if (folder != "storage") complain("MPI belongs to parallel/ and one file of storage/")
    else if (mpi_file != "" && mpi_file != FILENAME) complain("MPI is already in " mpi_file ": one file of storage/ is enough")
    mpi_file = folder == "storage" ? FILENAME : mpi_file
  }
  BEGIN {
    while ((getline line < rules) > 0) {
      count = split(line, word, " ")
      is_folder[word[1]] = 1
      for (i = 2; i <= count; ++i) may[word[1], word[i]] = 1
    }
    owner["hdf5"] = "storage"; owner["xgboost"] = "boosting"; owner["yaml-cpp"] = "settings"
  }
  FNR == 1 {
    split(FILENAME, part, "/")
    in_pipeline = part[1] == "pipeline"
    folder = in_pipeline ? part[2] : "jobs"
    if (in_pipeline && !(folder in is_folder)) { header = "nothing yet"; complain("no proffer_folder(" folder ")") }
  }
  !/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }
  {
    match($0, /[<"][^>"]*[>"]/)
    header = substr($0, RSTART + 1, RLENGTH - 2)
    library = header
    if (header ~ /^(hdf5|hdf5_hl|H5[A-Za-z]*)\.h$/) library = "hdf5"
    else if (header ~ /^(xgboost|yaml-cpp)\//) sub(/\/.*/, "", library)
    if (header == "mpi.h" || header == "parallel/handle.hpp") shows_mpi()
    if (library in owner && owner[library] != folder) complain(library " belongs to " owner[library] "/")
    if (substr($0, RSTART, 1) != "\"" || library in owner) next
    target = header
    sub(/\/.*/, "", target)
    if (!in_pipeline) {
      if (!exists("pipeline/" header) && !exists(header)) complain("no such header below pipeline/ or the root")
    } else if (!(target in is_folder) || header !~ /\//) complain("write the path from pipeline/, own headers in quotes only")
    else if (!((folder, target) in may)) complain(folder "/ may not use " target "/")
    else if (!exists("pipeline/" header)) complain("no such header")
  }
  END { exit bad }'
