#include "borrowers/ingest_side_tables.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include "borrowers/ingest_cells.hpp"
#include "borrowers/ingest_survey.hpp"
#include "foundation/error.hpp"

namespace proffer::borrowers {
namespace {

/// Calls `visit` with the cells of every row of the file. RowProblems become DataErrors with file:line:column.
void for_each_row(CsvFile& csv, const std::function<void(const Cells&)>& visit) {
  CellSplitter splitter(csv.format().separator);
  std::uint64_t number = csv.format().header_line;
  const auto read = [&](std::string_view line) {
    ++number;
    if (line.empty()) return;
    try {
      const Cells& cells = splitter.split(line);
      if (cells.size() != csv.header().size())
        throw RowProblem{0, "", std::to_string(cells.size()) + " cells",
                         "expected " + std::to_string(csv.header().size()) + ", as in the header"};
      visit(cells);
    } catch (RowProblem& problem) {
      problem.value = shortened(std::move(problem.value));
      Message message = message_of(csv.path(), number, problem);
      message.suggestion = "correct the row";
      throw DataError(std::move(message));
    }
  };
  csv.for_each_block([](std::uint64_t) { return true; },
                     [&](const CsvBlock& block) {
                       for_each_line(block.text, read);
                       return true;
                     });
}

/// Expressions of side tables refer to the columns of their own file.
Mapping without_columns(const Mapping& mapping) {
  Mapping own;
  own.missing = mapping.missing;
  return own;
}

IdField bind_id(const IdSource& id, const CsvFile& csv, const Mapping& mapping) {
  return {find_field(csv, id.column, id.where), Markers(mapping.missing, {}), id.hashed};
}

std::function<std::int32_t(const Cells&)> bind_day(const DateSource& source, const CsvFile& csv,
                                                   const Mapping& mapping) {
  if (source.constant) return [day = *source.constant](const Cells&) { return day; };
  if (source.column.empty())
    throw UsageError({source.where + ": the day is not mapped", "", "name the column that holds it"});
  const DateField field{find_field(csv, source.column, source.where), Markers(mapping.missing, {}), source.format};
  return [field](const Cells& cells) {
    const std::int32_t day = field.read(cells);
    if (day == 0) throw field.field.problem("", "expected a date; it may not be missing");
    return day;
  };
}

double amount(const BoundExpression& expression, const Cells& cells, const char* setting) {
  const double value = expression.read(cells);
  if (std::isnan(value) || value < 0)
    throw RowProblem{0, setting, std::to_string(value), "expected an amount, not negative"};
  return value;
}

}  // namespace

Contacts read_contacts(const Mapping& mapping) {
  const ContactsMapping& source = *mapping.contacts;
  CsvFile csv(source.csv.path, source.csv.format);
  const IdField id = bind_id(source.id, csv, mapping);
  const auto day = bind_day(source.day, csv, mapping);
  const Dictionary labels(mapping.channels);
  std::optional<LabelField> channel;
  if (!source.channel.column.empty())
    channel =
        LabelField{find_field(csv, source.channel.column, source.channel.where), Markers(mapping.missing, {}), labels};
  const auto constant =
      source.channel.constant.empty() ? no_code : static_cast<std::uint8_t>(labels.find(source.channel.constant));
  std::vector<std::tuple<std::uint64_t, std::int32_t, std::uint8_t>> rows;
  for_each_row(csv, [&](const Cells& cells) {
    const auto code = channel ? channel->read(cells) : std::nullopt;
    rows.emplace_back(id.read(cells), day(cells), code ? static_cast<std::uint8_t>(*code) : constant);
  });
  std::sort(rows.begin(), rows.end());
  Contacts contacts;
  for (const auto& [borrower, date, code] : rows) {
    contacts.id.push_back(borrower);
    contacts.day.push_back(date);
    contacts.channel.push_back(code);
  }
  return contacts;
}

Accounts read_accounts(const Mapping& mapping) {
  const AccountsMapping& source = *mapping.accounts;
  const Mapping own = without_columns(mapping);
  CsvFile csv(source.csv.path, source.csv.format);
  const IdField id = bind_id(source.id, csv, mapping);
  const auto opened = bind_day(source.opened, csv, mapping);
  const BoundExpression exposure(source.exposure, csv, own);
  std::optional<BoundExpression> instalment;
  if (source.instalment.given()) instalment.emplace(source.instalment, csv, own);
  std::vector<std::tuple<std::uint64_t, std::int32_t, double, double>> rows;
  for_each_row(csv, [&](const Cells& cells) {
    rows.emplace_back(id.read(cells), opened(cells), amount(exposure, cells, "accounts.exposure"),
                      instalment ? amount(*instalment, cells, "accounts.instalment") : 0.0);
  });
  std::sort(rows.begin(), rows.end());
  Accounts accounts;
  for (const auto& [borrower, day, owed, monthly] : rows) {
    accounts.id.push_back(borrower);
    accounts.opened.push_back(day);
    accounts.exposure.push_back(owed);
    accounts.instalment.push_back(monthly);
  }
  return accounts;
}

}  // namespace proffer::borrowers
