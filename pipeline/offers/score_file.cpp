#include "offers/score_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>

#include "foundation/error.hpp"
#include "offers/capital.hpp"

namespace proffer::offers {
namespace {

using storage::Shape;
using storage::TableReader;
using storage::TableWriter;
using storage::Type;

template <class T>
void column(TableWriter& table, std::string_view path, const std::vector<T>& values) {
  table.small(path, std::span<const T>(values), Shape{{values.size()}});
}

constexpr std::uint8_t no_code = 255;

/// Codes from 0 to `codes` - 1 and, where there may be none, 255. `first_row`: of the first code, for the message.
void check_codes(const TableReader& table, std::string_view path, std::span<const std::uint8_t> codes,
                 std::size_t known, bool may_be_none, std::uint64_t first_row = 0) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < known || (may_be_none && codes[i] == no_code)) continue;
    throw DataError({fmt::format("{}: {}:{} is {}", table.path().string(), path, first_row + i, codes[i]),
                     known == 0 ? "no code is known" : fmt::format("codes are 0 to {}", known - 1),
                     "check what wrote the file"});
  }
}

/// A column of this length.
template <class T>
std::vector<T> column_of(const TableReader& table, std::string_view path, std::uint64_t length) {
  table.require(path, storage::type_of<T>(), {{length}});
  return table.read_all<T>(path);
}

std::vector<std::uint8_t> as_codes(const std::vector<ReasonClass>& classes) {
  std::vector<std::uint8_t> codes;
  for (ReasonClass c : classes) codes.push_back(static_cast<std::uint8_t>(c));
  return codes;
}

void write_schema(TableWriter& table, const ScoreSchema& schema) {
  table.attribute("format", "proffer-scores");
  table.attribute("format_version", "1.1");
  table.attribute("currency", schema.currency);
  table.attribute("default_months", static_cast<std::int64_t>(schema.horizon_months));
  write_catalog(table, schema.catalog);
  table.small("/schema/reasons", schema.reasons);
  column(table, "/schema/reason_class", as_codes(schema.reason_class));
  table.small("/schema/segments", schema.segments);
  table.small("/assumptions/text", schema.assumptions);
  if (!schema.groups.empty()) {
    table.small("/schema/groups", schema.groups);
    column(table, "/schema/group_rows", schema.group_rows);
  }
  if (!schema.opening.empty()) column(table, "/schema/opening", schema.opening);
}

}  // namespace

void ScoreRows::resize(std::size_t rows, std::size_t offers) {
  id.resize(rows);
  unit.resize(rows);
  p_take.resize(rows * offers);
  p_default.resize(rows * offers);
  value.resize(rows * offers);
  reason.resize(rows * offers);
  p_fraud.resize(rows);
  segment.resize(rows);
  group.resize(rows);
}

void write_catalog(TableWriter& table, const ScoreCatalog& catalog) {
  table.small("/catalog/products", catalog.products);
  table.small("/catalog/channels", catalog.channels);
  table.small("/catalog/name", catalog.name);
  column(table, "/catalog/product", catalog.product);
  column(table, "/catalog/channel", catalog.channel);
  column(table, "/catalog/limit", catalog.limit);
  column(table, "/catalog/exposure", catalog.exposure);
  column(table, "/catalog/lgd", catalog.lgd);
  column(table, "/catalog/fraud_loss", catalog.fraud_loss);
  column(table, "/catalog/contact_cost", catalog.contact_cost);
  column(table, "/catalog/apr", catalog.apr);
  column(table, "/catalog/effective_apr", catalog.effective_apr);
  column(table, "/catalog/term", catalog.term);
  column(table, "/catalog/asset_class", catalog.asset_class);
  column(table, "/catalog/capital_lgd", catalog.capital_lgd);
  column(table, "/catalog/capital_pd_floor", catalog.capital_pd_floor);
  if (!catalog.asked_apr.empty()) column(table, "/catalog/asked_apr", catalog.asked_apr);
  if (catalog.funders.empty()) return;
  table.small("/catalog/funders", catalog.funders);
  column(table, "/catalog/funder", catalog.funder);
}

