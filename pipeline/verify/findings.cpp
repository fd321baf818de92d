#include "verify/findings.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "foundation/text.hpp"
#include "parallel/collectives.hpp"

namespace proffer::verify {

void Findings::add(std::string_view kind, std::string where, std::string found, std::string recomputed) {
  Kind& entry = kinds_[std::string(kind)];
  ++entry.count;
  if (entry.first.size() < shown) entry.first.push_back({std::move(where), std::move(found), std::move(recomputed)});
}

void Findings::merge(const parallel::Communicator& comm) {
  nlohmann::json mine = nlohmann::json::object();
  for (const auto& [name, kind] : kinds_) {
    mine[name]["count"] = kind.count;
    for (const Finding& finding : kind.first)
      mine[name]["first"].push_back({finding.where, finding.found, finding.recomputed});
  }
  const std::string text = mine.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  const std::vector<char> all = parallel::all_gather(comm, std::span<const char>(text.data(), text.size()));
  kinds_.clear();
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::find(begin, all.end(), '\n');
    const nlohmann::json of_rank = nlohmann::json::parse(begin, end);
    for (const auto& [name, entry] : of_rank.items()) {
      Kind& kind = kinds_[name];
      kind.count += entry["count"].get<std::uint64_t>();
      for (const auto& finding : entry["first"])
        if (kind.first.size() < shown) kind.first.push_back({finding[0], finding[1], finding[2]});
    }
    begin = end + 1;
  }
}

std::uint64_t Findings::total() const {
  std::uint64_t total = 0;
  for (const auto& [name, kind] : kinds_) total += kind.count;
  return total;
}

std::uint64_t Findings::count(std::string_view kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? 0 : found->second.count;
}

std::string Findings::text() const {
  std::string text;
  for (const auto& [name, kind] : kinds_) {
    for (const Finding& finding : kind.first)
      text += fmt::format("{}: {}: found {}, recomputed {}\n", name, finding.where, finding.found, finding.recomputed);
    if (kind.count > kind.first.size())
      text += fmt::format("{}: … and {} more\n", name,
                          with_thousands(static_cast<long long>(kind.count - kind.first.size())));
  }
  return text;
}

std::string shown(double value) {
  return shortest(value);
}
std::string shown(float value) {
  return shortest(value);
}
std::string borrower(std::uint64_t id) {
  return fmt::format("borrower {}", id);
}

}  // namespace proffer::verify
