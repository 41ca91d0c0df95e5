// Gradients by central differences, and how far two vectors are apart.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace gradiva_test {

/// df/dx by central differences. `f` reads the values of `x`, which are changed one at a time and put back.
inline std::vector<double> numeric_gradient(std::span<double> x, const std::function<double()>& f, double h = 1e-5) {
    std::vector<double> gradient;
    gradient.reserve(x.size());
    for (double& value : x) {
        const double before = value;
        value = before + h;
        const double above = f();
        value = before - h;
        const double below = f();
        value = before;
        gradient.push_back((above - below) / (2 * h));
    }
    return gradient;
}

/// |a - b| / |b|; |a - b| where b is zero, and infinity where the sizes differ.
inline double relative_error(std::span<const double> a, std::span<const double> b) {
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

}  // namespace gradiva_test