ScoreCatalog read_catalog_table(const TableReader& table) {
  ScoreCatalog catalog;
  catalog.products = table.texts("/catalog/products");
  catalog.channels = table.texts("/catalog/channels");
  catalog.name = table.texts("/catalog/name");
  const std::uint64_t offers = catalog.name.size();
  catalog.product = column_of<std::uint8_t>(table, "/catalog/product", offers);
  catalog.channel = column_of<std::uint8_t>(table, "/catalog/channel", offers);
  check_codes(table, "/catalog/product", catalog.product, catalog.products.size(), false);
  check_codes(table, "/catalog/channel", catalog.channel, catalog.channels.size(), false);
  catalog.limit = column_of<double>(table, "/catalog/limit", offers);
  catalog.exposure = column_of<double>(table, "/catalog/exposure", offers);
  catalog.lgd = column_of<double>(table, "/catalog/lgd", offers);
  catalog.fraud_loss = column_of<double>(table, "/catalog/fraud_loss", offers);
  catalog.contact_cost = column_of<double>(table, "/catalog/contact_cost", offers);
  catalog.apr = column_of<double>(table, "/catalog/apr", offers);
  catalog.effective_apr = column_of<double>(table, "/catalog/effective_apr", offers);
  catalog.term = column_of<std::uint16_t>(table, "/catalog/term", offers);
  catalog.asset_class.assign(offers, 0);
  catalog.capital_lgd.assign(offers, 0.0);
  catalog.capital_pd_floor.assign(offers, 0.0);
  if (table.has("/catalog/asset_class")) {  // since 1.1
    catalog.asset_class = column_of<std::uint8_t>(table, "/catalog/asset_class", offers);
    constexpr auto last = static_cast<std::size_t>(AssetClass::qualifying_revolving);
    check_codes(table, "/catalog/asset_class", catalog.asset_class, last + 1, false);
    catalog.capital_lgd = column_of<double>(table, "/catalog/capital_lgd", offers);
    catalog.capital_pd_floor = column_of<double>(table, "/catalog/capital_pd_floor", offers);
  }
  if (table.has("/catalog/asked_apr")) catalog.asked_apr = column_of<double>(table, "/catalog/asked_apr", offers);
  catalog.funder.assign(offers, no_code);
  if (table.has("/catalog/funders")) {
    catalog.funders = table.texts("/catalog/funders");
    catalog.funder = column_of<std::uint8_t>(table, "/catalog/funder", offers);
    check_codes(table, "/catalog/funder", catalog.funder, catalog.funders.size(), true);
  }
  return catalog;
}

ScoreWriter::ScoreWriter(const parallel::Communicator& comm, const std::filesystem::path& path,
                         const ScoreSchema& schema, std::uint64_t rows, std::uint64_t second_rows)
    : table_(comm, path), with_groups_(!schema.groups.empty()) {
  write_schema(table_, schema);
  const std::uint64_t offers = schema.catalog.size();
  table_.dataset("/borrower/id", Type::u64, {{rows}});
  table_.dataset("/borrower/unit", Type::u64, {{rows}});
  table_.dataset("/score/p_take", Type::f32, {{rows, offers}});
  table_.dataset("/score/p_default", Type::f32, {{rows, offers}});
  table_.dataset("/score/value", Type::f32, {{rows, offers}});
  table_.dataset("/score/reason", Type::u32, {{rows, offers}});
  table_.dataset("/score/p_fraud", Type::f32, {{rows}});
  table_.dataset("/score/segment", Type::u8, {{rows}});
  if (with_groups_) table_.dataset("/score/group", Type::u8, {{rows}});
  if (second_rows == 0) return;
  table_.dataset("/second/id", Type::u64, {{second_rows}});
  table_.dataset("/second/value", Type::f32, {{second_rows, offers}});
}

void ScoreWriter::write(const ScoreRows& rows) {
  if (rows.rows() == 0) return;
  const std::uint64_t first = rows.first_row;
  table_.write_rows<std::uint64_t>("/borrower/id", first, rows.id);
  table_.write_rows<std::uint64_t>("/borrower/unit", first, rows.unit);
  table_.write_rows<float>("/score/p_take", first, rows.p_take);
  table_.write_rows<float>("/score/p_default", first, rows.p_default);
  table_.write_rows<float>("/score/value", first, rows.value);
  table_.write_rows<std::uint32_t>("/score/reason", first, rows.reason);
  table_.write_rows<float>("/score/p_fraud", first, rows.p_fraud);
  table_.write_rows<std::uint8_t>("/score/segment", first, rows.segment);
  if (with_groups_) table_.write_rows<std::uint8_t>("/score/group", first, rows.group);
}

void ScoreWriter::write_second(std::uint64_t first_row, const SecondValues& values) {
  if (values.id.empty()) return;
  table_.write_rows<std::uint64_t>("/second/id", first_row, values.id);
  table_.write_rows<float>("/second/value", first_row, values.value);
}

storage::Published ScoreWriter::publish() {
  return table_.publish();
}

