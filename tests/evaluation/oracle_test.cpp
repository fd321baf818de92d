// Agreement with scikit-learn, scipy and numpy to 1e-9 (oracle.py), where a Python that has them is installed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "evaluation/binary_metrics.hpp"
#include "evaluation/samples.hpp"
#include "evaluation/uplift.hpp"

namespace proffer::evaluation {
namespace {

using parallel::self;

constexpr const char* python = "/usr/bin/python3";

std::map<std::string, double> ask(const test::Sample& data) {
  const auto file = std::filesystem::temp_directory_path() / ("proffer_oracle_" + std::to_string(getpid()) + ".csv");
  {
    std::ofstream out(file);
    out.precision(17);
    for (std::size_t i = 0; i < data.scores.size(); ++i)
      out << data.scores[i] << ',' << int{data.labels[i]} << ',' << data.weights[i] << ',' << int{data.treated[i]}
          << '\n';
  }
  const std::string command =
      std::string(python) + " " PROFFER_SOURCE_DIR "/tests/evaluation/oracle.py " + file.string();
  std::string text;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) text += static_cast<char>(c);
  std::filesystem::remove(file);
  std::map<std::string, double> answers;
  std::istringstream lines(text);
  std::string value;
  for (std::string name; lines >> name >> value;) answers[name] = std::stod(value);
  return answers;
}

class Oracle : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    if (!std::getenv("PROFFER_ORACLE")) GTEST_SKIP() << "runs as its own test, evaluation/oracle";
    if (std::system((std::string(python) + " -c 'import sklearn, scipy' 2>/dev/null").c_str()) != 0)
      GTEST_SKIP() << python << " has no scikit-learn";
  }
};

TEST_P(Oracle, AgreesTo1em9) {
  const test::Sample data = test::sample(5000, GetParam(), 51);
  std::map<std::string, double> expected = ask(data);
  ASSERT_EQ(expected.size(), 15U);
  const auto near = [&](const std::string& name, std::optional<double> value) {
    ASSERT_TRUE(value) << name;
    if (std::isinf(expected.at(name))) {
      EXPECT_EQ(*value, expected.at(name)) << name;
      return;
    }
    EXPECT_NEAR(*value, expected.at(name), 1e-9 * std::max(1.0, std::abs(expected.at(name)))) << name;
  };
  for (const bool weighted : {false, true}) {
    const std::string suffix = weighted ? "_weighted" : "";
    const BinaryMetrics metrics =
        binary_metrics(self(), data.scores, data.labels, weighted ? data.weights : std::vector<double>());
    near("auc" + suffix, metrics.auc);
    near("ks" + suffix, metrics.ks);
    near("average_precision" + suffix, metrics.pr_auc);
    near("log_loss" + suffix, metrics.log_loss);
    near("brier" + suffix, metrics.brier);
  }
  const auto bins = calibration_by_width(binary_ranking(self(), data.scores, data.labels), 10);
  near("ece_by_width", expected_calibration_error(bins));
  const auto test = hosmer_lemeshow(bins, HosmerLemeshowSample::held_out);
  near("hosmer_lemeshow", test->statistic);
  near("hosmer_lemeshow_p", test->p_value);
  near("auuc", qini(self(), data.scores, data.treated, data.labels)->auuc);
  near("qini_area", qini(self(), data.scores, data.treated, data.labels)->area);
}

// Ties: none, some, heavy (33 and 7 have no multiple on a bin edge, where rounding would decide).
INSTANTIATE_TEST_SUITE_P(Ties, Oracle, ::testing::Values(0, 333, 7));

}  // namespace
}  // namespace proffer::evaluation
