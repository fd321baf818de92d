// Small things for messages and tables.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace proffer {

/// The candidate nearest to `word` by edit distance, if it is near enough to be a likely typing error.
[[nodiscard]] std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates);
/// "a, b or c"
[[nodiscard]] std::string one_of(std::span<const std::string> words);
/// 1234567 → "1,234,567"
[[nodiscard]] std::string with_thousands(long long value);
/// Shortest decimal text that reads back as the same double (std::to_chars).
[[nodiscard]] std::string shortest(double value);
[[nodiscard]] std::string shortest(float value);
/// A cell of a CSV file: quoted where it holds a comma, a quote or a line break (RFC 4180).
[[nodiscard]] std::string csv_cell(const std::string& text);

}  // namespace proffer
