// tampered forgeries RUNDIR CHOICE_RUNDIR FOLDER: every forgery of a finished list, and of a choice for a bare problem,
// is found, as what it is. Each changes one thing in a copy of the run and makes checksums, digests and hashes fit
// again. tampered problem FILE: writes the problem that the choice is for.
#include <cstdio>
#include <vector>

#include "forgeries.hpp"
#include "foundation/error.hpp"
#include "parallel/random.hpp"
#include "verify/verify.hpp"

namespace {

using namespace proffer;
using namespace forged;

/// What verify says of the run: kinds are looked up in it.
bool found(const Case& one, const fs::path& folder) {
  Log silent({.speaks = false});
  std::string said;
  try {
    const verify::Report report = verify::verify(parallel::self(), folder, {}, silent);
    if (report.findings.count(one.kind) > 0) return true;
    said = report.findings.empty() ? "all agrees" : report.findings.text();
  } catch (const Error& error) {
    said = "error " + std::to_string(static_cast<int>(error.code()));
    if (said == one.kind) return true;
    said += std::string(": ") + error.what();
  }
  std::fprintf(stderr, "FAILED: %s: no '%s' but\n%s\n", one.name.c_str(), one.kind.c_str(),
               said.substr(0, 2000).c_str());
  return false;
}

int try_all(const std::vector<Case>& cases, const fs::path& good, const fs::path& folder) {
  int failures = 0;
  for (const Case& one : cases) {
    Run run(good, folder / "forged");
    one.change(run);
    if (one.sealed) run.seal();
    failures += found(one, run.folder()) ? 0 : 1;
  }
  return failures;
}

/// Copied and sealed again, nothing changed: nothing may be found, whether all pairs are rescored or only some.
int try_unchanged(const fs::path& good, const fs::path& folder) {
  Run run(good, folder / "forged");
  run.seal();
  Log silent({.speaks = false});
  int failures = 0;
  for (const verify::Options& options : {verify::Options{}, verify::Options{.full = false, .pairs = 2000}}) {
    const verify::Report report = verify::verify(parallel::self(), run.folder(), options, silent);
    if (report.findings.empty()) continue;
    std::fprintf(stderr, "FAILED: the unchanged run: %s\n", report.findings.text().c_str());
    ++failures;
  }
  return failures;
}

/// Sixty rows, four offers, a limit of each sense; every seventh pair may not be chosen.
void write_problem(const fs::path& path) {
  constexpr std::uint64_t rows = 60, offers = 4;
  std::vector<double> value, use(3 * rows * offers);
  std::vector<std::uint64_t> id;
  std::vector<std::uint8_t> eligible;
  for (std::uint64_t i = 0; i < rows; ++i) {
    id.push_back(1000 + (i * 37) % rows);
    for (std::uint64_t j = 0; j < offers; ++j) {
      const std::uint64_t pair = i * offers + j;
      const auto between = [pair](const char* what, double low, double high) {
        return low + (high - low) * parallel::to_unit_interval(parallel::random_bits(7, pair, parallel::purpose(what)));
      };
      value.push_back(between("value", 1, 10));
      use[pair] = between("use", 1, 5);
      use[rows * offers + pair] = 1;
      use[2 * rows * offers + pair] = between("other use", 0, 2);
      eligible.push_back(pair % 7 == 3 ? 0 : 1);
    }
  }
  File file;
  file.attributes = {{"format", "proffer-allocation"}, {"format_version", "1.0"}};
  file.datasets["/id"] = table_edit::dataset(id, {rows});
  file.datasets["/value"] = table_edit::dataset(value, {rows, offers});
  file.datasets["/use"] = table_edit::dataset(use, {3, rows, offers});
  file.datasets["/eligible"] = table_edit::dataset(eligible, {rows, offers});
  file.datasets["/limit"] = table_edit::dataset<double>({60, 25, 12}, {3});
  file.datasets["/sense"] = table_edit::dataset<std::uint8_t>({0, 0, 1}, {3});
  table_edit::save(std::move(file), path);
}

int try_forgeries(const fs::path& list, const fs::path& choice, const fs::path& folder) {
  int failures = try_unchanged(list, folder) + try_unchanged(choice, folder);
  std::size_t count = 0;
  for (const auto& cases : {list_cases(), certificate_cases(), source_cases()}) {
    failures += try_all(cases, list, folder);
    count += cases.size();
  }
  const auto choices = choice_cases();
  failures += try_all(choices, choice, folder);
  std::printf("%zu forgeries tried\n", count + choices.size());
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "problem") {
    write_problem(words[1]);
    return 0;
  }
  if (words.size() == 3 && words[0] == "unchanged") return try_unchanged(words[1], words[2]);
  if (words.size() == 4 && words[0] == "forgeries") return try_forgeries(words[1], words[2], words[3]);
  std::fprintf(stderr,
               "usage: tampered problem FILE | tampered unchanged RUNDIR FOLDER | tampered forgeries RUNDIR "
               "CHOICE_RUNDIR FOLDER\n");
  return 2;
}
