// What is said about bad rows, and the file of those that were rejected.
#include <algorithm>
#include <iomanip>
#include <sstream>

#include "borrowers/ingest_survey.hpp"
#include "foundation/text.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::size_t digits = 20;

/// "line,column,value,reason", the line padded with zeros so that texts sort like lines.
std::string entry(std::uint64_t line, const RowProblem& problem) {
  std::ostringstream text;
  text << std::setw(digits) << std::setfill('0') << line << ',' << csv_cell(problem.name) << ','
       << csv_cell(problem.value) << ',' << csv_cell(problem.reason) << '\n';
  return text.str();
}

}  // namespace

Message message_of(const std::filesystem::path& file, std::uint64_t line, const RowProblem& problem) {
  std::string place = file.string() + ":" + std::to_string(line);
  if (problem.column > 0) place += ":" + std::to_string(problem.column);
  const std::string value = problem.value.empty() ? "nothing" : "'" + problem.value + "'";
  const std::string suggestion = "correct the row, or set on_bad_row: reject";
  if (problem.name.empty())
    return {place + ": the line has " + (problem.column == 0 ? problem.value : value), problem.reason, suggestion};
  return {place + ": " + (problem.column > 0 ? "column '" : "setting '") + problem.name + "' holds " + value,
          problem.reason, suggestion};
}

void write_rejects(const parallel::Communicator& comm, const CsvFile& csv, const Survey& survey,
                   const std::filesystem::path& path) {
  std::string mine;
  for (const Reject& reject : survey.rejects)
    mine += entry(csv.format().header_line + survey.table.line_below_header(reject.position), reject.problem);
  const auto all = parallel::gather<char>(comm, mine);
  parallel::on_root(comm, [&] {
    std::vector<std::string_view> lines;
    for_each_line({all.data(), all.size()}, [&](std::string_view line) { lines.push_back(line); });
    std::sort(lines.begin(), lines.end());
    std::string text = "line,column,value,reason\n";
    for (std::string_view line : lines) {
      line.remove_prefix(std::min(line.find_first_not_of('0'), digits - 1));
      text.append(line).push_back('\n');
    }
    storage::write_text_file(path, text);
  });
}

}  // namespace proffer::borrowers
