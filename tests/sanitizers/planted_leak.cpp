// With an argument, the last rank loses a vector between MPI's start and end.
#include <cstdio>
#include <vector>

#include "parallel/communicator.hpp"

int main(int argc, char** argv) {
  const proffer::parallel::Session session(argc, argv);
  const auto world = session.world();
  if (argc > 1 && world.rank() == world.size() - 1) {
    auto* lost = new std::vector<int>(1234);
    std::printf("%zu numbers\n", lost->size());
  }
  return 0;
}
