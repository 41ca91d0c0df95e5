#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "gradiva/core/contiguous.hpp"
#include "gradiva/core/draws_from_a_copy.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class Choose>
concept ChoosesWithMask =
    std::invocable<const Choose&, std::span<const float>, std::span<const std::uint8_t>, Rng&, ActionView&>;
template <class Choose>
concept ChoosesWithoutMask = std::invocable<const Choose&, std::span<const float>, Rng&, ActionView&>;

template <class Choose>
consteval bool gives_a_log_prob() {
    if constexpr (ChoosesWithMask<Choose>) {
        return std::is_arithmetic_v<std::remove_cvref_t<std::invoke_result_t<
            const Choose&, std::span<const float>, std::span<const std::uint8_t>, Rng&, ActionView&>>>;
    } else if constexpr (ChoosesWithoutMask<Choose>) {
        return std::is_arithmetic_v<
            std::remove_cvref_t<std::invoke_result_t<const Choose&, std::span<const float>, Rng&, ActionView&>>>;
    } else {
        return false;
    }
}

template <class Choose>
concept ChoosesFromACopy = draws_from_a_copy<Choose> || requires {
    requires draws_from_a_copy<decltype(&Choose::operator())>;
};

/// One sentence for each rule that the function of a controller breaks, as a compile-time error.
template <class Choose>
consteval bool explain_choose() {
    constexpr bool chooses = ChoosesWithMask<Choose> || ChoosesWithoutMask<Choose>;
    static_assert(chooses,
                  "gradiva: a Controller's function is const, and takes (std::span<const float> observation, Rng&, "
                  "ActionView action), or with std::span<const std::uint8_t> legal in second place");
    static_assert(!chooses || gives_a_log_prob<Choose>(),
                  "gradiva: a Controller's function returns the log-probability of its choice, a double");
    static_assert(!ChoosesFromACopy<Choose>,
                  "gradiva: a Controller's function takes its Rng by reference, as Rng&: a copy draws the same numbers "
                  "in every step");
    return chooses;
}

}  // namespace detail

/// A behaviour given by a function, whose data a policy can learn from off policy: `choose(observation, rng, action)`
/// writes an action and returns the log-probability, or log-density, with which it was chosen; 0 for a deterministic
/// choice. An action is one column of an `ActionView`: `action.integers(0, 0)` for `Discrete`, `action.reals.col(0)`
/// for `Box`. In environments with masks it may be `choose(observation, legal, rng, action)`, where `legal` holds 1 for
/// each legal choice and 0 for the others. It is called from several threads at once. Models `Behaviour`.
template <class Choose>
class Controller {
    static_assert(detail::explain_choose<Choose>());

public:
    using Scalar = float;

    /// The arguments of `forward`, and the results of `sample`.
    struct Tape {
        ConstMatrixMap<float> head{nullptr, 0, 0};  ///< 0 x batch: a controller has no head
        ConstMatrixMap<float> observation{nullptr, 0, 0};
        MatrixBuffer<float> dense_observation;  ///< a copy where the observation has gaps between its columns
        ActionMask legal{nullptr, 0, 0};
        mutable Buffer<float> log_prob;  ///< of each column's sampled action
    };

    /// For the observations and actions of `envs`, which it does not store.
    template <ExplainedVectorEnv V>
    Controller(const V& envs, Choose choose)
        : observation_size_(envs.observation_space().size), action_shape_(action_shape_of(envs.action_space())),
          choose_(std::move(choose)) {}

    Index observation_size() const { return observation_size_; }
    Index head_size() const { return 0; }
    ActionShape action_shape() const { return action_shape_; }
    std::span<const float> own_parameters() const { return {}; }

    /// Stores views of the observation (observation_size x batch) and the mask, which must outlive the tape's use.
    void forward(ConstMatrixRef<float> observation, ActionMask legal, Tape& tape) const {
        rebind(tape.legal, legal);
        rebind(tape.observation, contiguous<float>(observation, tape.dense_observation));
        rebind(tape.head, {nullptr, 0, observation.cols()});
        tape.log_prob.resize(observation.cols());
    }

    /// Calls `choose` for each column j, with `rng[j]`.
    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.observation.cols(); ++j) {
            const auto size = static_cast<std::size_t>(tape.observation.rows());
            const std::span observation(tape.observation.data() + j * tape.observation.rows(), size);
            ActionView action{{actions.integers.data() + j * action_shape_.integers, action_shape_.integers, 1},
                              {actions.reals.data() + j * action_shape_.reals, action_shape_.reals, 1}};
            Rng& own = rng[static_cast<std::size_t>(j)];
            if constexpr (detail::ChoosesWithMask<Choose>) {
                const std::span legal(tape.legal.data() + j * tape.legal.rows(),
                                      static_cast<std::size_t>(tape.legal.rows()));
                tape.log_prob[j] = static_cast<float>(choose_(observation, legal, own, action));
            } else {
                tape.log_prob[j] = static_cast<float>(choose_(observation, own, action));
            }
        }
    }

    /// The log-probs that `choose` returned in the last `sample`, whatever the actions.
    void log_prob(const Tape& tape, ConstActionView, VectorRef<float> out) const { out = tape.log_prob.vector(); }

private:
    Index observation_size_;
    ActionShape action_shape_;
    Choose choose_;
};

template <ExplainedVectorEnv V, class Choose>
Controller(const V&, Choose) -> Controller<Choose>;

}  // namespace GRADIVA_NAMESPACE
