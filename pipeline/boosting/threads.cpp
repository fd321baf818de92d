#include "boosting/threads.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

namespace proffer::boosting {

void in_threads(std::size_t rows, std::size_t block, int threads,
                const std::function<void(std::size_t, std::size_t)>& work) {
  const std::size_t blocks = (rows + block - 1) / block;
  const std::size_t parts = std::clamp<std::size_t>(blocks, 1, static_cast<std::size_t>(std::max(threads, 1)));
  const auto begin_of = [&](std::size_t part) { return std::min(rows, blocks * part / parts * block); };
  std::vector<std::exception_ptr> errors(parts);
  const auto do_part = [&](std::size_t part) {
    try {
      work(begin_of(part), begin_of(part + 1));
    } catch (...) {
      errors[part] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t part = 1; part < parts; ++part) others.emplace_back(do_part, part);
    do_part(0);
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace proffer::boosting
