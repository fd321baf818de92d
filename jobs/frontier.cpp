// frontier: profit against one limit over a range.
#include "combine/frontier.hpp"

#include "jobs/config_section.hpp"
#include "jobs/list_inputs.hpp"

namespace proffer::jobs {
namespace {

class Frontier : public Stage {
 public:
  Frontier(const settings::Config& config, bool alone)
      : list_(read_list_inputs(config, config.root().section("combine", "limits and how they are met"), alone)),
        frontier_(combine::read_frontier(
            stage_section(config, alone, "frontier", "profit against one limit over a range"), list_.settings)),
        alone_(alone) {
    if (list_.problem && !config.root().for_reference())
      throw config.root()
          .section("combine", "")
          .error("problem", "frontier takes no problem file", "it varies a limit of combine.limits",
                 "name scores, or what scoring needs");
  }
  [[nodiscard]] std::string_view name() const override { return "frontier"; }
  [[nodiscard]] std::vector<Input> inputs() const override {
    return alone_ ? list_.inputs() : std::vector<Input>{};  // in a run they are the combine stage's
  }
  StageResult run(Workplace& place) override {
    combine::Outcome outcome = combine::frontier(place.comm, *list_.scored(place), list_.settings_in(place), frontier_,
                                                 place.directory / "frontier", place.common.threads, place.log);
    return {std::move(outcome.files), outcome.rows, {{"frontier", std::move(outcome.certificate)}}};
  }

 private:
  ListInputs list_;
  combine::FrontierSettings frontier_;
  bool alone_;
};

}  // namespace

std::unique_ptr<Stage> make_frontier(const settings::Config& config, bool alone) {
  return std::make_unique<Frontier>(config, alone);
}

}  // namespace proffer::jobs
