// Every way in which a file can be wrong ends in the right kind of error with a message that says what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <numeric>

#include "foundation/error.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"
#include "storage/table_file.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::storage {
namespace {

using test::world;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t rows = 10'000;
constexpr std::uint64_t features = 3;

class DamagedFiles : public testing::Test {
 protected:
  DamagedFiles() : path_(scratch_.path() / "book.h5") {}

  void write(std::string_view format = "proffer-book", std::string_view version = "1.0") const {
    TableWriter writer(world(), path_);
    writer.attribute("format", format);
    writer.attribute("format_version", version);
    writer.small("/schema/name", std::vector<std::string>{"income", "age", "months"});
    writer.dataset("/borrower/features", Type::f32, {{rows, features}});
    const auto mine = rows_of_rank(world(), rows);
    std::vector<float> values(mine.size() * features);
    std::iota(values.begin(), values.end(), static_cast<float>(mine.begin * features));
    writer.write_rows("/borrower/features", mine.begin, std::span<const float>(values));
    (void)writer.publish();
  }

  /// Flips one bit of the feature that holds `value`, wherever it lies in the file.
  void flip_a_bit_of(float value) const {
    parallel::on_root(world(), [&] {
      std::string text = read_text_file(path_);
      const std::string_view bytes(reinterpret_cast<const char*>(&value), sizeof value);
      const auto at = text.find(bytes);
      expects(at != std::string::npos && text.find(bytes, at + 1) == std::string::npos, "the value is there once");
      text[at] = static_cast<char>(text[at] ^ 4);
      write_text_file(path_, text);
    });
  }

  void truncate(std::uint64_t bytes) const {
    parallel::on_root(world(), [&] { std::filesystem::resize_file(path_, bytes); });
  }

  /// What `work` throws; fails the test where the exit code is another.
  static std::string error(ExitCode code, const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& thrown) {
      EXPECT_EQ(thrown.code(), code) << thrown.what();
      return thrown.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  [[nodiscard]] TableReader open() const { return {path_, "proffer-book", 1}; }

  test::Scratch scratch_;
  std::filesystem::path path_;
};

TEST_F(DamagedFiles, ABitIsFoundInItsBlockOnly) {
  write();
  flip_a_bit_of(5'000 * features + 1);
  const TableReader reader = open();
  EXPECT_EQ(reader.read_rows<float>("/borrower/features", 0, 4096).back(), 4096 * features - 1);
  EXPECT_EQ(reader.read_rows<float>("/borrower/features", 8192, rows - 8192).back(), rows * features - 1);
  const std::string expected = path_.string() +
                               ": block of rows 4096–8191 of /borrower/features is damaged (checksum mismatch): "
                               "restore the file from its source";
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.read_all<float>("/borrower/features"); }), expected);
  for (int again = 0; again < 2; ++again)  // also the second time, when the block might have been kept
    EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.read_rows<float>("/borrower/features", 6'000, 1); }),
              expected);
}

TEST_F(DamagedFiles, TheLastBlockEndsWithTheTable) {
  write();
  flip_a_bit_of(rows * features - 1);
  EXPECT_THAT(error(ExitCode::bad_data, [&] { (void)open().read_rows<float>("/borrower/features", 9'999, 1); }),
              HasSubstr("block of rows 8192–9999 of"));
}

TEST_F(DamagedFiles, WhatTheUserNamedMustBeThere) {
  const std::string path = path_.string();
  EXPECT_EQ(error(ExitCode::bad_usage, [&] { (void)open(); }), path + " does not exist: check the path");
  EXPECT_EQ(error(ExitCode::bad_usage, [&] { TableReader(scratch_.path()); }),
            scratch_.path().string() + " is a directory (an HDF5 file is expected): name a file inside it");
  EXPECT_THAT(error(ExitCode::bad_usage, [&] { (void)read_text_file(path_); }),
              StartsWith(path + " cannot be read (No such file or directory)"));
  EXPECT_THAT(error(ExitCode::bad_usage, [&] { (void)file_digest(world(), path_); }), HasSubstr("No such file"));
}

TEST_F(DamagedFiles, OtherFilesAreRefused) {
  parallel::on_root(world(), [&] { write_text_file(path_, "id,income\n1,1000\n"); });
  EXPECT_EQ(
      error(ExitCode::bad_data, [&] { (void)open(); }),
      path_.string() + " is not an HDF5 file (no HDF5 signature): check the path, or restore the file from its source");
  write("proffer-scores");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)open(); }),
            path_.string() + " is a proffer-scores file (proffer-book was expected): name the right file");
  EXPECT_EQ(TableReader(path_).format(), "proffer-scores");
}

TEST_F(DamagedFiles, OnlyMinorVersionsMayDiffer) {
  write("proffer-book", "1.7");
  EXPECT_EQ(open().version(), "1.7");
  write("proffer-book", "2.0");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)open(); }),
            path_.string() + " has version 2.0 of proffer-book (this proffer reads version 1): use a newer proffer");
  for (const char* version : {"", "one", "1x"}) {
    write("proffer-book", version);
    EXPECT_THAT(error(ExitCode::bad_data, [&] { (void)open(); }), HasSubstr("is not of the form 1.0"));
  }
}

