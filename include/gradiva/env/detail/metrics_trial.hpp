#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/env/detail/hash.hpp"
#include "gradiva/env/metrics.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Asks an environment, if it has metrics, for those of an episode that has ended, so many times, and adds them to
/// `hash`. Throws `Error` on broken rules; `attempt(call)` runs the call of `metrics`, `place()` says in words where
/// the run is.
template <class E, class Attempt, class Place>
void try_metrics([[maybe_unused]] const E& env, [[maybe_unused]] int calls, [[maybe_unused]] const Attempt& attempt,
                 [[maybe_unused]] const Place& place, [[maybe_unused]] Hash& hash) {
    constexpr std::size_t count = metric_names_of<E>().size(), margin = 8;
    constexpr double guard = -1.2345e30;
    std::array<double, count> first{};
    std::array<double, count + 2 * margin> all{};
    for (int call = 0; call < calls && count > 0; ++call) {
        all.fill(guard);
        const std::span<double> metrics = std::span(all).subspan(margin, count);
        std::fill(metrics.begin(), metrics.end(), std::numeric_limits<double>::quiet_NaN());
        if constexpr (count > 0) attempt([&] { env.metrics(metrics); });
        for (std::size_t k = 0; k < count; ++k) {
            if (std::isfinite(metrics[k])) continue;
            fail("check_env: metric {} after {} is {}, or was not written; write a finite number",
                 metric_names_of<E>()[k], place(), metrics[k]);
        }
        const auto is_left_alone = [](double x) { return x == guard; };
        if (!std::all_of(all.begin(), all.begin() + margin, is_left_alone) ||
            !std::all_of(all.end() - margin, all.end(), is_left_alone)) {
            fail("check_env: metrics after {} writes outside its {} elements; write one number for each name", place(),
                 count);
        }
        if (call == 0) std::copy(metrics.begin(), metrics.end(), first.begin());
        if (!std::equal(metrics.begin(), metrics.end(), first.begin())) {
            fail("check_env: two calls of metrics after {} differ; let it depend on nothing but the state", place());
        }
    }
    for (const double number : first) hash.add(number);
}

}  // namespace GRADIVA_NAMESPACE::detail
