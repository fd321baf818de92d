// What the declarations say: a config with every default in it, and the reference page.
#include <algorithm>
#include <sstream>

#include "settings/section_node.hpp"

namespace proffer::settings {
namespace {

using Lines = std::vector<std::string>;

/// Settings and containers that stand directly in the mapping at `path`, in order of declaration.
std::vector<const Declared*> standing_in(const Record& record, const std::string& path) {
  std::vector<const Declared*> found;
  for (const Declared& declared : record.declared)
    if (declared.parent == path) found.push_back(&declared);
  return found;
}

/// The paths of the entries of a list or named mapping.
std::vector<std::string> entries_of(const Record& record, const std::string& path) {
  std::vector<std::string> entries;
  for (const Declared& declared : record.declared) {
    const std::string& parent = declared.parent;
    const bool inside = parent.starts_with(path + ".") && parent.find('.', path.size() + 1) == std::string::npos;
    if (inside && std::ranges::find(entries, parent) == entries.end()) entries.push_back(parent);
  }
  return entries;
}

void append_indented(Lines& lines, const Lines& more, const std::string& indent) {
  for (const std::string& line : more) lines.push_back(line.empty() ? line : indent + line);
}

void append_comment(Lines& lines, const std::string& text) {
  constexpr std::size_t width = 100;
  std::istringstream words(text);
  std::string line = "#";
  for (std::string word; words >> word; line += " " + word) {
    if (line.size() + word.size() < width) continue;
    lines.push_back(line);
    line = "#";
  }
  if (line != "#") lines.push_back(line);
}

std::string affected(const Declared& setting) {
  if (!setting.affects) return "";
  return *setting.affects == Affects::speed ? "speed" : "results";
}

Lines default_yaml(const Record& record, const std::string& path);

Lines setting_yaml(const Declared& setting) {
  Lines lines;
  const std::string note = affected(setting) == "speed" ? "; affects speed only" : "";
  append_comment(lines, setting.doc + (setting.doc.empty() ? "" : ": ") + setting.expected + note);
  if (setting.required) {
    lines.push_back(setting.key + ":  # required");
  } else if (setting.fallback) {
    lines.push_back(setting.key + ": " + *setting.fallback);
  } else {
    lines.push_back("# " + setting.key + ":");
  }
  return lines;
}

/// Absent lists and named mappings have no entries, so their sample entry is commented out.
Lines sample_yaml(const Record& record, const Declared& container) {
  Lines sample{container.key + ":"};
  const std::string path = joined(container.parent, container.key);
  for (const std::string& entry : entries_of(record, path)) {
    const bool list = container.kind == Declared::Kind::list;
    sample.push_back(list ? "  -" : "  " + entry.substr(path.size() + 1) + ":");
    append_indented(sample, default_yaml(record, entry), "    ");
  }
  Lines lines;
  append_comment(lines, container.doc);
  append_indented(lines, sample, "# ");
  return lines;
}

Lines section_yaml(const Record& record, const Declared& section) {
  Lines lines;
  append_comment(lines, section.doc);
  lines.push_back(section.key + ":");
  append_indented(lines, default_yaml(record, joined(section.parent, section.key)), "  ");
  return lines;
}

Lines default_yaml(const Record& record, const std::string& path) {
  Lines lines;
  for (const Declared* declared : standing_in(record, path)) {
    if (declared->kind == Declared::Kind::setting) {
      append_indented(lines, setting_yaml(*declared), "");
    } else {
      const bool section = declared->kind == Declared::Kind::section;
      append_indented(lines, section ? section_yaml(record, *declared) : sample_yaml(record, *declared), "");
    }
  }
  return lines;
}

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string code(const std::string& text) {
  return text.empty() ? "" : "`" + text + "`";
}

void append_row(Lines& lines, const Declared& setting) {
  std::string standard = "none";
  if (setting.required) standard = "required";
  if (setting.fallback) standard = code(*setting.fallback);
  lines.push_back("| " + code(setting.key) + " | " + cell(setting.doc) + " | " + cell(setting.expected) + " | " +
                  cell(standard) + " | " + affected(setting) + " |");
}

/// The table of one mapping, then what stands below it. `shown` is its path with [] for lists.
void append_page(Lines& lines, const Record& record, const std::string& path, const std::string& shown,
                 const std::string& doc) {
  lines.push_back("## " + (shown.empty() ? "Top level" : code(shown)));
  lines.emplace_back();
  if (!doc.empty()) append_indented(lines, {doc, ""}, "");
  const std::vector<const Declared*> inside = standing_in(record, path);
  const auto is_setting = [](const Declared* declared) { return declared->kind == Declared::Kind::setting; };
  if (std::ranges::any_of(inside, is_setting)) {
    append_indented(lines, {"| setting | meaning | value | default | affects |", "|---|---|---|---|---|"}, "");
    for (const Declared* declared : inside)
      if (is_setting(declared)) append_row(lines, *declared);
    lines.emplace_back();
  }
  for (const Declared* declared : inside) {
    const std::string child = joined(path, declared->key);
    const std::string child_shown = joined(shown, declared->key);
    if (declared->kind == Declared::Kind::section) {
      append_page(lines, record, child, child_shown, declared->doc);
    } else if (!is_setting(declared)) {
      const bool list = declared->kind == Declared::Kind::list;
      for (const std::string& entry : entries_of(record, child))
        append_page(lines, record, entry, child_shown + (list ? "[]" : entry.substr(child.size())), declared->doc);
    }
  }
}

std::string as_text(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

std::string Config::as_default_yaml() const {
  return as_text(default_yaml(*state_->record, ""));
}

std::string Config::as_reference() const {
  Lines lines;
  append_page(lines, *state_->record, "", "", "");
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return as_text(lines);
}

}  // namespace proffer::settings
