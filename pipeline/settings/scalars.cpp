#include "settings/scalars.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "foundation/text.hpp"

namespace proffer::settings {
namespace {

template <class T>
std::string bounds(T min, T max, T lowest, T highest) {
  if (min > lowest && max < highest)
    return min == max ? " equal to " + shown(min) : " from " + shown(min) + " to " + shown(max);
  if (min > lowest) return " of at least " + shown(min);
  if (max < highest) return " of at most " + shown(max);
  return {};
}

std::string bracketed(std::string_view unit) {
  return unit.empty() ? std::string() : " [" + std::string(unit) + "]";
}

bool plain_scalar(const Tree& tree) {
  return tree.kind == Tree::Kind::scalar && !tree.quoted;
}

std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

template <class T>
std::optional<T> whole_text_as(std::string_view text) {
  text = without_plus(text);
  T value{};
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> double_in(std::string_view text) {
  // YAML's spellings; from_chars would take C's "inf" and "nan", which are plain words in YAML.
  if (text == ".inf" || text == "+.inf" || text == ".Inf") return std::numeric_limits<double>::infinity();
  if (text == "-.inf" || text == "-.Inf") return -std::numeric_limits<double>::infinity();
  const auto value = whole_text_as<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// 1000000, but also 1e6 and 5.0: whatever is integral and exact in a double.
std::optional<std::int64_t> integer_in(std::string_view text) {
  if (const auto value = whole_text_as<std::int64_t>(text)) return value;
  const std::optional<double> value = double_in(text);
  constexpr double exact = 0x1p53;
  if (!value || std::abs(*value) > exact || *value != std::floor(*value)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

bool reads_as_text(std::string_view text) {
  static constexpr std::array words{"true", "false", "True", "False", "TRUE", "FALSE", "null",
                                    "Null", "NULL",  "~",    "yes",   "no",   "on",    "off"};
  if (text.empty() || double_in(text) || std::ranges::find(words, text) != words.end()) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  return text.find_first_of(",[]{}\n\t\\\"") == std::string_view::npos && text.find(": ") == std::string_view::npos &&
         text.find(" #") == std::string_view::npos;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string expected(const Number& setting) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return "a number" + bounds(setting.min, setting.max, -infinity, infinity) + bracketed(setting.unit);
}

std::string expected(const Integer& setting) {
  using Limits = std::numeric_limits<std::int64_t>;
  return "an integer" + bounds(setting.min, setting.max, Limits::min(), Limits::max()) + bracketed(setting.unit);
}

std::string expected(const Flag&) {
  return "true or false";
}

std::string expected(const Text& setting) {
  return setting.choices.empty() ? "a text" : one_of(setting.choices);
}

std::string expected(const Path&) {
  return "a path";
}

std::optional<double> value_of(const Tree& tree, const Number& setting) {
  if (!plain_scalar(tree)) return std::nullopt;
  const std::optional<double> value = double_in(tree.scalar);
  if (!value || *value < setting.min || *value > setting.max) return std::nullopt;
  if (std::isinf(*value) && !setting.infinite) return std::nullopt;
  return *value + 0.0;  // -0 is 0
}

std::optional<std::int64_t> value_of(const Tree& tree, const Integer& setting) {
  if (!plain_scalar(tree)) return std::nullopt;
  const std::optional<std::int64_t> value = integer_in(tree.scalar);
  if (!value || *value < setting.min || *value > setting.max) return std::nullopt;
  return value;
}

std::optional<bool> value_of(const Tree& tree, const Flag&) {
  if (!plain_scalar(tree)) return std::nullopt;
  if (tree.scalar == "true" || tree.scalar == "True" || tree.scalar == "TRUE") return true;
  if (tree.scalar == "false" || tree.scalar == "False" || tree.scalar == "FALSE") return false;
  return std::nullopt;
}

std::optional<std::string> value_of(const Tree& tree, const Text& setting) {
  if (tree.kind != Tree::Kind::scalar) return std::nullopt;
  if (!setting.choices.empty() && std::ranges::find(setting.choices, tree.scalar) == setting.choices.end())
    return std::nullopt;
  return tree.scalar;
}

std::optional<std::string> value_of(const Tree& tree, const Path&) {
  if (tree.kind != Tree::Kind::scalar || tree.scalar.empty()) return std::nullopt;
  return tree.scalar;
}

std::string shown(double value) {
  return shortest(value);
}
std::string shown(std::int64_t value) {
  return std::to_string(value);
}
std::string shown(bool value) {
  return value ? "true" : "false";
}
std::string shown(const std::string& value) {
  return escaped(value);
}

std::string as_yaml(const std::string& text) {
  return reads_as_text(text) ? text : "\"" + escaped(text) + "\"";
}

double sample(const Number& setting) {
  return std::clamp(0.0, setting.min, setting.max);
}
std::int64_t sample(const Integer& setting) {
  return std::clamp(std::int64_t{0}, setting.min, setting.max);
}
bool sample(const Flag&) {
  return false;
}
std::string sample(const Text& setting) {
  return setting.choices.empty() ? "" : setting.choices.front();
}
std::string sample(const Path&) {
  return {};
}

}  // namespace proffer::settings
