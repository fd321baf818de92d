// Against Python's xgboost, which is used nowhere else. Skipped where it is not installed.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "boosting/planted.hpp"
#include "boosting/trainer.hpp"
#include "support/world.hpp"

namespace proffer::boosting {
namespace {

const std::string python = "/usr/bin/python3";

template <class T>
void write(const std::filesystem::path& file, const std::vector<T>& values) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}

/// What oracle.py prints; fails where it does.
std::string ask(const std::string& arguments) {
  const std::string command = python + " " PROFFER_SOURCE_DIR "/tests/boosting/oracle.py " + arguments + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string said;
  std::array<char, 256> line;
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) said += line.data();
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << said;
  return said;
}

class Oracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::world().size() > 1) GTEST_SKIP() << "asked at one rank only";
    if (std::system((python + " -c 'import xgboost' 2> /dev/null").c_str()) != 0)
      GTEST_SKIP() << "no xgboost for " << python;
    std::string name = (std::filesystem::temp_directory_path() / "proffer-oracle-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  Trained fit(std::uint64_t rows, std::uint64_t judged, TrainOptions options) {
    const CommunicatorSession session(parallel::self(), {});
    bins_ = test::planted_bins(true);
    test::Rows here = test::planted_rows(0, rows, true);
    test::Rows held = test::planted_rows(rows, rows + judged, true);
    test::encode(here, bins_);
    test::encode(held, bins_);
    const auto objective = logistic(here.labels);
    const auto judge = logistic(held.labels);
    const TrainingData data(session, here.codes, test::bin_counts(bins_), here.units, 1);
    return train(data, {*objective}, options, HeldOut{*judge, held.codes});
  }

  std::filesystem::path folder_;
  features::BinTable bins_;
};

TEST_F(Oracle, PredictsTheSameMarginsFromTheExportedModel) {
  const Trained trained = fit(20'000, 1000, {.rounds = 60, .max_depth = 6, .eta = 0.3});
  test::Rows rows = test::planted_rows(50'000, 150'000, true);
  for (std::size_t i = 0; i < rows.values.size(); i += 7)  // values on cuts, and far outside
    rows.values[i] = i % 2 == 0 ? bins_.cuts[i % 6][i % bins_.cuts[i % 6].size()] : (i % 3 == 0 ? 1e30F : -1e30F);
  test::encode(rows, bins_);
  std::vector<float> expected(rows.labels.size());
  margins(trained.forest, rows.codes, expected);
  std::ofstream(folder_ / "model.json") << as_xgboost_json(trained.forest, bins_);
  write(folder_ / "values", rows.values);
  write(folder_ / "margins", expected);
  const std::string at = folder_.string();
  ask("margins " + at + "/model.json " + at + "/values 6 " + at + "/margins");
}

TEST_F(Oracle, FitsAsWellAsXgboostAlone) {
  constexpr std::uint64_t rows = 20'000, judged = 20'000;
  const Trained trained = fit(rows, judged, {.rounds = 40, .max_depth = 4, .eta = 0.2, .base_margin = 0.0});
  const test::Rows all = test::planted_rows(0, rows + judged, true);
  write(folder_ / "values", all.values);
  write(folder_ / "labels", all.labels);
  const std::string at = folder_.string();
  const double theirs = std::stod(ask("quality " + at + "/values " + at + "/labels 6 " + std::to_string(rows)));
  RecordProperty("ours", std::to_string(trained.held_out_loss.back()));
  RecordProperty("theirs", std::to_string(theirs));
  EXPECT_NEAR(trained.held_out_loss.back(), theirs, 0.003);
}

}  // namespace
}  // namespace proffer::boosting
