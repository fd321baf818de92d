// Reading single values and lists of them.
#include <type_traits>

#include "foundation/text.hpp"
#include "settings/scalars.hpp"
#include "settings/section_node.hpp"

namespace proffer::settings {
namespace {

template <class Setting>
std::optional<Affects> affects(const Setting& setting) {
  return setting.affects;
}
std::optional<Affects> affects(const Path&) {
  return std::nullopt;
}

template <class Setting>
std::optional<std::string> fallback_yaml(const Setting& setting) {
  if (!setting.fallback) return std::nullopt;
  if constexpr (std::is_same_v<Setting, Text> || std::is_same_v<Setting, Path>)
    return as_yaml(*setting.fallback);
  else
    return shown(*setting.fallback);
}

template <class Setting>
std::string hint(const Tree& value, const Setting& setting) {
  std::string text(setting.doc);
  if constexpr (std::is_same_v<Setting, Text>) {
    if (const auto near = did_you_mean(value.scalar, setting.choices)) text = "did you mean " + *near + "?";
  } else if (value.quoted && !std::is_same_v<Setting, Path>) {
    text = "remove the quotes";
  }
  if (const auto standard = fallback_yaml(setting))
    text += (text.empty() ? "the default is " : "; the default is ") + *standard;
  return text;
}

std::string quoted_in_list(const std::string& text) {
  return as_yaml(text);
}
template <class T>
std::string quoted_in_list(const T& value) {
  return shown(value);
}

}  // namespace

template <class Setting>
auto Section::Node::checked(const Position& where, const std::string& value_path, const Tree& value,
                            const Setting& setting) const {
  auto result = value_of(value, setting);
  if (!result) throw unexpected(where, value_path, value, expected(setting), hint(value, setting));
  return *result;
}

/// The value, the fallback, or nothing where it is absent and not required.
template <class Setting>
auto Section::Node::read(std::string_view key, const Setting& setting, bool required) const {
  using Value = typename decltype(value_of(Tree(), setting))::value_type;
  declare({Declared::Kind::setting, path, std::string(key), std::string(setting.doc), expected(setting),
           fallback_yaml(setting), required && !setting.fallback, affects(setting)});
  const Entry* entry = find(key);
  std::optional<Value> result;
  if (entry && (required || entry->value->kind != Tree::Kind::null)) {
    result = checked(entry->at, path_of(key), *entry->value, setting);
  } else if (setting.fallback) {
    result = *setting.fallback;
  } else if (required) {
    if (!record->reference) throw missing(key, expected(setting), setting.doc);
    result = sample(setting);
  }
  if (result) keep(key, shown(*result), affects(setting));
  return result;
}

template <class Setting>
auto Section::Node::read_each(std::string_view key, const Setting& each) const {
  using Value = typename decltype(value_of(Tree(), each))::value_type;
  declare({Declared::Kind::setting,
           path,
           std::string(key),
           std::string(each.doc),
           "a list; each " + expected(each),
           {},
           false,
           affects(each)});
  std::vector<Value> values;
  const Entry* entry = find(key);
  if (!entry || entry->value->kind == Tree::Kind::null) return values;
  if (entry->value->kind == Tree::Kind::sequence) {
    for (std::size_t i = 0; i < entry->value->items.size(); ++i) {
      const Tree& item = *entry->value->items[i];
      values.push_back(checked(item.at, joined(path_of(key), std::to_string(i)), item, each));
    }
  } else {
    values.push_back(checked(entry->at, path_of(key), *entry->value, each));
  }
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ", ") + quoted_in_list(value);
  keep(key, "[" + text + "]", affects(each));
  return values;
}

UsageError Section::Node::missing(std::string_view key, const std::string& expected, std::string_view doc) const {
  std::string suggestion(doc);
  if (tree) {
    if (const auto near = did_you_mean(key, tree->keys()))
      suggestion = "is '" + *near + "' at " + position(*near).text() + " meant to be it?";
  }
  return UsageError(
      {at.text() + ": " + path_of(key) + " is missing", "it must be " + expected + " and has no default", suggestion});
}

double Section::number(std::string_view key, const Number& setting) const {
  return *node_->read(key, setting, true);
}
std::int64_t Section::integer(std::string_view key, const Integer& setting) const {
  return *node_->read(key, setting, true);
}
bool Section::flag(std::string_view key, const Flag& setting) const {
  return *node_->read(key, setting, true);
}
std::string Section::text(std::string_view key, const Text& setting) const {
  return *node_->read(key, setting, true);
}

std::optional<double> Section::maybe_number(std::string_view key, const Number& setting) const {
  return node_->read(key, setting, false);
}
std::optional<std::int64_t> Section::maybe_integer(std::string_view key, const Integer& setting) const {
  return node_->read(key, setting, false);
}
std::optional<std::string> Section::maybe_text(std::string_view key, const Text& setting) const {
  return node_->read(key, setting, false);
}

std::vector<double> Section::numbers(std::string_view key, const Number& each) const {
  return node_->read_each(key, each);
}
std::vector<std::int64_t> Section::integers(std::string_view key, const Integer& each) const {
  return node_->read_each(key, each);
}
std::vector<std::string> Section::texts(std::string_view key, const Text& each) const {
  return node_->read_each(key, each);
}

std::filesystem::path Section::path(std::string_view key, const Path& setting) const {
  return absolute(key, *node_->read(key, setting, true));
}

std::optional<std::filesystem::path> Section::maybe_path(std::string_view key, const Path& setting) const {
  const std::optional<std::string> written = node_->read(key, setting, false);
  if (!written) return std::nullopt;
  return absolute(key, *written);
}

/// A path as written, with variables replaced and taken from the folder of the config file.
std::filesystem::path Section::absolute(std::string_view key, const std::string& written) const {
  if (node_->record->reference) return written;
  const std::filesystem::path found = with_environment(*node_->record, node_->position(key), written);
  return (node_->record->file.parent_path() / found).lexically_normal();
}

}  // namespace proffer::settings
