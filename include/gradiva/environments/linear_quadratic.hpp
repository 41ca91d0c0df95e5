#pragma once

#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/env/env.hpp"

namespace gradiva {

struct LinearQuadraticOptions {
    Matrix<double> a;  ///< n x n: what the state does by itself
    Matrix<double> b;  ///< n x m: what actions do to it
    Matrix<double> q;  ///< n x n: the cost of states, symmetric
    Matrix<double> r;  ///< m x m: the cost of actions, symmetric
    double start = 1;  ///< episodes start uniformly within [-start, start] in every element; above 0
};

/// The linear quadratic regulator: x' = A x + B u, with reward -(x^T Q x + u^T R u). The state is observed; episodes do
/// not end by themselves. Models `DifferentiableEnv`.
///
/// The best policy is u = -K x. Discounted by gamma, P = lim P_i of the Riccati recursion, from P_0 = Q:
///   K_i = gamma (R + gamma B^T P_i B)^-1 B^T P_i A,   P_{i+1} = Q + gamma A^T P_i (A - B K_i).
/// Source: Bertsekas, "Dynamic Programming and Optimal Control", volume I, section 3.1.
class LinearQuadratic {
public:
    /// Throws `Error` when the matrices do not fit together or are not finite.
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
        require(o_.q == o_.q.transpose(), "LinearQuadratic: Q is not symmetric; give (Q + Q^T) / 2");
        require(o_.r == o_.r.transpose(), "LinearQuadratic: R is not symmetric; give (R + R^T) / 2");
        require(o_.start > 0, "LinearQuadratic: start is {}; give a number above 0", o_.start);
    }

    const LinearQuadraticOptions& options() const { return o_; }
    Box observation_space() const { return {.size = o_.a.rows()}; }
    Box action_space() const { return {.size = o_.b.cols()}; }

    void reset(Rng& rng, std::span<float> observation) {
        for (double& x : x_) x = rng.uniform(-o_.start, o_.start);
        show(observation);
    }

    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        for (Index i = 0; i < action_.size(); ++i) {
            action_[i] = static_cast<double>(action[static_cast<std::size_t>(i)]);
        }
        const double reward = transition(x_.span(), action_.span(), next_.span());
        std::swap(x_, next_);
        show(observation);
        return {.reward = reward};
    }

    // The model.

    Index state_size() const { return o_.a.rows(); }
    void save(std::span<double> state) const { as_vector(state) = x_.vector(); }

    double transition(std::span<const double> state, std::span<const double> action, std::span<double> next) const {
        const auto x = as_vector(state);
        const auto u = as_vector(action);
        as_vector(next) = o_.a.lazyProduct(x) + o_.b.lazyProduct(u);  // lazy products make no temporaries
        return -x.dot(o_.q.lazyProduct(x)) - u.dot(o_.r.lazyProduct(u));
    }

    void transition_backward(std::span<const double> state, std::span<const double> action,
                             std::span<const double> d_next, double d_reward, std::span<double> d_state,
                             std::span<double> d_action) const {
        const auto dx = as_vector(d_next);
        as_vector(d_state) += o_.a.transpose().lazyProduct(dx) - 2 * d_reward * o_.q.lazyProduct(as_vector(state));
        as_vector(d_action) += o_.b.transpose().lazyProduct(dx) - 2 * d_reward * o_.r.lazyProduct(as_vector(action));
    }

    void observe(std::span<const double> state, std::span<double> observation) const {
        as_vector(observation) = as_vector(state);
    }
    void observe_backward(std::span<const double>, std::span<const double> d_observation,
                          std::span<double> d_state) const {
        as_vector(d_state) += as_vector(d_observation);
    }

private:
    static void check(const char* name, const Matrix<double>& matrix, Index rows, Index columns) {
        require(matrix.rows() == rows && matrix.cols() == columns, "LinearQuadratic: {} is {} x {}; give {} x {}", name,
                matrix.rows(), matrix.cols(), rows, columns);
        require(matrix.allFinite(), "LinearQuadratic: {} holds a number that is not finite; give finite numbers", name);
    }

    void show(std::span<float> observation) const { as_vector(observation) = x_.vector().cast<float>(); }

    LinearQuadraticOptions o_;
    Buffer<double> x_;
    Buffer<double> action_;
    Buffer<double> next_;
};

}  // namespace gradiva
