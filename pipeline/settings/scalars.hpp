// How each kind of setting is described, read from YAML and written back. Internal to settings/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "settings/section.hpp"
#include "settings/tree.hpp"

namespace proffer::settings {

/// "a number from 0 to 1 [per year]": what a value must be.
[[nodiscard]] std::string expected(const Number& setting);
[[nodiscard]] std::string expected(const Integer& setting);
[[nodiscard]] std::string expected(const Flag& setting);
[[nodiscard]] std::string expected(const Text& setting);
[[nodiscard]] std::string expected(const Path& setting);

/// The value, or nothing where what stands there is not as expected.
[[nodiscard]] std::optional<double> value_of(const Tree& tree, const Number& setting);
[[nodiscard]] std::optional<std::int64_t> value_of(const Tree& tree, const Integer& setting);
[[nodiscard]] std::optional<bool> value_of(const Tree& tree, const Flag& setting);
[[nodiscard]] std::optional<std::string> value_of(const Tree& tree, const Text& setting);
[[nodiscard]] std::optional<std::string> value_of(const Tree& tree, const Path& setting);

/// Canonical text: 0.10 and 1e-1 both give 0.1. Text is as it is, on one line.
[[nodiscard]] std::string shown(double value);
[[nodiscard]] std::string shown(std::int64_t value);
[[nodiscard]] std::string shown(bool value);
[[nodiscard]] std::string shown(const std::string& value);

/// The same as YAML: text is quoted where it would read as something else.
[[nodiscard]] std::string as_yaml(const std::string& text);

/// A value within the bounds that stands for a required setting where the reference is made.
[[nodiscard]] double sample(const Number& setting);
[[nodiscard]] std::int64_t sample(const Integer& setting);
[[nodiscard]] bool sample(const Flag& setting);
[[nodiscard]] std::string sample(const Text& setting);
[[nodiscard]] std::string sample(const Path& setting);

}  // namespace proffer::settings
