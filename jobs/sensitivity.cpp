// sensitivity: the list across a range of what rates might change.
#include "combine/sensitivity.hpp"

#include "jobs/config_section.hpp"
#include "jobs/list_inputs.hpp"

namespace proffer::jobs {
namespace {

class Sensitivity : public Stage {
 public:
  Sensitivity(const settings::Config& config, bool alone)
      : list_(read_list_inputs(config, config.root().section("combine", "limits and how they are met"), alone)) {
    const settings::Section section =
        stage_section(config, alone, "sensitivity", "the list across a range of what rates might change");
    if (!section.for_reference()) check(section);
    sensitivity_ = combine::read_sensitivity(
        section,
        list_.scoring ? list_.scoring->settings.economics.prices.value_or(offers::Prices{}) : offers::Prices{});
    alone_ = alone;
  }
  [[nodiscard]] std::string_view name() const override { return "sensitivity"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    return alone_ ? list_.inputs() : std::vector<Input>{};  // in a run they are the combine stage's
  }
  StageResult run(Workplace& place) override {
    Scoring scoring = *list_.scoring;
    combine::Outcome outcome = combine::sensitivity(
        place.comm,
        [&](const offers::Prices& world) {
          scoring.settings.economics.prices = world;
          return scoring.live(place);
        },
        list_.settings_in(place), sensitivity_, place.directory / "sensitivity", place.common.threads, place.log);
    return {std::move(outcome.files), outcome.rows, {{"sensitivity", std::move(outcome.certificate)}}};
  }

 private:
  void check(const settings::Section& section) const {
    if (list_.problem || list_.scores || !list_.scoring)
      throw section.error("", "sensitivity needs book, models and catalog", "every elasticity is scored anew",
                          "leave combine.problem and combine.scores out, and name score.population and score.models");
    if (!list_.scoring->settings.economics.prices)
      throw section.error("", "sensitivity varies economics.prices, which is not there",
                          "the models say what rates change",
                          "add economics.prices with the elasticities that you take to be true");
    if (list_.settings.previous)
      throw section.error("", "sensitivity does not know an earlier list", "combine.previous is set", "remove it");
  }

  ListInputs list_;
  combine::SensitivitySettings sensitivity_;
  bool alone_ = false;
};

}  // namespace

std::unique_ptr<Stage> make_sensitivity(const settings::Config& config, bool alone) {
  return std::make_unique<Sensitivity>(config, alone);
}

}  // namespace proffer::jobs
