#include "verify/recorded_run.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "parallel/agreement.hpp"
#include "storage/publish.hpp"

namespace proffer::verify {
namespace {

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else {
      const char next = text[++i];
      out += next == 'n' ? '\n' : next == 't' ? '\t' : next;
    }
  }
  return out;
}

/// The items of "[a, "b, c", d]".
std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  for (std::size_t at = 1; at + 1 < list.size();) {
    const bool quoted = list[at] == '"';
    std::size_t end = quoted ? at + 1 : at;
    while (end + 1 < list.size() && list[end] != (quoted ? '"' : ',')) end += list[end] == '\\' ? 2 : 1;
    items.push_back(unescaped(list.substr(at + (quoted ? 1 : 0), end - at - (quoted ? 1 : 0))));
    at = end + (quoted ? 1 : 0) + 2;  // the comma and the blank behind it
  }
  return items;
}

/// A name as it stands in the hashed text.
std::string one_line(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '\\' || c == '=' || c == '\n') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  return out;
}

}  // namespace

RecordedSettings::RecordedSettings(std::string file, std::map<std::string, std::string> values)
    : file_(std::move(file)), values_(std::move(values)) {}

bool RecordedSettings::has_section(const std::string& name) const {
  const auto at = values_.lower_bound(name + ".");
  return at != values_.end() && at->first.starts_with(name + ".");
}

std::string RecordedSettings::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end())
    throw DataError({fmt::format("{} records no setting {}", file_, name), "the list cannot be recomputed without it",
                     "restore the run directory, or run again"});
  return unescaped(found->second);
}

std::string RecordedSettings::text(const std::string& name, const std::string& fallback) const {
  return has(name) ? text(name) : fallback;
}

double RecordedSettings::parsed(const std::string& name, const std::string& text) const {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size())
    throw DataError(
        {fmt::format("{}: setting {} is '{}'", file_, name, text), "it must be a number", "restore the run directory"});
  return value;
}

double RecordedSettings::number(const std::string& name) const {
  return parsed(name, text(name));
}
double RecordedSettings::number(const std::string& name, double fallback) const {
  return has(name) ? number(name) : fallback;
}
std::optional<double> RecordedSettings::maybe_number(const std::string& name) const {
  return has(name) ? std::optional(number(name)) : std::nullopt;
}

std::vector<std::string> RecordedSettings::texts(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : items_of(found->second);
}

std::vector<double> RecordedSettings::numbers(const std::string& name) const {
  std::vector<double> numbers;
  for (const std::string& item : texts(name)) numbers.push_back(parsed(name, item));
  return numbers;
}

RecordedRun::RecordedRun(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (!std::filesystem::exists(manifest()))
    throw UsageError({folder_.string() + " is not a run directory", "no manifest.json",
                      "name a run directory, or a list inside one"});
  try {
    const auto json = nlohmann::json::parse(storage::read_text_file(manifest()));
    hash_ = json.at("config_hash");
    settings_ = RecordedSettings(manifest().string(), json.at("settings").get<std::map<std::string, std::string>>());
    for (const auto& input : json.at("inputs"))
      inputs_[input.at("name")] = {input.at("path").get<std::string>(), input.at("sha256")};
    for (const auto& [name, stage] : json.at("stages").items()) {
      if (stage.at("status") != "complete") continue;
      complete_.insert(name);
      for (const auto& file : stage.at("files"))
        files_[file.at("path")] = {folder_ / file.at("path").get<std::string>(), file.at("sha256")};
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError({manifest().string() + " cannot be read as a manifest", error.what(), "restore the run directory"});
  }
}

std::optional<RecordedFile> RecordedRun::input(const std::string& name) const {
  const auto found = inputs_.find(name);
  return found == inputs_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<RecordedFile> RecordedRun::made(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? std::nullopt : std::optional(found->second);
}

void RecordedRun::check_hash(Findings& findings) const {
  std::string text;
  for (const auto& [name, value] : settings_.all()) text += one_line(name) + "=" + value + "\n";
  for (const auto& [name, input] : inputs_) text += "input " + one_line(name) + "=" + input.sha256 + "\n";
  const std::string hash = hex(sha256(text));
  if (hash != hash_) findings.add("config_hash", manifest().string(), hash_, hash);
}

void check_digest(const parallel::Communicator& comm, const RecordedFile& file, Findings& findings) {
  parallel::on_root(comm, [&] {
    if (!std::filesystem::exists(file.path))
      throw DataError({file.path.string() + " is gone", "the list was made from it",
                       file.path.is_relative() ? "put it back, or verify from the folder in which the run was started"
                                               : "put it back"});
  });
  const std::string digest = storage::file_digest(comm, file.path);
  if (comm.is_root() && digest != file.sha256) findings.add("digest", file.path.string(), file.sha256, digest);
}

}  // namespace proffer::verify
