#include "combine/offer_list.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::combine {
namespace {

using storage::Type;

/// The columns of the list for this rank's rows.
struct Columns {
  std::vector<std::uint8_t> code, product, channel;
  std::vector<std::int32_t> offer;
  std::vector<double> limit, value;
  std::vector<float> apr, p_take, p_default, p_fraud;
  std::vector<std::uint16_t> term, reasons;
};

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

void add_offer(Columns& columns, const offers::ScoreCatalog& catalog, const offers::ScoreRows& scores, std::size_t i,
               std::int32_t offer) {
  const bool offered = offer >= 0;
  const auto j = static_cast<std::size_t>(offered ? offer : 0);
  const std::size_t pair = i * catalog.size() + j;
  columns.offer.push_back(offer);
  columns.product.push_back(offered ? catalog.product[j] : std::uint8_t{255});
  columns.channel.push_back(offered ? catalog.channel[j] : std::uint8_t{255});
  columns.limit.push_back(offered ? catalog.limit[j] : 0.0);
  columns.apr.push_back(offered ? static_cast<float>(catalog.apr[j]) : missing);
  columns.term.push_back(offered ? catalog.term[j] : std::uint16_t{0});
  columns.p_take.push_back(offered ? scores.p_take[pair] : missing);
  columns.p_default.push_back(offered ? scores.p_default[pair] : missing);
  columns.p_fraud.push_back(scores.p_fraud[i]);
  columns.value.push_back(offered ? static_cast<double>(scores.value[pair]) : 0.0);
}

Columns make_columns(const offers::ScoreSchema& schema, const offers::ScoreRows& scores,
                     const allocation::Solution& solution, DecisionCounts& counts) {
  Columns columns;
  const std::size_t m = schema.catalog.size();
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    const Decided decided = decide(solution.choice[i], std::span(scores.reason).subspan(i * m, m), schema.reason_class);
    ++counts[static_cast<std::size_t>(decided.decision)];
    columns.code.push_back(static_cast<std::uint8_t>(decided.decision));
    columns.reasons.insert(columns.reasons.end(), decided.reasons.begin(), decided.reasons.end());
    add_offer(columns, schema.catalog, scores, i, solution.choice[i]);
  }
  return columns;
}

storage::Published write_table(const parallel::Communicator& comm, const std::filesystem::path& path,
                               const offers::ScoreSchema& schema, const offers::ScoreRows& scores,
                               std::uint64_t total_rows, const allocation::Solution& solution, const Columns& columns) {
  storage::TableWriter table(comm, path);
  table.attribute("format", "proffer-offers");
  table.attribute("format_version", "1.0");
  table.attribute("currency", schema.currency);
  offers::write_catalog(table, schema.catalog);
  table.small("/schema/reasons", schema.reasons);
  std::vector<std::string> codes;
  for (std::size_t d = 0; d < decision_count; ++d) codes.emplace_back(name_of(static_cast<Decision>(d)));
  table.small("/schema/decisions", codes);
  const auto column = [&](const char* name, Type type) { table.dataset(name, type, {{total_rows}}); };
  column("/borrower/id", Type::u64);
  column("/decision/code", Type::u8);
  column("/decision/offer", Type::i32);
  column("/decision/product", Type::u8);
  column("/decision/limit", Type::f64);
  column("/decision/apr", Type::f32);
  column("/decision/term", Type::u16);
  column("/decision/channel", Type::u8);
  column("/decision/p_take", Type::f32);
  column("/decision/p_default", Type::f32);
  column("/decision/p_fraud", Type::f32);
  column("/decision/value", Type::f64);
  table.dataset("/decision/reasons", Type::u16, {{total_rows, 4}});
  column("/decision/reduced_value", Type::f64);
  column("/decision/runner_up", Type::i32);
  column("/decision/runner_up_reduced_value", Type::f64);
  parallel::together(comm, [&] {
    if (scores.rows() == 0) return;
    const std::uint64_t first = scores.first_row;
    table.write_rows<std::uint64_t>("/borrower/id", first, scores.id);
    table.write_rows<std::uint8_t>("/decision/code", first, columns.code);
    table.write_rows<std::int32_t>("/decision/offer", first, columns.offer);
    table.write_rows<std::uint8_t>("/decision/product", first, columns.product);
    table.write_rows<double>("/decision/limit", first, columns.limit);
    table.write_rows<float>("/decision/apr", first, columns.apr);
    table.write_rows<std::uint16_t>("/decision/term", first, columns.term);
    table.write_rows<std::uint8_t>("/decision/channel", first, columns.channel);
    table.write_rows<float>("/decision/p_take", first, columns.p_take);
    table.write_rows<float>("/decision/p_default", first, columns.p_default);
    table.write_rows<float>("/decision/p_fraud", first, columns.p_fraud);
    table.write_rows<double>("/decision/value", first, columns.value);
    table.write_rows<std::uint16_t>("/decision/reasons", first, columns.reasons);
    table.write_rows<double>("/decision/reduced_value", first, solution.reduced_value);
    table.write_rows<std::int32_t>("/decision/runner_up", first, solution.runner_up);
    table.write_rows<double>("/decision/runner_up_reduced_value", first, solution.runner_up_reduced);
  });
  return table.publish();
}

