// One rank fails alone while the others wait for it: the session must neither finalise nor hang, and main aborts.
#include <cstdio>

#include "foundation/error.hpp"
#include "parallel/collectives.hpp"

int main(int argc, char** argv) {
  using namespace proffer;
  try {
    const parallel::Session session(argc, argv);
    const auto world = session.world();
    const auto part = world.split(0);
    if (world.rank() == world.size() - 1) throw DataError({"row 7 is bad", "", ""});
    parallel::barrier(part);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    parallel::Session::abort(static_cast<int>(error.code()));
  }
}
