#include "borrowers/csv.hpp"

#include <algorithm>

namespace proffer::borrowers {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

std::string shortened(std::string value) {
  constexpr std::size_t most = 80;
  if (value.size() <= most) return value;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0U) == 0x80U) --end;  // not inside a UTF-8 character
  value.resize(end);
  return value + "…";
}

std::size_t CellSplitter::quoted_cell(std::string_view line, std::size_t at) {
  // unquoted_ never grows beyond the line it was reserved for, so the views into it stay valid.
  const std::size_t begin = unquoted_.size();
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      unquoted_.push_back(line[i]);
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      unquoted_.push_back('"');
      ++i;
    } else {
      if (i + 1 < line.size() && line[i + 1] != separator_)
        throw RowProblem{cells_.size() + 1, "", std::string(line.substr(at, i + 2 - at)),
                         "expected a separator after the closing quote"};
      cells_.push_back(std::string_view(unquoted_).substr(begin));
      return i + 1;
    }
  }
  throw RowProblem{cells_.size() + 1, "", std::string(line.substr(at)),
                   "expected a closing quote on the same line; a cell may not hold a line break"};
}

const std::vector<std::string_view>& CellSplitter::split(std::string_view line) {
  cells_.clear();
  unquoted_.clear();
  unquoted_.reserve(line.size());
  std::size_t at = 0;
  while (true) {
    if (at < line.size() && line[at] == '"') {
      at = quoted_cell(line, at);
    } else {
      const std::size_t end = std::min(line.find(separator_, at), line.size());
      const std::string_view cell = line.substr(at, end - at);
      if (cell.find('"') != std::string_view::npos)
        throw RowProblem{cells_.size() + 1, "", std::string(cell),
                         "expected no quote inside a cell that is not quoted"};
      cells_.push_back(trimmed(cell));
      at = end;
    }
    if (at >= line.size()) return cells_;
    ++at;  // the separator; at the end of the line an empty cell follows it
  }
}

void for_each_line(std::string_view text, const std::function<void(std::string_view)>& visit) {
  while (!text.empty()) {
    const std::size_t feed = text.find('\n');
    std::string_view line = text.substr(0, feed);
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    visit(line);
  }
}

}  // namespace proffer::borrowers
