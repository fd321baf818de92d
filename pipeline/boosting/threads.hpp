// Rows shared out to threads.
#pragma once

#include <cstddef>
#include <functional>

namespace proffer::boosting {

/// Calls work(begin, end) for parts of 0 … rows − 1 that together are all of them, each part but the last a multiple of
/// `block` rows, in at most `threads` threads at once (this one among them). The first exception is thrown on.
void in_threads(std::size_t rows, std::size_t block, int threads,
                const std::function<void(std::size_t, std::size_t)>& work);

}  // namespace proffer::boosting
