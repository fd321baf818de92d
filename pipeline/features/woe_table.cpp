#include "features/woe_table.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "foundation/text.hpp"

namespace proffer::features {
namespace {

std::vector<const WoeFeature*> by_falling_iv(std::span<const WoeFeature> features) {
  std::vector<const WoeFeature*> sorted;
  for (const WoeFeature& feature : features) sorted.push_back(&feature);
  std::ranges::stable_sort(sorted, std::ranges::greater{}, [](const WoeFeature* feature) { return feature->iv; });
  return sorted;
}

EventCount total_of(const WoeFeature& feature) {
  EventCount total;
  for (const WoeBin& bin : feature.bins) total += bin.count;
  return total;
}

std::string line(const std::string& feature, const std::string& bin, std::string_view kind, const std::string& label,
                 const EventCount& count, std::uint64_t rows, double woe, double iv) {
  std::string text = csv_cell(feature) + "," + bin + "," + std::string(kind) + "," + csv_cell(label);
  text += "," + std::to_string(count.rows) + "," + shortest(share(count.rows, rows));
  text += "," + std::to_string(count.events) + "," + shortest(share(count.events, count.rows));
  return text + "," + shortest(woe) + "," + shortest(iv) + "\n";
}

nlohmann::json finite_or_null(float value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

}  // namespace

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

nlohmann::json bin_json(const WoeBin& bin) {
  return {{"kind", std::string(name_of(bin.kind))},
          {"label", bin.label},
          {"from", finite_or_null(bin.from)},
          {"to", finite_or_null(bin.to)},
          {"rows", bin.count.rows},
          {"events", bin.count.events},
          {"event_rate", share(bin.count.events, bin.count.rows)},
          {"woe", bin.woe}};
}

std::string iv_csv(std::span<const WoeFeature> features) {
  std::string text = "feature,bin,kind,label,rows,share,events,event_rate,woe,iv\n";
  for (const WoeFeature* feature : by_falling_iv(features)) {
    const EventCount total = total_of(*feature);
    for (std::size_t b = 0; b < feature->bins.size(); ++b) {
      const WoeBin& bin = feature->bins[b];
      text += line(feature->name, std::to_string(b + 1), name_of(bin.kind), bin.label, bin.count, total.rows, bin.woe,
                   bin.iv);
    }
    text += line(feature->name, "total", "total", "", total, total.rows, 0, feature->iv);
  }
  return text;
}

nlohmann::json iv_json(std::span<const WoeFeature> features) {
  nlohmann::json json = nlohmann::json::array();
  for (const WoeFeature* feature : by_falling_iv(features)) {
    nlohmann::json bins = nlohmann::json::array();
    for (const WoeBin& bin : feature->bins) {
      bins.push_back(bin_json(bin));
      bins.back()["iv"] = bin.iv;
    }
    json.push_back({{"feature", feature->name},
                    {"iv", feature->iv},
                    {"trend", std::string(name_of(feature->trend))},
                    {"feasible", feature->feasible},
                    {"categorical", feature->categorical},
                    {"bins", std::move(bins)}});
  }
  return json;
}

}  // namespace proffer::features
