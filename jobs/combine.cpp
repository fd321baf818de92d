// combine: scores and the lender's limits to an approve-and-offer list; or a bare allocation problem to a choice.
#include "combine/combine.hpp"

#include "jobs/config_section.hpp"
#include "jobs/list_inputs.hpp"

namespace proffer::jobs {
namespace {

class Combine : public Stage {
 public:
  Combine(const settings::Config& config, bool alone)
      : list_(read_list_inputs(config, stage_section(config, alone, "combine", "limits and how they are met"), alone)) {
  }
  [[nodiscard]] std::string_view name() const override { return "combine"; }
  [[nodiscard]] std::vector<Input> inputs() const override { return list_.inputs(); }
  StageResult run(Workplace& place) override {
    const std::filesystem::path folder = place.directory / "offers";
    const int threads = place.common.threads;
    combine::Outcome outcome =
        list_.problem ? combine::combine_problem(place.comm, *list_.problem, list_.settings, folder, threads, place.log)
                      : combine::combine_scores(place.comm, *list_.scored(place), list_.settings_in(place), folder,
                                                threads, place.log);
    return {std::move(outcome.files), outcome.rows, {{"certificate", std::move(outcome.certificate)}}};
  }

 private:
  ListInputs list_;
};

}  // namespace

std::unique_ptr<Stage> make_combine(const settings::Config& config, bool alone) {
  return std::make_unique<Combine>(config, alone);
}

}  // namespace proffer::jobs
