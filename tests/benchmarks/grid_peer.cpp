// grid_peer [--pairs N] [--rows N] [--threads N] [--folder DIR]: the offer grid, encoding included, against XGBoost's
// in-place prediction of the expanded rows (C API), side by side: same trained model, same raw values, same threads.
// Prints pairs per second of processor time, their ratio, and how many margins differ in any bit. With --folder the
// model, the rows and the margins are left there for grid_peer.py, which asks Python's xgboost the same. Exit 1 where a
// margin differs.
#include <xgboost/c_api.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "benchmarks/grid_peer_data.hpp"
#include "offers/offer_grid.hpp"

namespace {

using namespace proffer;
using namespace proffer::bench;

struct Options {
  std::size_t pairs = 10'000'000;
  std::size_t training_rows = 200'000;
  int threads = 1;
  std::filesystem::path folder;
};

Options options_from(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--pairs") options.pairs = std::stoull(argv[i + 1]);
    if (key == "--rows") options.training_rows = std::stoull(argv[i + 1]);
    if (key == "--threads") options.threads = std::stoi(argv[i + 1]);
    if (key == "--folder") options.folder = argv[i + 1];
  }
  return options;
}

/// Processor time of all threads so far: other work on the machine does not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void checked(int result) {
  if (result == 0) return;
  std::fprintf(stderr, "XGBoost: %s\n", XGBGetLastError());
  std::exit(2);
}

/// The exported model in XGBoost, predicting blocks of dense rows in place.
class Peer {
 public:
  Peer(const std::string& json, int threads) {
    checked(XGBoosterCreate(nullptr, 0, &booster_));
    checked(XGBoosterLoadModelFromBuffer(booster_, json.data(), json.size()));
    checked(XGBoosterSetParam(booster_, "nthread", std::to_string(threads).c_str()));
  }
  ~Peer() { XGBoosterFree(booster_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Margins of rows × inputs values; adds the time of the call.
  void margins(const std::vector<float>& x, float* out, double& seconds) {
    const std::size_t rows = x.size() / inputs;
    const std::string array = R"({"data":[)" + std::to_string(std::bit_cast<std::uintptr_t>(x.data())) +
                              R"(,true],"shape":[)" + std::to_string(rows) + "," + std::to_string(inputs) +
                              R"(],"typestr":"<f4","version":3})";
    const char* config =
        R"({"type":1,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN,"cache_id":0})";
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* result = nullptr;
    const double start = processor_seconds();
    checked(XGBoosterPredictFromDense(booster_, array.c_str(), config, nullptr, &shape, &dimensions, &result));
    seconds += processor_seconds() - start;
    std::copy_n(result, rows, out);
  }

 private:
  BoosterHandle booster_ = nullptr;
};

void write(const std::filesystem::path& path, const void* data, std::size_t bytes) {
  std::ofstream(path, std::ios::binary).write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
}

struct Race {
  double ours = 0, theirs = 0;  // pairs per second of processor time
  std::size_t pairs = 0, different = 0;
};

Race race(const PlantedModel& model, Peer& peer, std::size_t offer_count, const Options& options) {
  const std::size_t rows = (options.pairs + offer_count - 1) / offer_count;
  std::vector<float> values = planted_rows(rows, 11);
  make_awkward(values, model.bins, 12);
  const std::vector<float> offers = planted_offers(offer_count);
  std::vector<std::uint8_t> offer_codes(offers.size());
  features::encode(part_of(model.bins, borrower_features, inputs), offers, offer_codes);
  const features::Encoder encoder(part_of(model.bins, 0, borrower_features));
  const offers::OfferGridScorer scorer(model.forest, borrower_features, offer_count, offer_codes);

  Race result;
  result.pairs = rows * offer_count;
  std::vector<float> ours(result.pairs);
  std::vector<std::uint8_t> codes(values.size());
  constexpr int repeats = 3;
  const double start = processor_seconds();
  for (int repeat = 0; repeat < repeats; ++repeat) {
    encoder.encode(values, codes);
    scorer.margins(codes, ours, options.threads);
  }
  const double our_seconds = (processor_seconds() - start) / repeats;
  constexpr std::size_t block = 4096;
  std::vector<float> expanded, theirs(block * offer_count);
  double their_seconds = 0;
  for (std::size_t first = 0; first < rows; first += block) {
    const std::size_t count = std::min(block, rows - first);
    expanded.resize(count * offer_count * inputs);
    for (std::size_t pair = 0; pair < count * offer_count; ++pair) {
      const float* row = values.data() + (first + pair / offer_count) * borrower_features;
      std::copy_n(row, borrower_features, expanded.data() + pair * inputs);
      std::copy_n(offers.data() + pair % offer_count * offer_terms, offer_terms,
                  expanded.data() + pair * inputs + borrower_features);
    }
    peer.margins(expanded, theirs.data(), their_seconds);
    for (std::size_t pair = 0; pair < count * offer_count; ++pair)
      if (std::bit_cast<std::uint32_t>(theirs[pair]) != std::bit_cast<std::uint32_t>(ours[first * offer_count + pair]))
        ++result.different;
  }
  result.ours = static_cast<double>(result.pairs) / our_seconds;
  result.theirs = static_cast<double>(result.pairs) / their_seconds;
  if (!options.folder.empty()) {
    const std::string name = std::to_string(offer_count);
    write(options.folder / ("rows" + name), values.data(), values.size() * sizeof(float));
    write(options.folder / ("offers" + name), offers.data(), offers.size() * sizeof(float));
    write(options.folder / ("margins" + name), ours.data(), ours.size() * sizeof(float));
    std::ofstream(options.folder / ("rate" + name)) << result.ours << "\n";
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  const Options options = options_from(argc, argv);
  const PlantedModel model = planted_model(session.world(), options.training_rows, 2);
  const std::string json = boosting::as_xgboost_json(model.forest, model.bins);
  if (!options.folder.empty()) {
    std::filesystem::create_directories(options.folder);
    write(options.folder / "model.json", json.data(), json.size());
  }
  Peer peer(json, options.threads);
  std::printf("%d thread(s), %zu trees of depth 6, %zu + %zu features\n", options.threads, model.forest.trees.size(),
              borrower_features, offer_terms);
  std::printf("%8s %12s %18s %18s %8s %10s\n", "offers", "pairs", "proffer pairs/s", "XGBoost pairs/s", "ratio",
              "different");
  bool same = true;
  for (const std::size_t offer_count : {std::size_t{24}, std::size_t{96}}) {
    const Race result = race(model, peer, offer_count, options);
    std::printf("%8zu %12zu %18.0f %18.0f %8.1f %10zu\n", offer_count, result.pairs, result.ours, result.theirs,
                result.ours / result.theirs, result.different);
    same = same && result.different == 0;
  }
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
