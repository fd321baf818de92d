#include "borrowers/ingest_cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "foundation/text.hpp"

namespace proffer::borrowers {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Whether the bytes are well-formed UTF-8 as far as lead and continuation bytes go.
bool is_utf8(std::string_view text) {
  std::size_t follow = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (follow > 0) {
      if ((byte & 0xc0U) != 0x80U) return false;
      --follow;
    } else if (byte >= 0x80) {
      if (byte >= 0xc2 && byte <= 0xdf)
        follow = 1;
      else if (byte >= 0xe0 && byte <= 0xef)
        follow = 2;
      else if (byte >= 0xf0 && byte <= 0xf4)
        follow = 3;
      else
        return false;
    }
  }
  return follow == 0;
}

std::string expected_label(const Dictionary& dictionary, std::string_view cell) {
  const auto& labels = dictionary.labels();
  if (const auto near = did_you_mean(cell, labels)) return "is not in the dictionary; did you mean '" + *near + "'?";
  if (labels.size() <= 12) return "expected " + one_of(labels);
  return "expected one of the " + std::to_string(labels.size()) + " labels of the dictionary";
}

}  // namespace

Field find_field(const CsvFile& csv, const std::string& name, const std::string& where) {
  const auto& header = csv.header();
  const std::string problem = where + ": " + csv.path().string() + " has no column '" + name + "'";
  if (name.size() > 1 && name.front() == '#') {
    const auto number = parse_id(std::string_view(name).substr(1));
    if (!number || *number == 0 || *number > header.size())
      throw UsageError({problem, "it has " + std::to_string(header.size()) + " columns", "count from #1"});
    return {static_cast<std::size_t>(*number - 1), name};
  }
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    const auto near = did_you_mean(name, header);
    const std::string line = "the header is line " + std::to_string(csv.format().header_line);
    throw UsageError(
        {problem, line, near ? "did you mean '" + *near + "'?" : "check the name, header_line and separator"});
  }
  if (std::find(found + 1, header.end(), name) != header.end())
    throw UsageError({where + ": " + csv.path().string() + " has two columns '" + name + "'", "",
                      "name the one you mean by its number, #1, #2, …"});
  return {static_cast<std::size_t>(found - header.begin()), name};
}

Markers::Markers(const std::vector<std::string>& of_file, const std::vector<std::string>& of_column) : texts_(of_file) {
  texts_.insert(texts_.end(), of_column.begin(), of_column.end());
  for (const std::string& text : texts_)
    if (const auto number = parse_number(text)) numbers_.push_back(*number);
}

bool Markers::has(std::string_view cell) const {
  return std::find(texts_.begin(), texts_.end(), cell) != texts_.end();
}

bool Markers::has(double value) const {
  return std::find(numbers_.begin(), numbers_.end(), value) != numbers_.end();
}

double NumberField::read(const Cells& cells) const {
  const std::string_view cell = cells[field.index];
  if (const auto number = parse_number(cell)) return markers.has(*number) ? unknown : *number;
  if (markers.has(cell)) return unknown;
  throw field.problem(cell, "expected a finite number with a decimal point, or a missing marker");
}

std::int32_t DateField::read(const Cells& cells) const {
  const std::string_view cell = cells[field.index];
  if (const auto date = parse_date(cell, format)) return *date;
  if (markers.has(cell)) return 0;
  throw field.problem(cell, "expected a date " + std::string(name_of(format)));
}

std::uint64_t IdField::read(const Cells& cells) const {
  const std::string_view cell = cells[field.index];
  if (markers.has(cell)) throw field.problem(cell, "expected an id; it may not be missing");
  if (hashed) return xxh3(cell);
  if (const auto id = parse_id(cell)) return *id;
  throw field.problem(cell, "expected a whole number 0 … 2^64 − 1, or the setting id_kind: hash");
}

Dictionary::Dictionary(const std::vector<std::string>& labels, bool open) : open_(open) {
  for (const std::string& label : labels) add(label);
}

