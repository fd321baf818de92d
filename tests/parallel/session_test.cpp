#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "parallel/communicator.hpp"

namespace proffer::parallel {
namespace {

/// Sets (or unsets) an environment variable as long as it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const char* value) const {
    if (value)
      setenv(name_, value, 1);
    else
      unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> old_;
};

int announced(const char* mpirun, const char* slurm) {
  const Environment first("OMPI_COMM_WORLD_SIZE", mpirun);
  const Environment second("SLURM_STEP_NUM_TASKS", slurm);
  return announced_tasks();
}

TEST(AnnouncedTasks, ReadsTheLaunchersEnvironment) {
  EXPECT_EQ(announced(nullptr, nullptr), 0);
  EXPECT_EQ(announced(nullptr, "8"), 8);
  EXPECT_EQ(announced("4", nullptr), 4);
  EXPECT_EQ(announced("4", "1"), 4);  // mpirun's daemons run as a Slurm step of their own
  EXPECT_EQ(announced(nullptr, "many"), 0);
  EXPECT_EQ(announced("", "3x"), 0);
  EXPECT_EQ(announced(nullptr, "-3"), 0);
}

}  // namespace
}  // namespace proffer::parallel
