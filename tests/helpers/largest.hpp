// Largest numbers that do not pass over NaN, as std::max and Eigen's maxCoeff may: an error that is not a number is
// then no small one.
#pragma once

#include <cmath>

#include <Eigen/Core>

namespace gradiva_test {

/// The larger of two numbers; NaN where either is.
template <class T>
T largest_of(T a, T b) {
    return std::isnan(a) || a > b ? a : b;
}

/// The largest of several.
template <class T, class... More>
T largest_of(T a, T b, T c, More... more) {
    return largest_of(largest_of(a, b), c, more...);
}

/// The largest absolute value of a matrix or an array; NaN where one element is.
template <class Derived>
auto largest_size(const Eigen::DenseBase<Derived>& numbers) {
    return numbers.derived().cwiseAbs().template maxCoeff<Eigen::PropagateNaN>();
}

}  // namespace gradiva_test