TEST_F(DamagedFiles, TruncationIsFoundAtOnce) {
  write();
  const auto bytes = std::filesystem::file_size(path_);
  parallel::barrier(world());
  for (const std::uint64_t left : {bytes - 1, bytes / 2, std::uint64_t{600}, std::uint64_t{40}}) {
    truncate(left);
    EXPECT_THAT(error(ExitCode::bad_data, [&] { (void)open(); }),
                testing::AllOf(StartsWith(path_.string() + " is truncated or damaged ("),
                               HasSubstr("): restore the file from its source")));
    parallel::barrier(world());
  }
  truncate(0);
  EXPECT_THAT(error(ExitCode::bad_data, [&] { (void)open(); }), HasSubstr("is not an HDF5 file"));
}

TEST_F(DamagedFiles, TypesAndShapesAreChecked) {
  write();
  const TableReader reader = open();
  const std::string path = path_.string();
  reader.require("/borrower/features", Type::f32, {{0, features}});
  EXPECT_EQ(error(ExitCode::bad_data,
                  [&] {
                    reader.require("/borrower/features", Type::f32, {{0, 4}});
                  }),
            path + ": /borrower/features is f32 [10000, 3] (f32 [any, 4] was expected): check what wrote the file");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.read_rows<double>("/borrower/features", 0, 1); }),
            path + ": /borrower/features is f32 (f64 was expected): check what wrote the file");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.read_rows<float>("/borrower/features", 9'999, 2); }),
            path +
                ": /borrower/features has 10000 rows (rows 9999–10000 were asked for): check that its datasets have "
                "the same number of rows");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.info("/outcome/default"); }),
            path + ": no dataset /outcome/default: check which file this is");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.texts("/borrower/features"); }),
            path + ": /borrower/features is f32 (text was expected): check what wrote the file");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.read_all<float>("/schema/name"); }),
            path + ": /schema/name is text (f32 was expected): check what wrote the file");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.integer_attribute("format"); }),
            path + ": attribute format is not an integer: check what wrote the file");
  EXPECT_EQ(error(ExitCode::bad_data, [&] { (void)reader.text_attribute("currency"); }),
            path + ": no attribute currency: check which file this is");
}

// Anywhere outside the tail of the last chunk a changed byte is either found or changes nothing that is read.
TEST_F(DamagedFiles, NoChangedByteIsReadAsIfItWereSound) {
  write();
  const std::string sound = parallel::broadcast(world(), read_text_file(path_));
  const auto expected = open().read_all<float>("/borrower/features");
  const std::filesystem::path mine = scratch_.path() / ("rank_" + std::to_string(world().rank()) + ".h5");
  std::size_t found = 0, silent = 0;
  for (std::size_t at = static_cast<std::size_t>(world().rank()); at < sound.size(); at += at < 6'000 ? 37 : 4'999) {
    std::string text = sound;
    text[at] = static_cast<char>(text[at] ^ 0x10);
    std::ofstream(mine, std::ios::binary) << text;
    try {
      const TableReader reader(mine, "proffer-book", 1);
      ASSERT_EQ(reader.read_all<float>("/borrower/features"), expected) << "byte " << at;
      ASSERT_EQ(reader.texts("/schema/name").size(), 3u) << "byte " << at;
      ++silent;
    } catch (const DataError&) {
      ++found;
    }
  }
  EXPECT_GT(found, 4 * silent / 5);
}

/// Lets files grow to so many bytes only, as a full disk would; the limit of this process while it lives.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(DamagedFiles, AFullDiskIsASystemFailure) {
  const std::vector<double> values(1 << 18, 1.0);
  {
    TableWriter writer(world(), path_);
    writer.dataset("/x", Type::f64, {{values.size()}});
    const SmallDisk disk(1 << 20);
    const std::string text = error(ExitCode::system_failure, [&] {
      parallel::together(world(), [&] {
        if (world().rank() == world().size() - 1) writer.write_rows("/x", 0, std::span<const double>(values));
      });
    });
    EXPECT_THAT(text, StartsWith(path_.string() + ".partial cannot be written (writing: "));
    EXPECT_THAT(text, HasSubstr(" MiB are free): check free space, quota and permissions"));
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
  const SmallDisk disk(1 << 10);
  EXPECT_THAT(error(ExitCode::system_failure, [&] { write_text_file(path_, std::string(1 << 12, 'x')); }),
              testing::AllOf(HasSubstr("cannot be written (File too large)")));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(DamagedFiles, AnImpossiblePlaceIsASystemFailure) {
  parallel::on_root(world(), [&] { write_text_file(scratch_.path() / "file", "x"); });
  const auto inside = scratch_.path() / "file" / "book.h5";
  EXPECT_THAT(error(ExitCode::system_failure, [&] { TableWriter(world(), inside); }),
              HasSubstr("book.h5.partial cannot be written (Not a directory"));
}

}  // namespace
}  // namespace proffer::storage
