// The information value table: per feature and per bin, as CSV and JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "features/woe_binning.hpp"

namespace proffer::features {

/// part / whole, 0 of nothing. Pure.
[[nodiscard]] double share(std::uint64_t part, std::uint64_t whole);

/// What tables say of a bin: "kind", "label", "from", "to", "rows", "events", "event_rate", "woe". `from` and `to` are
/// null where open or not an interval. Pure.
[[nodiscard]] nlohmann::json bin_json(const WoeBin& bin);

/// Lines feature,bin,kind,label,rows,share,events,event_rate,woe,iv; features by falling IV (ties in the order given),
/// and after the bins of each a line with bin `total`. Independent; the same bytes for the same bins.
[[nodiscard]] std::string iv_csv(std::span<const WoeFeature> features);

/// [{"feature", "iv", "trend", "feasible", "categorical", "bins": [{as bin_json, "iv"}]}], in the same
/// order.
[[nodiscard]] nlohmann::json iv_json(std::span<const WoeFeature> features);

}  // namespace proffer::features