std::size_t Dictionary::find(std::string_view label) const {
  const auto found = codes_.find(label);
  return found == codes_.end() ? labels_.size() : found->second;
}

void Dictionary::add(const std::string& label) {
  if (codes_.emplace(label, labels_.size()).second) labels_.push_back(label);
}

void Dictionary::close(std::vector<std::string> labels) {
  const bool numbers = std::all_of(labels.begin(), labels.end(),
                                   [](const std::string& label) { return parse_number(label).has_value(); });
  std::sort(labels.begin(), labels.end(), [&](const std::string& a, const std::string& b) {
    if (!numbers) return a < b;
    const double x = *parse_number(a), y = *parse_number(b);
    return x != y ? x < y : a < b;
  });
  *this = Dictionary(labels);
}

std::optional<std::size_t> LabelField::read(const Cells& cells, std::vector<std::string>* fresh) const {
  const std::string_view cell = cells[field.index];
  if (markers.has(cell)) return {};
  const std::size_t code = dictionary.find(cell);
  if (code < dictionary.labels().size()) return code;
  if (!dictionary.open()) throw field.problem(cell, expected_label(dictionary, cell));
  if (!is_utf8(cell)) throw field.problem(cell, "expected UTF-8; convert the file");
  if (fresh) fresh->emplace_back(cell);
  return code;
}

BoundExpression::Slot BoundExpression::bind(const Variable& variable, const std::string& where, const CsvFile& csv,
                                            const Mapping& mapping) {
  Slot slot;
  slot.compares = variable.compares;
  slot.label = variable.label;
  const auto mapped = std::find_if(mapping.columns.begin(), mapping.columns.end(),
                                   [&](const ColumnMapping& m) { return m.column.name == variable.column; });
  if (mapped == mapping.columns.end()) {
    slot.number = {find_field(csv, variable.column, where), Markers(mapping.missing, {})};
    return slot;
  }
  if (mapped->derived.given())
    throw UsageError({where + ": the expression uses '" + variable.column + "', which is derived itself", "",
                      "write its expression out here"});
  slot.number = {find_field(csv, mapped->from, mapped->where), Markers(mapping.missing, mapped->missing)};
  if (mapped->column.kind == Kind::numeric || (mapped->auto_dictionary && variable.compares)) return slot;
  if (mapped->auto_dictionary)
    throw UsageError({where + ": the expression uses '" + variable.column + "' as a number",
                      "its dictionary is auto, so its codes are not known in advance",
                      "declare the dictionary, or compare with a label: " + variable.column + " == \"label\""});
  LabelField code{slot.number.field, slot.number.markers, Dictionary(mapped->column.dictionary)};
  if (variable.compares && code.dictionary.find(variable.label) == code.dictionary.labels().size())
    throw UsageError({where + ": '" + variable.column + "' never is '" + variable.label + "'",
                      expected_label(code.dictionary, variable.label), "correct the label"});
  if (!variable.compares) slot.code = std::move(code);
  return slot;
}

BoundExpression::BoundExpression(const Formula& formula, const CsvFile& csv, const Mapping& mapping)
    : expression_(formula) {
  for (const Variable& variable : expression_.variables())
    slots_.push_back(bind(variable, formula.where, csv, mapping));
  values_.resize(slots_.size());
}

double BoundExpression::read(const Cells& cells) const {
  for (std::size_t v = 0; v < slots_.size(); ++v) {
    const Slot& slot = slots_[v];
    if (slot.compares) {
      const std::string_view cell = cells[slot.number.field.index];
      values_[v] = slot.number.markers.has(cell) ? unknown : cell == slot.label ? 1.0 : 0.0;
    } else if (slot.code) {
      const auto code = slot.code->read(cells);
      values_[v] = code ? static_cast<double>(*code) : unknown;
    } else {
      values_[v] = slot.number.read(cells);
    }
  }
  return expression_.evaluate(values_);
}

}  // namespace proffer::borrowers
