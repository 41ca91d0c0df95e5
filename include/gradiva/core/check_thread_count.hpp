#pragma once

#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/threads.hpp"

namespace GRADIVA_NAMESPACE {

/// Returns `threads`. Throws an `Error` that names the trainer unless it is from 1 to `Threads::most`.
inline Index check_thread_count(std::string_view trainer, Index threads) {
    require(threads >= 1, "{}: threads is {}; give at least 1", trainer, threads);
    require(threads <= Threads::most, "{}: threads is {}; give at most {}, best as many as cores", trainer, threads,
            Threads::most);
    return threads;
}

}  // namespace GRADIVA_NAMESPACE