ScoreReader::ScoreReader(const std::filesystem::path& path) : table_(path, "proffer-scores", 1) {
  schema_.catalog = read_catalog_table(table_);
  schema_.reasons = table_.texts("/schema/reasons");
  const auto classes = column_of<std::uint8_t>(table_, "/schema/reason_class", schema_.reasons.size());
  constexpr auto last_class = static_cast<std::size_t>(ReasonClass::suppressed);
  check_codes(table_, "/schema/reason_class", classes, last_class + 1, false);
  for (std::uint8_t code : classes) schema_.reason_class.push_back(static_cast<ReasonClass>(code));
  schema_.segments = table_.texts("/schema/segments");
  schema_.assumptions = table_.texts("/assumptions/text");
  schema_.currency = table_.text_attribute("currency");
  schema_.horizon_months = static_cast<int>(table_.integer_attribute("default_months"));
  if (table_.has("/schema/groups")) {
    schema_.groups = table_.texts("/schema/groups");
    schema_.group_rows = column_of<std::uint64_t>(table_, "/schema/group_rows", schema_.groups.size());
  }
  if (table_.has("/schema/opening"))
    schema_.opening = column_of<double>(table_, "/schema/opening", schema_.segments.size() + 1);
  rows_ = table_.info("/borrower/id").shape.rows();
  const std::uint64_t offers = schema_.catalog.size();
  for (const char* path_of_pair : {"/score/p_take", "/score/p_default", "/score/value"})
    table_.require(path_of_pair, Type::f32, {{rows_, offers}});
  table_.require("/score/reason", Type::u32, {{rows_, offers}});
  table_.require("/score/p_fraud", Type::f32, {{rows_}});
  table_.require("/score/segment", Type::u8, {{rows_}});
  if (!schema_.groups.empty()) table_.require("/score/group", Type::u8, {{rows_}});
}

ScoreRows ScoreReader::read(std::uint64_t first, std::uint64_t count) const {
  ScoreRows rows;
  rows.first_row = first;
  rows.id = table_.read_rows<std::uint64_t>("/borrower/id", first, count);
  rows.unit = table_.read_rows<std::uint64_t>("/borrower/unit", first, count);
  rows.p_take = table_.read_rows<float>("/score/p_take", first, count);
  rows.p_default = table_.read_rows<float>("/score/p_default", first, count);
  rows.value = table_.read_rows<float>("/score/value", first, count);
  rows.reason = table_.read_rows<std::uint32_t>("/score/reason", first, count);
  rows.p_fraud = table_.read_rows<float>("/score/p_fraud", first, count);
  rows.segment = table_.read_rows<std::uint8_t>("/score/segment", first, count);
  if (schema_.groups.empty())
    rows.group.assign(count, 255);
  else
    rows.group = table_.read_rows<std::uint8_t>("/score/group", first, count);
  check(rows);
  return rows;
}

void ScoreReader::check(const ScoreRows& rows) const {
  check_codes(table_, "/score/segment", rows.segment, schema_.segments.size(), true, rows.first_row);
  check_codes(table_, "/score/group", rows.group, schema_.groups.size(), true, rows.first_row);
  const std::size_t offers = schema_.catalog.size();
  const auto refuse = [&](std::string_view path, std::size_t row, std::string_view which, float value) {
    throw DataError({fmt::format("{}: {}:{}{} is {}", table_.path().string(), path, rows.first_row + row, which, value),
                     "scores are finite numbers where an offer is allowed", "check what wrote the file"});
  };
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (!std::isfinite(rows.p_fraud[row])) refuse("/score/p_fraud", row, "", rows.p_fraud[row]);
    for (std::size_t j = 0; j < offers; ++j) {
      const std::size_t pair = row * offers + j;
      if (rows.reason[pair] != 0) continue;
      const auto offer = [&] { return fmt::format(", offer '{}'", schema_.catalog.name[j]); };
      if (!std::isfinite(rows.p_take[pair])) refuse("/score/p_take", row, offer(), rows.p_take[pair]);
      if (!std::isfinite(rows.p_default[pair])) refuse("/score/p_default", row, offer(), rows.p_default[pair]);
      if (!std::isfinite(rows.value[pair])) refuse("/score/value", row, offer(), rows.value[pair]);
    }
  }
}

std::vector<std::uint64_t> ScoreReader::read_ids(std::uint64_t first, std::uint64_t count) const {
  return table_.read_rows<std::uint64_t>("/borrower/id", first, count);
}

std::uint64_t ScoreReader::second_rows() const {
  return table_.has("/second/id") ? table_.info("/second/id").shape.rows() : 0;
}

SecondValues ScoreReader::read_second(std::uint64_t first, std::uint64_t count) const {
  return {table_.read_rows<std::uint64_t>("/second/id", first, count),
          table_.read_rows<float>("/second/value", first, count)};
}

std::vector<std::uint64_t> ScoreReader::read_second_ids() const {
  return second_rows() == 0 ? std::vector<std::uint64_t>() : table_.read_all<std::uint64_t>("/second/id");
}

}  // namespace proffer::offers
