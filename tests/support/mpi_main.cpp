// GoogleTest main for tests that run on several ranks: only rank 0 prints passes, every rank prints its failures, one
// result for all; running no test at all is a failure.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::test {
namespace {
const parallel::Communicator* current_world = nullptr;

class RankFailures : public ::testing::EmptyTestEventListener {
 public:
  explicit RankFailures(int rank) : rank_(rank) {}
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed())
      std::fprintf(stderr, "[rank %d] %s:%d: %s\n", rank_, result.file_name() ? result.file_name() : "?",
                   result.line_number(), result.message());
  }

 private:
  int rank_;
};
}  // namespace

const parallel::Communicator& world() { return *current_world; }
void set_world(const parallel::Communicator& comm) { current_world = &comm; }
}  // namespace proffer::test

int main(int argc, char** argv) {
  using namespace proffer;
  parallel::Session session(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  const parallel::Communicator comm = session.world();
  test::set_world(comm);
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (!comm.is_root()) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new test::RankFailures(comm.rank()));
  }
  bool failed = RUN_ALL_TESTS() != 0;
  if (::testing::UnitTest::GetInstance()->test_to_run_count() == 0) {
    if (comm.is_root()) std::fprintf(stderr, "no tests ran\n");
    failed = true;
  }
  return parallel::any_over_ranks(comm, failed) ? EXIT_FAILURE : EXIT_SUCCESS;
}
