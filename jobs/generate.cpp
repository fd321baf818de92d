// generate: a synthetic training book and a population book with planted truth.
#include "borrowers/synthetic.hpp"
#include "jobs/config_section.hpp"
#include "jobs/stage.hpp"

namespace proffer::jobs {
namespace {

class Generate : public Stage {
 public:
  Generate(const settings::Config& config, bool alone)
      : settings_(borrowers::read_generate(stage_section(config, alone, "generate", "the synthetic books"))) {}
  [[nodiscard]] std::string_view name() const override { return "generate"; }

  StageResult run(Workplace& place) override {
    StageResult result;
    result.files.push_back(borrowers::generate_training(place.comm, settings_, place.common.seed,
                                                        place.directory / "books/training.h5", place.log));
    result.files.push_back(borrowers::generate_population(place.comm, settings_, place.common.seed,
                                                          place.directory / "books/population.h5", place.log));
    result.rows = settings_.training.borrowers + settings_.population.borrowers;
    result.facts = {{"synthetic", true}};
    return result;
  }

 private:
  borrowers::GenerateSettings settings_;
};

}  // namespace

std::unique_ptr<Stage> make_generate(const settings::Config& config, bool alone) {
  return std::make_unique<Generate>(config, alone);
}

}  // namespace proffer::jobs
