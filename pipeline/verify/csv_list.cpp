#include "verify/csv_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"

namespace proffer::verify {
namespace {

constexpr std::string_view heading =
    "id,decision,offer,product,limit,apr,term,channel,p_take,p_default,p_fraud,value,reduced_value\n";

std::string cell(const std::string& label) {
  if (label.find_first_of(",\"\n") == std::string::npos) return label;
  std::string text = "\"";
  for (const char c : label) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

/// Where the line begins that holds a place of a text.
std::size_t line_begin(const std::string& text, std::size_t place) {
  const std::size_t before = place == 0 ? std::string::npos : text.rfind('\n', place - 1);
  return before == std::string::npos ? 0 : before + 1;
}

std::string line_of_file(const std::filesystem::path& path, std::uint64_t begin) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(begin));
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

std::string csv_lines(const ListRows& list, const Catalog& catalog) {
  std::string lines;
  for (std::size_t r = 0; r < list.id.size(); ++r) {
    if (list.offer[r] < 0 || static_cast<std::size_t>(list.offer[r]) >= catalog.offers.size()) continue;
    const Offer& offer = catalog.offers[static_cast<std::size_t>(list.offer[r])];
    lines += fmt::format("{},offered,{},{},{},{},{},{},{},{},{},{},{}\n", list.id[r], cell(catalog.name_of(offer)),
                         cell(catalog.product_of(offer).name), shortest(list.limit[r]), shortest(list.apr[r]),
                         list.term[r], cell(catalog.channels[offer.channel]), shortest(list.p_take[r]),
                         shortest(list.p_default[r]), shortest(list.p_fraud[r]),
                         shortest(static_cast<float>(list.value[r])), shortest(list.reduced_value[r]));
  }
  return lines;
}

void check_csv(const parallel::Communicator& comm, const std::filesystem::path& path, const std::string& lines,
               Findings& findings) {
  const std::string mine = comm.is_root() ? std::string(heading) + lines : lines;
  const std::uint64_t offset = parallel::sum_before(comm, mine.size());
  const std::uint64_t total = parallel::sum_over_ranks(comm, std::uint64_t{mine.size()});
  std::optional<std::uint64_t> first_difference;
  std::string there;
  parallel::together(comm, [&] {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw DataError({path.string() + " cannot be read", "", "restore it"});
    there.resize(mine.size());
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(there.data(), static_cast<std::streamsize>(there.size()));
    there.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    const auto at = std::mismatch(mine.begin(), mine.end(), there.begin(), there.end());
    if (at.first != mine.end()) first_difference = offset + static_cast<std::uint64_t>(at.first - mine.begin());
  });
  // Only the first difference of all means something: what comes after may just be shifted.
  constexpr std::uint64_t none = ~std::uint64_t{0};
  std::uint64_t first = first_difference.value_or(none);
  parallel::all_reduce_min(comm, std::span(&first, 1));
  if (first == none && comm.is_root() && std::filesystem::file_size(path) != total)
    findings.add("offers.csv", path.string(), fmt::format("{} bytes", std::filesystem::file_size(path)),
                 fmt::format("{} bytes", total));
  if (first == none || first_difference != first) return;
  const std::size_t begin = line_begin(mine, first - offset);
  findings.add("offers.csv", fmt::format("byte {}", first), "'" + line_of_file(path, offset + begin) + "'",
               "'" + mine.substr(begin, mine.find('\n', begin) - begin) + "'");
}

}  // namespace proffer::verify
