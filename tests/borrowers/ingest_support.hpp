// Small CSV files and mappings for the tests of ingest.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>

#include "borrowers/ingest.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "settings/section.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::borrowers::test {

using proffer::test::Scratch;
using proffer::test::world;

/// Collective. The root writes, then all may read.
inline void write_file(const std::filesystem::path& path, const std::string& text) {
  if (world().is_root()) std::ofstream(path, std::ios::binary) << text;
  parallel::barrier(world());
}

inline void write_gzip(const std::filesystem::path& path, const std::string& text) {
  if (world().is_root()) {
    const gzFile file = gzopen(path.c_str(), "wb1");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }
  parallel::barrier(world());
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Mapping mapping_of(const std::string& yaml) {
  const settings::Config config = settings::Config::from_text(yaml, "m.yaml");
  Mapping mapping = read_mapping(config.root());
  config.refuse_unread();
  return mapping;
}

inline Log silent() {
  return Log({.level = LogLevel::off, .quiet = true, .speaks = false});
}

/// Collective. "csv: FILE" and the rest of the mapping → book.
inline IngestResult ingest_text(const Scratch& scratch, const std::string& csv, const std::string& yaml,
                                std::uint64_t block_bytes = 64, const std::string& name = "x") {
  write_file(scratch.path() / (name + ".csv"), csv);
  Log log = silent();
  return ingest(world(), mapping_of("csv: " + (scratch.path() / (name + ".csv")).string() + "\n" + yaml),
                scratch.path() / (name + ".h5"), log, block_bytes);
}

/// The message of whatever proffer error `work` throws, without the scratch folder; "" where it throws none.
template <class Work>
std::string message_from(const Scratch& scratch, ExitCode code, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    std::string text = error.what();
    const std::string folder = scratch.path().string() + "/";
    for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
    return text;
  }
  return "";
}

}  // namespace proffer::borrowers::test
