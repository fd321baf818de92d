#include "borrowers/ingest_rows.hpp"

#include <algorithm>
#include <cmath>

#include "foundation/checked_cast.hpp"
#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "foundation/text.hpp"

namespace proffer::borrowers {
namespace {

std::optional<IdField> bind_id(const IdSource& source, const CsvFile& csv, const Mapping& mapping) {
  if (source.column.empty()) return {};
  return IdField{find_field(csv, source.column, source.where), Markers(mapping.missing, {}), source.hashed};
}

float to_f32(double value, std::size_t column, const std::string& name) {
  const auto rounded = static_cast<float>(value);
  if (std::isinf(rounded))
    throw RowProblem{column, name, shortest(value), "expected a number that a 32-bit float can hold"};
  return rounded;
}

}  // namespace

RowReader::RowReader(const Mapping& mapping, const CsvFile& csv)
    : mapping_(mapping), splitter_(csv.format().separator), cells_per_line_(csv.header().size()) {
  id_ = bind_id(mapping.id, csv, mapping);
  unit_ = bind_id(mapping.unit, csv, mapping);
  as_of_formula_ = bind(mapping.as_of_formula, csv);
  if (!as_of_formula_) as_of_ = bind(mapping.as_of, csv);
  for (const ColumnMapping& column : mapping.columns) columns_.push_back(bind_column(column, csv));
  for (const LinkMapping& link : mapping.links)
    links_.push_back({find_field(csv, link.column, link.where), Markers(mapping.missing, {})});
  if (mapping.offers) {
    const OfferMapping& offers = *mapping.offers;
    offer_.contacted = bind(offers.contacted, csv);
    offer_.product = bind(offers.product, mapping.products, csv);
    offer_.channel = bind(offers.channel, mapping.channels, csv);
    offer_.limit = bind(offers.limit, csv);
    offer_.apr = bind(offers.apr, csv);
    offer_.contract_apr = bind(offers.contract_apr, csv);
    offer_.term = bind(offers.term, csv);
    offer_.propensity = bind(offers.propensity, csv);
  }
  if (mapping.outcomes) bind_outcome(*mapping.outcomes, csv);
}

RowReader::BookColumn RowReader::bind_column(const ColumnMapping& column, const CsvFile& csv) const {
  BookColumn bound;
  bound.name = column.column.name;
  if (column.derived.given()) {
    bound.derived.emplace(column.derived, csv, mapping_);
    return bound;
  }
  const Field field = find_field(csv, column.from, column.where);
  const Markers markers(mapping_.missing, column.missing);
  if (column.column.kind == Kind::numeric)
    bound.number = NumberField{field, markers};
  else
    bound.label = LabelField{field, markers, Dictionary(column.column.dictionary, column.auto_dictionary)};
  return bound;
}

std::optional<BoundExpression> RowReader::bind(const Formula& formula, const CsvFile& csv) const {
  if (!formula.given()) return {};
  return std::optional<BoundExpression>(std::in_place, formula, csv, mapping_);
}

RowReader::Date RowReader::bind(const DateSource& source, const CsvFile& csv) const {
  if (source.constant) return {source.constant, {}};
  return {{}, DateField{find_field(csv, source.column, source.where), Markers(mapping_.missing, {}), source.format}};
}

RowReader::Label RowReader::bind(const LabelSource& source, const std::vector<std::string>& labels,
                                 const CsvFile& csv) const {
  const Dictionary dictionary(labels);
  if (!source.constant.empty()) return {checked_cast<std::uint8_t>(dictionary.find(source.constant)), {}};
  if (source.column.empty()) return {};
  return {no_code, LabelField{find_field(csv, source.column, source.where), Markers(mapping_.missing, {}), dictionary}};
}

void RowReader::bind_outcome(const OutcomeMapping& outcomes, const CsvFile& csv) {
  outcome_.responded = bind(outcomes.responded, csv);
  outcome_.booked = bind(outcomes.booked, csv);
  outcome_.defaulted = bind(outcomes.defaulted, csv);
  outcome_.fraud = bind(outcomes.fraud, csv);
  outcome_.attrited = bind(outcomes.attrited, csv);
  outcome_.repeated = bind(outcomes.repeated, csv);
  outcome_.delinquent = bind(outcomes.delinquent, csv);
  outcome_.indeterminate = bind(outcomes.indeterminate, csv);
  outcome_.excluded = bind(outcomes.excluded, csv);
  if (!outcomes.window) return;
  outcome_.bad = bind(outcomes.window->bad, csv);
  if (outcomes.window->observed.given()) outcome_.observed = bind(outcomes.window->observed, csv);
  if (outcomes.window->bad_on.given()) outcome_.bad_on = bind(outcomes.window->bad_on, csv);
}

std::uint8_t RowReader::Label::read(const Cells& cells) const {
  if (!field) return constant;
  const auto code = field->read(cells);
  return code ? static_cast<std::uint8_t>(*code) : no_code;
}

std::uint64_t RowReader::Link::read(const Cells& cells) const {
  const std::string_view text = cells[field.index];
  return markers.has(text) ? 0 : std::max<std::uint64_t>(1, xxh3(text));
}

void RowReader::read(std::string_view line, std::uint64_t row_number, BookRow& row) {
  const Cells& cells = splitter_.split(line);
  if (cells.size() != cells_per_line_)
    throw RowProblem{0, "", std::to_string(cells.size()) + " cells",
                     "expected " + std::to_string(cells_per_line_) + ", as in the header"};
  row.id = id_ ? id_->read(cells) : row_number;
  row.unit = unit_ ? unit_->read(cells) : row.id;
  row.as_of = read_as_of(cells);
  read_features(cells, row);
  row.links.clear();
  for (const Link& link : links_) row.links.push_back(link.read(cells));
  if (mapping_.offers) row.offer = read_offer(cells);
  if (mapping_.outcomes) row.outcome = read_outcome(cells, row.as_of);
}

std::int32_t RowReader::read_as_of(const Cells& cells) const {
  if (!as_of_formula_) {
    const std::int32_t day = as_of_.read(cells);
    if (day == 0) throw as_of_.field->field.problem("", "expected a date; as_of may not be missing");
    return day;
  }
  const double value = as_of_formula_->read(cells);
  const bool whole = value > 0 && value < 1e8 && value == std::floor(value);
  if (!whole || !is_date(static_cast<std::int32_t>(value)))
    throw RowProblem{0, "as_of_expression", shortest(value), "expected a day of the calendar as YYYYMMDD"};
  return static_cast<std::int32_t>(value);
}

void RowReader::read_features(const Cells& cells, BookRow& row) {
  row.fresh_labels.clear();
  row.features.resize(columns_.size());
  std::vector<std::string> fresh;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const BookColumn& column = columns_[c];
    if (column.number) {
      row.features[c] = to_f32(column.number->read(cells), column.number->field.index + 1, column.number->field.name);
    } else if (column.derived) {
      row.features[c] = to_f32(column.derived->read(cells), 0, column.name);
    } else {
      const auto code = column.label->read(cells, &fresh);
      row.features[c] = code ? static_cast<float>(*code) : std::nanf("");
      if (fresh.empty()) continue;
      row.fresh_labels.emplace_back(c, std::move(fresh.front()));
      fresh.clear();
    }
  }
}

std::vector<std::size_t> RowReader::open_columns() const {
  std::vector<std::size_t> open;
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (columns_[c].label && columns_[c].label->dictionary.open()) open.push_back(c);
  return open;
}

}  // namespace proffer::borrowers
