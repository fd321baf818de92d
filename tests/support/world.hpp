#pragma once

#include "parallel/communicator.hpp"

namespace proffer::test {

/// All ranks of the running test.
[[nodiscard]] const parallel::Communicator& world();
void set_world(const parallel::Communicator& comm);

}  // namespace proffer::test
