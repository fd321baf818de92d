#include "models/champion_settings.hpp"

#include <algorithm>
#include <array>

namespace proffer::models {
namespace {
constexpr std::array<std::string_view, 4> names = {"auc", "ks", "log_loss", "brier"};
}  // namespace

std::string_view name_of(Criterion criterion) {
  return names[static_cast<std::size_t>(criterion)];
}

bool rises(Criterion criterion) {
  return criterion == Criterion::auc || criterion == Criterion::ks;
}

PromotionSettings read_promotion(const settings::Section& section) {
  PromotionSettings promotion;
  const std::string by = section.text("by", {.doc = "what champion and challengers are compared by",
                                             .fallback = "auc",
                                             .choices = {names.begin(), names.end()}});
  promotion.by = static_cast<Criterion>(std::ranges::find(names, by) - names.begin());
  promotion.out_of_time =
      section.text("part",
                   {.doc = "rows they are compared on", .fallback = "test", .choices = {"test", "out_of_time"}}) ==
      "out_of_time";
  promotion.margin = section.number(
      "margin", {.doc = "a challenger must be better than the champion by more than this", .fallback = 0, .min = 0});
  promotion.certain = section.flag(
      "certain", {.doc = "the whole 95 % interval of the difference must lie beyond the margin", .fallback = false});
  promotion.replicates = static_cast<int>(section.integer(
      "replicates", {.doc = "bootstrap replicates behind the intervals", .fallback = 200, .min = 20, .max = 10000}));
  return promotion;
}

}  // namespace proffer::models