std::string quoted(const std::string& label) {
  if (label.find_first_of(",\"\n") == std::string::npos) return label;
  std::string text = "\"";
  for (char c : label) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::string csv_lines(const offers::ScoreSchema& schema, const offers::ScoreRows& scores,
                      const allocation::Solution& solution, const Columns& columns) {
  const offers::ScoreCatalog& catalog = schema.catalog;
  fmt::memory_buffer lines;
  for (std::size_t i = 0; i < scores.rows(); ++i) {
    if (columns.offer[i] < 0) continue;
    const auto j = static_cast<std::size_t>(columns.offer[i]);
    fmt::format_to(std::back_inserter(lines), "{},offered,{},{},{},{},{},{},{},{},{},{},{}\n", scores.id[i],
                   quoted(catalog.name[j]), quoted(catalog.products[catalog.product[j]]), shortest(columns.limit[i]),
                   shortest(columns.apr[i]), columns.term[i], quoted(catalog.channels[catalog.channel[j]]),
                   shortest(columns.p_take[i]), shortest(columns.p_default[i]), shortest(columns.p_fraud[i]),
                   shortest(static_cast<float>(columns.value[i])), shortest(solution.reduced_value[i]));
  }
  return fmt::to_string(lines);
}

/// Every rank writes its lines behind those of the ranks before it.
storage::Published write_csv(const parallel::Communicator& comm, const std::filesystem::path& path,
                             const std::string& lines) {
  const std::filesystem::path temporary = path.string() + ".partial";
  const std::string header =
      "id,decision,offer,product,limit,apr,term,channel,p_take,p_default,p_fraud,value,reduced_value\n";
  const std::string mine = comm.is_root() ? header + lines : lines;
  const std::uint64_t offset = parallel::sum_before(comm, mine.size());
  parallel::on_root(comm, [&] { storage::write_text_file(temporary, ""); });
  parallel::together(comm, [&] {
    std::fstream file(temporary, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(mine.data(), static_cast<std::streamsize>(mine.size()));
    file.close();
    if (!file)
      throw SystemError(
          {fmt::format("{} cannot be written", path.string()), std::strerror(errno), "check space and rights"});
  });
  return storage::publish_file(comm, temporary, path);
}

}  // namespace

ListFiles write_list(const parallel::Communicator& comm, const std::filesystem::path& folder,
                     const offers::ScoreSchema& schema, const offers::ScoreRows& scores, std::uint64_t total_rows,
                     const allocation::Solution& solution) {
  ListFiles files;
  const Columns columns = make_columns(schema, scores, solution, files.decisions);
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(files.decisions));
  files.table = write_table(comm, folder / "offers.h5", schema, scores, total_rows, solution, columns);
  files.csv = write_csv(comm, folder / "offers.csv", csv_lines(schema, scores, solution, columns));
  return files;
}

}  // namespace proffer::combine
