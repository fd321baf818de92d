// Forgeries of a finished run: each changes one thing and says as what verify must find it.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "forged_run.hpp"

namespace forged {

using table_edit::File;

inline constexpr const char* list_path = "offers/offers.h5";
inline constexpr const char* scores_path = "scores/scores.h5";
inline constexpr const char* book_path = "books/population.h5";
inline constexpr const char* certificate_path = "offers/certificate.json";

struct Case {
  std::string name;
  std::string kind;  ///< of difference that must be among those found; "error 3" where the file cannot be read at all
  std::function<void(Run&)> change;
  bool sealed = true;
};

/// The first row with this decision.
inline std::size_t row_with(File& list, std::uint8_t code, std::size_t number = 0) {
  const auto codes = list["/decision/code"].as<std::uint8_t>();
  for (std::size_t i = 0; i < codes.size(); ++i)
    if (codes[i] == code && number-- == 0) return i;
  throw std::logic_error("the run has no such decision: choose another config");
}

template <class T>
T& at(File& file, const std::string& path, std::size_t i) {
  return file[path].as<T>()[i];
}

inline float next(float value) {
  return std::nextafter(value, 2.0F);
}

/// A change of one row with a decision.
inline Case row(std::string name, std::string kind, std::uint8_t code, std::function<void(File&, std::size_t)> change) {
  return {std::move(name), std::move(kind), [code, change = std::move(change)](Run& run) {
            run.table(list_path, [&](File& list) { change(list, row_with(list, code)); });
          }};
}

inline Case certified(std::string name, std::string kind, std::function<void(json&)> change) {
  return {std::move(name), std::move(kind),
          [change = std::move(change)](Run& run) { run.object(certificate_path, change); }};
}

inline Case setting(std::string name, std::string kind, std::string path, std::string value) {
  return {std::move(name), std::move(kind),
          [path = std::move(path), value = std::move(value)](Run& run) { run.set(path, value); }};
}

inline Case scored(std::string name, std::string kind, std::function<void(File&)> change) {
  return {std::move(name), std::move(kind), [change = std::move(change)](Run& run) { run.table(scores_path, change); }};
}

inline std::size_t offers_of(File& list) {
  return list["/catalog/limit"].dims[0];
}

/// Row of the scores, offer and pair of the first borrower offered something.
inline std::size_t offered_pair(Run& run) {
  std::size_t pair = 0;
  File list = table_edit::load(run / list_path);
  const std::size_t i = row_with(list, 0);
  pair = i * offers_of(list) + static_cast<std::size_t>(at<std::int32_t>(list, "/decision/offer", i));
  return pair;
}

/// The row of the book of the first borrower offered something.
inline std::size_t offered_row_of_book(Run& run, File& book) {
  File list = table_edit::load(run / list_path);
  const std::uint64_t id = at<std::uint64_t>(list, "/borrower/id", row_with(list, 0));
  const auto ids = book["/borrower/id"].as<std::uint64_t>();
  return static_cast<std::size_t>(std::ranges::find(ids, id) - ids.begin());
}

inline void copy_offer(File& list, std::size_t from, std::size_t to) {
  for (auto& [path, data] : list.datasets) {
    if (!path.starts_with("/decision/") || path == "/decision/p_fraud") continue;
    const std::size_t width = data.bytes.size() / data.dims[0];
    std::copy_n(data.bytes.begin() + static_cast<std::ptrdiff_t>(from * width), width,
                data.bytes.begin() + static_cast<std::ptrdiff_t>(to * width));
  }
}

[[nodiscard]] std::vector<Case> list_cases();
[[nodiscard]] std::vector<Case> certificate_cases();
[[nodiscard]] std::vector<Case> source_cases();  ///< of book, models, scores and settings
[[nodiscard]] std::vector<Case> choice_cases();  ///< of the choice for a bare problem

}  // namespace forged
