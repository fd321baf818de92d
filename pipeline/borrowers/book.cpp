#include "borrowers/book.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "foundation/error.hpp"
#include "foundation/text.hpp"

namespace proffer::borrowers {
namespace {

constexpr int book_major = 1;

std::string at_row(const std::filesystem::path& file, std::string_view dataset, std::uint64_t row) {
  return file.string() + ":" + std::string(dataset) + " row " + std::to_string(row);
}

Kind kind_of(const std::string& text, const std::filesystem::path& file) {
  if (text == "numeric") return Kind::numeric;
  if (text == "categorical") return Kind::categorical;
  throw DataError({file.string() + ":/schema/kind has the unknown kind '" + text + "'",
                   "expected numeric or categorical", "write the book again"});
}

Role role_of(const std::string& text, const std::filesystem::path& file) {
  if (text == "feature") return Role::feature;
  if (text == "monitor_only") return Role::monitor_only;
  if (text == "post_outcome") return Role::post_outcome;
  if (text == "excluded") return Role::excluded;
  throw DataError({file.string() + ":/schema/role has the unknown role '" + text + "'",
                   "expected feature, monitor_only, post_outcome or excluded", "write the book again"});
}

std::vector<std::string> dictionary_of(const std::string& text, const std::filesystem::path& file) {
  if (text.empty()) return {};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto is_text = [](const nlohmann::json& label) { return label.is_string(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text))
    throw DataError({file.string() + ":/schema/dictionary holds '" + text + "'", "expected a JSON array of labels",
                     "write the book again"});
  return json.get<std::vector<std::string>>();
}

Schema read_schema(const storage::TableReader& table) {
  Schema schema;
  const auto names = table.texts("/schema/name");
  const auto kinds = table.texts("/schema/kind");
  const auto roles = table.texts("/schema/role");
  const auto dictionaries = table.texts("/schema/dictionary");
  if (kinds.size() != names.size() || roles.size() != names.size() || dictionaries.size() != names.size())
    throw DataError({table.path().string() + ":/schema has lists of different lengths",
                     "name, kind, role and dictionary describe the same columns", "write the book again"});
  for (std::size_t c = 0; c < names.size(); ++c)
    schema.columns.push_back({names[c], kind_of(kinds[c], table.path()), role_of(roles[c], table.path()),
                              dictionary_of(dictionaries[c], table.path())});
  if (table.has("/schema/products")) schema.products = table.texts("/schema/products");
  if (table.has("/schema/channels")) schema.channels = table.texts("/schema/channels");
  if (table.has("/schema/links")) schema.links = table.texts("/schema/links");
  if (table.has_attribute("currency")) schema.currency = table.text_attribute("currency");
  if (table.has_attribute("default_months"))
    schema.default_months = static_cast<int>(table.integer_attribute("default_months"));
  if (table.has_attribute("customer_months"))
    schema.customer_months = static_cast<int>(table.integer_attribute("customer_months"));
  return schema;
}

/// Type and shape of every dataset of the book, before any row is read.
void require_datasets(const storage::TableReader& table, const Schema& schema, std::uint64_t rows) {
  using storage::Type;
  const auto require = [&](std::string_view path, Type type, const std::vector<std::uint64_t>& dims) {
    table.require(path, type, {dims});
    if (table.info(path).shape.dims[0] != rows)
      throw DataError({table.path().string() + ":" + std::string(path) + " has " +
                           std::to_string(table.info(path).shape.dims[0]) + " rows",
                       "/borrower/id has " + std::to_string(rows), "write the book again"});
  };
  require("/borrower/id", Type::u64, {rows});
  require("/borrower/unit", Type::u64, {rows});
  require("/borrower/as_of", Type::i32, {rows});
  require("/borrower/features", Type::f32, {rows, schema.columns.size()});
  if (table.has("/offer/contacted")) {
    for (const char* path : {"/offer/contacted", "/offer/product", "/offer/channel"}) require(path, Type::u8, {rows});
    for (const char* path : {"/offer/apr", "/offer/contract_apr", "/offer/propensity"})
      require(path, Type::f32, {rows});
    require("/offer/limit", Type::f64, {rows});
    require("/offer/term", Type::u16, {rows});
  }
  for (const std::string& link : schema.links) require("/link/" + link, Type::u64, {rows});
  for (const std::string_view name : outcome_names)
    if (const std::string path = "/outcome/" + std::string(name); table.has(path)) require(path, Type::u8, {rows});
}

template <class T>
void refuse_infinite(std::span<const T> values, const storage::TableReader& table, std::string_view dataset,
                     std::uint64_t first) {
  const auto bad = std::find_if(values.begin(), values.end(), [](T value) { return std::isinf(value); });
  if (bad == values.end()) return;
  const auto row = first + static_cast<std::uint64_t>(bad - values.begin());
  throw DataError({at_row(table.path(), dataset, row) + " is infinite", "infinite numbers are refused",
                   "store a missing number as NaN"});
}

void refuse_infinite_features(const Batch& batch, const Schema& schema, const storage::TableReader& table) {
  const auto bad = std::find_if(batch.features.begin(), batch.features.end(), [](float v) { return std::isinf(v); });
  if (bad == batch.features.end()) return;
  const auto at = static_cast<std::size_t>(bad - batch.features.begin());
  throw DataError({at_row(table.path(), "/borrower/features", batch.first_row + at / batch.columns) + ", column '" +
                       schema.columns[at % batch.columns].name + "' is infinite",
                   "infinite numbers are refused", "store a missing number as NaN"});
}

std::vector<std::uint8_t> read_outcome(const storage::TableReader& table, const std::string& path, std::uint64_t first,
                                       std::uint64_t count) {
  auto codes = table.read_rows<std::uint8_t>(path, first, count);
  const auto bad = std::find_if(codes.begin(), codes.end(), [](std::uint8_t c) { return c > 1 && c < 253; });
  if (bad != codes.end())
    throw DataError({at_row(table.path(), path, first + static_cast<std::uint64_t>(bad - codes.begin())) +
                         " has the unknown outcome code " + std::to_string(*bad),
                     "expected 0, 1, 253, 254 or 255", "write the book again"});
  return codes;
}

void refuse_unknown_codes(std::span<const std::uint8_t> codes, std::size_t labels, const storage::TableReader& table,
                          std::string_view dataset, std::uint64_t first) {
  const auto bad =
      std::find_if(codes.begin(), codes.end(), [&](std::uint8_t c) { return c != no_code && c >= labels; });
  if (bad == codes.end()) return;
  throw DataError({at_row(table.path(), dataset, first + static_cast<std::uint64_t>(bad - codes.begin())) +
                       " has the code " + std::to_string(*bad),
                   "there are " + std::to_string(labels) + " labels", "write the book again"});
}

Offers read_offers(const storage::TableReader& table, const Schema& schema, std::uint64_t first, std::uint64_t count) {
  Offers offers;
  offers.contacted = table.read_rows<std::uint8_t>("/offer/contacted", first, count);
  offers.product = table.read_rows<std::uint8_t>("/offer/product", first, count);
  offers.channel = table.read_rows<std::uint8_t>("/offer/channel", first, count);
  offers.limit = table.read_rows<double>("/offer/limit", first, count);
  offers.apr = table.read_rows<float>("/offer/apr", first, count);
  offers.contract_apr = table.read_rows<float>("/offer/contract_apr", first, count);
  offers.term = table.read_rows<std::uint16_t>("/offer/term", first, count);
  offers.propensity = table.read_rows<float>("/offer/propensity", first, count);
  refuse_infinite<double>(offers.limit, table, "/offer/limit", first);
  refuse_infinite<float>(offers.apr, table, "/offer/apr", first);
  refuse_infinite<float>(offers.contract_apr, table, "/offer/contract_apr", first);
  refuse_infinite<float>(offers.propensity, table, "/offer/propensity", first);
  refuse_unknown_codes(offers.product, schema.products.size(), table, "/offer/product", first);
  refuse_unknown_codes(offers.channel, schema.channels.size(), table, "/offer/channel", first);
  return offers;
}

}  // namespace

std::optional<std::size_t> Schema::find(std::string_view name) const {
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (columns[c].name == name) return c;
  return {};
}

std::size_t Schema::index_of(std::string_view name, std::string_view where) const {
  if (const auto found = find(name)) return *found;
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  const auto near = did_you_mean(name, names);
  throw UsageError({std::string(where) + ": the book has no column '" + std::string(name) + "'", "",
                    near ? "did you mean '" + *near + "'?" : "`proffer inspect` lists the columns of a book"});
}

std::vector<std::string> Schema::feature_names() const {
  std::vector<std::string> names;
  for (const Column& column : columns)
    if (column.role == Role::feature) names.push_back(column.name);
  return names;
}

void Offers::resize(std::size_t rows) {
  const float unknown = std::numeric_limits<float>::quiet_NaN();
  contacted.resize(rows, 0);
  product.resize(rows, no_code);
  channel.resize(rows, no_code);
  limit.resize(rows, std::numeric_limits<double>::quiet_NaN());
  apr.resize(rows, unknown);
  contract_apr.resize(rows, unknown);
  term.resize(rows, 0);
  propensity.resize(rows, unknown);
}

BookReader::BookReader(const std::filesystem::path& path) : table_(path, "proffer-book", book_major) {
  schema_ = read_schema(table_);
  rows_ = table_.info("/borrower/id").shape.rows();
  require_datasets(table_, schema_, rows_);
}

bool BookReader::has_offers() const {
  return table_.has("/offer/contacted");
}

bool BookReader::has_outcome(std::string_view name) const {
  return table_.has("/outcome/" + std::string(name));
}

Batch BookReader::read(std::uint64_t first, std::uint64_t count, Parts parts) const {
  Batch batch;
  batch.first_row = first;
  batch.columns = schema_.columns.size();
  batch.id = table_.read_rows<std::uint64_t>("/borrower/id", first, count);
  batch.unit = table_.read_rows<std::uint64_t>("/borrower/unit", first, count);
  batch.as_of = table_.read_rows<std::int32_t>("/borrower/as_of", first, count);
  if (parts.features) {
    batch.features = table_.read_rows<float>("/borrower/features", first, count);
    refuse_infinite_features(batch, schema_, table_);
  }
  if (parts.offers && has_offers()) batch.offers = read_offers(table_, schema_, first, count);
  if (parts.outcomes) {
    Outcomes outcomes;
    const auto read_into = [&](std::vector<std::uint8_t>& codes, std::string_view name) {
      if (has_outcome(name)) codes = read_outcome(table_, "/outcome/" + std::string(name), first, count);
    };
    read_into(outcomes.responded, "responded");
    read_into(outcomes.booked, "booked");
    read_into(outcomes.defaulted, "default");
    read_into(outcomes.fraud, "fraud");
    read_into(outcomes.attrited, "attrited");
    read_into(outcomes.repeated, "repeated");
    read_into(outcomes.delinquent, "delinquent");
    batch.outcomes = std::move(outcomes);
  }
  if (parts.links) batch.links = read_links(first, count);
  return batch;
}

std::vector<std::uint64_t> BookReader::read_links(std::uint64_t first, std::uint64_t count) const {
  const std::size_t kinds = schema_.links.size();
  std::vector<std::uint64_t> links(count * kinds);
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const auto column = table_.read_rows<std::uint64_t>("/link/" + schema_.links[kind], first, count);
    for (std::size_t i = 0; i < column.size(); ++i) links[i * kinds + kind] = column[i];
  }
  return links;
}

}  // namespace proffer::borrowers
