#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/learn/losses.hpp"
#include "gradiva/learn/minibatch_descent.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `ValueRegression`.
struct ValueRegressionOptions {
    Index minibatch = 64;                       ///< samples per gradient step, at least 1
    Index epochs = 10;                          ///< passes over the rollout, at least 1
    Schedule learning_rate = 1e-3;              ///< at least 0
    double max_gradient_norm = 0;               ///< 0: no clipping
    std::string_view name = "ValueRegression";  ///< prefix of error messages
};

/// Fits a critic to the value targets of a rollout: L = 0.5 mean((V(s) - value_target)^2), by minibatch gradient
/// descent. With the targets of `RewardToGo` this is Monte Carlo evaluation of the policy that acted, with those of
/// `Gae` TD(lambda). Source: Sutton and Barto, "Reinforcement Learning", 2018, sections 9.3 and 12.2.
template <ExplainedValueFunction C, ExplainedOptimizer<typename C::Scalar> O>
class ValueRegression {
    static_assert(!learns_in_actor<C>, "gradiva: ValueRegression needs a critic with weights of its own");

public:
    using Scalar = typename C::Scalar;

    /// Throws `Error` on options out of range.
    ValueRegression(C& critic, O optimizer, const ValueRegressionOptions& options, Threads& threads, std::uint64_t seed)
        : critic_(critic), descent_(update_options(options.name, options), threads, Rng(seed, Purpose::minibatch, 1),
                                    Part(critic, std::move(optimizer), "critic")) {}

    /// One update. `progress`, from 0 to 1, is the position in the schedule. Errors: see `MinibatchDescent`.
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress = 0) {
        return descent_(rollout, progress, [this](auto& shard, const MinibatchPass<Scalar>& pass) {
            shard.batch.gather_for_critic(pass.samples);
            shard.sums += critic_loss(critic_, {.value = 1 / static_cast<double>(pass.minibatch)}, shard.batch,
                                      shard.scratch, shard.gradient.span());
        });
    }

    /// Between updates.
    void visit_state(State& state) { descent_.visit_state(state); }
    static consteval bool explain_saved() { return explain_saved_optimizer<O, Scalar>(); }

private:
    using Part = DescentPart<C, CriticScratch<C>, double, O>;

    C& critic_;
    MinibatchDescent<Part> descent_;
};

}  // namespace GRADIVA_NAMESPACE
