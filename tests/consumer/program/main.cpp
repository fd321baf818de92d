// A program outside of proffer that uses its libraries.
#include <cstdio>
#include <span>

#include "parallel/exact_sum.hpp"
#include "statistics/normal.hpp"

int main(int argc, char** argv) {
  proffer::parallel::Session session(argc, argv);
  const auto world = session.world();
  proffer::parallel::ExactSum sum;
  for (int i = 0; i < 10; ++i)
    if (i % world.size() == world.rank()) sum.add(0.1);
  proffer::parallel::all_reduce(world, std::span(&sum, 1));
  if (world.is_root())
    std::printf("sum over %d ranks %g, median %g\n", world.size(), sum.rounded(),
                proffer::statistics::normal_quantile(0.5));
}
