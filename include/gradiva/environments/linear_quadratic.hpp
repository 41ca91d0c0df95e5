#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// The matrices of `LinearQuadratic`, for n states and m actions.
struct LinearQuadraticOptions {
    Matrix<double> a;  ///< n x n: state transition
    Matrix<double> b;  ///< n x m: control input
    Matrix<double> q;  ///< n x n: state cost, symmetric
    Matrix<double> r;  ///< m x m: control cost, symmetric
    double start = 1;  ///< initial states are uniform on [-start, start]^n; finite, above 0

    void visit_state(State& state) {
        state("a", a);
        state("b", b);
        state("q", q);
        state("r", r);
        state("start", start);
    }
};

/// The linear quadratic regulator: x' = A x + B u, with reward -(x^T Q x + u^T R u). The observation is the state x;
/// episodes do not end by themselves. Models `DifferentiableEnv`.
///
/// The optimal policy for a discount gamma is u = -K x, K the limit of K_i in the Riccati recursion from P_0 = Q:
///   K_i = gamma (R + gamma B^T P_i B)^-1 B^T P_i A,   P_{i+1} = Q + gamma A^T P_i (A - B K_i).
/// Source: Bertsekas, "Dynamic Programming and Optimal Control", volume I, section 3.1.
class LinearQuadratic {
public:
    /// Throws `Error` unless the matrices are finite and have the shapes given above, Q and R are symmetric, and
    /// `start` is finite and above 0.
    explicit LinearQuadratic(LinearQuadraticOptions options)
        : o_(std::move(options)), x_(o_.a.rows()), action_(o_.b.cols()), next_(o_.a.rows()) {
        const Index n = o_.a.rows();
        const Index m = o_.b.cols();
        require(n >= 1 && m >= 1, "LinearQuadratic: A has {} rows and B {} columns; give at least 1 state and 1 action",
                n, m);
        check("A", o_.a, n, n);
        check("B", o_.b, n, m);
        check("Q", o_.q, n, n);
        check("R", o_.r, m, m);
        require(is_symmetric(o_.q), "LinearQuadratic: Q is not symmetric; give (Q + Q^T) / 2");
        require(is_symmetric(o_.r), "LinearQuadratic: R is not symmetric; give (R + R^T) / 2");
        require(o_.start > 0 && std::isfinite(o_.start), "LinearQuadratic: start is {}; give a finite number above 0",
                o_.start);
    }

    const LinearQuadraticOptions& options() const { return o_; }
    Box observation_space() const { return {.size = o_.a.rows()}; }
    Box action_space() const { return {.size = o_.b.cols()}; }

    void reset(Rng& rng, std::span<float> observation) {
        for (double& x : x_) x = rng.uniform(-o_.start, o_.start);
        write_observation(observation);
    }

    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        for (Index i = 0; i < action_.size(); ++i) {
            action_[i] = static_cast<double>(action[static_cast<std::size_t>(i)]);
        }
        const double reward = transition(x_.span(), action_.span(), next_.span());
        std::swap(x_, next_);
        write_observation(observation);
        return {.reward = reward};
    }

    /// A line for each state, with 0 in its middle and twice `start` at its ends; a state beyond stands at the end.
    void render(Canvas& canvas) const {
        const auto n = static_cast<double>(x_.size());
        canvas.view({.left = -2.4, .bottom = -n, .right = 2.4, .top = 0});
        for (Index i = 0; i < x_.size(); ++i) {
            const double y = -0.5 - static_cast<double>(i), x = x_[i] / o_.start;
            canvas.line({-2, y}, {2, y}, {.ink = Ink::faint, .width = 0.03});
            canvas.line({0, y - 0.2}, {0, y + 0.2}, {.ink = Ink::good, .width = 0.04});
            const bool within = !(std::abs(x) > 2);  // NaN is refused by the canvas
            canvas.circle({within ? x : std::copysign(2, x), y}, 0.15, {.fill = within ? Ink::accent : Ink::bad});
        }
    }

    void visit_state(State& state) {
        state.fixed("options", o_);
        state("x", x_.span());
    }

    // `DifferentiableEnv`.

    Index state_size() const { return o_.a.rows(); }
    void save(std::span<double> state) const { std::copy(x_.begin(), x_.end(), state.begin()); }

    double transition(std::span<const double> state, std::span<const double> action, std::span<double> next) const {
        double reward = 0;
        for (Index i = 0; i < o_.a.rows(); ++i) {
            const auto k = static_cast<std::size_t>(i);
            next[k] = row_times(o_.a, i, state) + row_times(o_.b, i, action);
            reward -= state[k] * row_times(o_.q, i, state);
        }
        for (Index i = 0; i < o_.b.cols(); ++i) {
            reward -= action[static_cast<std::size_t>(i)] * row_times(o_.r, i, action);
        }
        return reward;
    }

    void transition_backward(std::span<const double> state, std::span<const double> action,
                             std::span<const double> d_next, double d_reward, std::span<double> d_state,
                             std::span<double> d_action) const {
        for (Index i = 0; i < o_.a.cols(); ++i) {
            d_state[static_cast<std::size_t>(i)] +=
                column_times(o_.a, i, d_next) - 2 * d_reward * row_times(o_.q, i, state);
        }
        for (Index i = 0; i < o_.b.cols(); ++i) {
            d_action[static_cast<std::size_t>(i)] +=
                column_times(o_.b, i, d_next) - 2 * d_reward * row_times(o_.r, i, action);
        }
    }

    void observe(std::span<const double> state, std::span<double> observation) const {
        std::copy(state.begin(), state.end(), observation.begin());
    }
    void observe_backward(std::span<const double>, std::span<const double> d_observation,
                          std::span<double> d_state) const {
        for (std::size_t i = 0; i < d_state.size(); ++i) d_state[i] += d_observation[i];
    }

private:
    static void check(const char* name, const Matrix<double>& matrix, Index rows, Index columns) {
        require(matrix.rows() == rows && matrix.cols() == columns, "LinearQuadratic: {} is {} x {}; give {} x {}", name,
                matrix.rows(), matrix.cols(), rows, columns);
        require(all_finite(matrix.data(), matrix.size()),
                "LinearQuadratic: {} holds a number that is not finite; give finite numbers", name);
    }

    static bool is_symmetric(const Matrix<double>& matrix) {
        for (Index j = 0; j < matrix.cols(); ++j) {
            for (Index i = 0; i < j; ++i) {
                if (matrix(i, j) != matrix(j, i)) return false;
            }
        }
        return true;
    }

    // Plain loops: Eigen expressions would lengthen the compile time of every program that includes this.

    /// Row i of M times x.
    static double row_times(const Matrix<double>& m, Index i, std::span<const double> x) {
        double sum = 0;
        for (Index k = 0; k < m.cols(); ++k) sum += m(i, k) * x[static_cast<std::size_t>(k)];
        return sum;
    }

    /// Column j of M, as a row, times x.
    static double column_times(const Matrix<double>& m, Index j, std::span<const double> x) {
        double sum = 0;
        for (Index k = 0; k < m.rows(); ++k) sum += m(k, j) * x[static_cast<std::size_t>(k)];
        return sum;
    }

    void write_observation(std::span<float> observation) const {
        for (Index i = 0; i < x_.size(); ++i) observation[static_cast<std::size_t>(i)] = static_cast<float>(x_[i]);
    }

    LinearQuadraticOptions o_;
    Buffer<double> x_;
    Buffer<double> action_;
    Buffer<double> next_;
};

}  // namespace GRADIVA_NAMESPACE
