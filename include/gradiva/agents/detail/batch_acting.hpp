#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/agents/agent.hpp"
#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/policy/checked_behaviour.hpp"
#include "gradiva/rollout/column_passes.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Acts for many agents in one forward pass; see `Learner::act`. Borrows the policy.
template <ActionSpace Space, Policy A>
class BatchActing {
public:
    using Scalar = typename A::Scalar;

    template <VectorEnv V>
    BatchActing(const A& policy, const V& spaces, Index mask_size)
        : policy_(policy), action_space_(spaces.action_space()), mask_size_(mask_size),
          observation_size_(observation_size_of(spaces)), checked_("Learner", policy, action_space_, 1),
          sent_(action_space_, 1) {}

    void operator()(std::span<Agent<Space, A>* const> agents, const ConstMatrixRef<float>& observations,
                    ActionBatch& actions) {
        const auto count = static_cast<Index>(agents.size());
        require(observations.cols() == count, "Learner: there are {} observations for {} agents; give one for each",
                observations.cols(), count);
        actions.resize(policy_.action_shape(), count);
        if (count == 0) return;
        check_once(agents);
        gather(agents, observations, count);
        const ConstActionView sent = choose(count);
        for (Index j = 0; j < count; ++j) copy_action(action_space_, sent_(sent, j, 0), actions.columns({j, j + 1}));
        for (Index j = 0; j < count; ++j) {
            StreamType& stream = agents[to_size(j)]->get();
            stream.rng() = rngs_[j];
            accept(stream, {j, j + 1});
        }
    }

private:
    using StreamType = Stream<Space, A>;

    void check_once(std::span<Agent<Space, A>* const> agents) const {
        for (std::size_t j = 0; j < agents.size(); ++j) {
            require(agents[j] != nullptr, "Learner: agent {} of those that act is null", j);
            require(agents[j]->get().acts_by(policy_), "Learner: agent {} of those that act is another learner's", j);
            agents[j]->get().place_in_batch = static_cast<Index>(j);
        }
        for (std::size_t j = 0; j < agents.size(); ++j) {
            const Index last = agents[j]->get().place_in_batch;
            require(last == static_cast<Index>(j),
                    "Learner: agents {} and {} of those that act are the same; give each once", j, last);
        }
    }

    void gather(std::span<Agent<Space, A>* const> agents, const ConstMatrixRef<float>& observations, Index count) {
        observation_.resize(observation_size_, count);
        mask_.resize(mask_size_, count);
        if constexpr (HasMemory<A>) state_.resize(policy_.state_size(), count);
        rngs_.resize(count);
        for (Index j = 0; j < count; ++j) {
            StreamType& stream = agents[to_size(j)]->get();
            stream.observe({observations.data() + j * observations.outerStride(), to_size(observations.rows())});
            const ActionMask legal = stream.legal();
            std::copy_n(stream.observation().data(), observation_size_, observation_.column(j).data());
            std::copy_n(legal.data(), legal.size(), mask_.column(j).data());
            if constexpr (HasMemory<A>) state_.columns({j, j + 1}) = stream.state();
            rngs_[j] = stream.rng();
        }
    }

    /// Returns the actions as environments take them.
    ConstActionView choose(Index count) {
        const ActionMask legal = std::as_const(mask_).matrix();
        const ConstMatrixMap<Scalar> input = input_(std::as_const(observation_).matrix());
        chosen_.resize(policy_.action_shape(), count);
        log_prob_.resize(count);
        const auto act = [&] {
            if constexpr (HasMemory<A>) {
                width_.assign(1, count);
                begins_.assign(count, 0);
                const Sequences<Scalar> one_step{width_.span(), begins_.span(), std::as_const(state_).matrix()};
                return checked_.act(input, legal, one_step, rngs_.span(), chosen_.all());
            } else {
                return checked_.act(input, legal, rngs_.span(), chosen_.all());
            }
        };
        const ConstActionView sent = act();
        checked_.log_prob(std::as_const(chosen_).all(), log_prob_.vector());
        checked_.check_log_prob(log_prob_.vector(), {0, count});
        return sent;
    }

    void accept(StreamType& stream, Range one) {
        const ConstActionView action = std::as_const(chosen_).columns(one);
        const ConstMatrixMap<Scalar> head = checked_.head();
        const ConstMatrixMap<Scalar> own_head(head.data() + one.begin * head.rows(), head.rows(), 1);
        if constexpr (HasMemory<A>) {
            const ConstMatrixMap<Scalar> after = checked_.state_after();
            stream.accept(action, own_head, log_prob_[one.begin],
                          {after.data() + one.begin * after.rows(), after.rows(), 1});
        } else {
            stream.accept(action, own_head, log_prob_[one.begin], {nullptr, 0, 1});
        }
    }

    const A& policy_;
    Space action_space_;
    Index mask_size_;
    Index observation_size_;
    CheckedBehaviour<A, Space> checked_;
    SentActions<Space> sent_;
    NetworkInput<Scalar> input_;
    MatrixBuffer<float> observation_;
    MatrixBuffer<std::uint8_t> mask_;
    MatrixBuffer<Scalar> state_;
    Buffer<Rng> rngs_;
    ActionBatch chosen_;
    Buffer<Scalar> log_prob_;
    Buffer<Index> width_;
    Buffer<std::uint8_t> begins_;
};

}  // namespace GRADIVA_NAMESPACE::detail
