#pragma once

#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/threads.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Throws `Error` in the name of a trainer on a number of threads that `Threads` would not take.
inline void check_threads(std::string_view trainer, Index threads) {
    require(threads >= 1, "{}: threads is {}; give at least 1", trainer, threads);
    require(threads <= Threads::most, "{}: threads is {}; give at most {}, best as many as cores", trainer, threads,
            Threads::most);
}

}  // namespace GRADIVA_NAMESPACE::detail
