#include "settings/record.hpp"

#include <cstdlib>

namespace proffer::settings {
namespace {

struct Reference {
  std::size_t begin = 0;  // of "${"
  std::size_t end = 0;    // behind "}"
  std::string name;
};

std::optional<Reference> next_reference(std::string_view text, std::size_t from) {
  const std::size_t begin = text.find("${", from);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t close = text.find('}', begin);
  if (close == std::string_view::npos) return std::nullopt;
  return Reference{begin, close + 1, std::string(text.substr(begin + 2, close - begin - 2))};
}

}  // namespace

void Record::declare(Declared declaration) {
  if (seen_.emplace(declaration.parent, declaration.key).second) declared.push_back(std::move(declaration));
}

std::optional<std::string> Record::environment_variable(const std::string& name) const {
  if (const auto found = environment.find(name); found != environment.end()) return found->second;
  if (const char* value = std::getenv(name.c_str())) return value;
  return std::nullopt;
}

std::vector<std::string> environment_names(std::string_view text) {
  std::vector<std::string> names;
  for (auto found = next_reference(text, 0); found; found = next_reference(text, found->end))
    names.push_back(found->name);
  return names;
}

std::string with_environment(const Record& record, const Position& at, std::string_view text) {
  std::string expanded;
  std::size_t done = 0;
  for (auto found = next_reference(text, 0); found; found = next_reference(text, done)) {
    const std::optional<std::string> value = record.environment_variable(found->name);
    if (!value)
      throw UsageError({at.text() + ": the environment variable " + found->name + " is not set",
                        "the path is " + std::string(text), "export " + found->name + "=… or write the path out"});
    expanded.append(text.substr(done, found->begin - done)).append(*value);
    done = found->end;
  }
  return expanded.append(text.substr(done));
}

}  // namespace proffer::settings
