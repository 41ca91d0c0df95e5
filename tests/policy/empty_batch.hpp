// Passes of networks, distributions, actors, critics and surrogates over batches of no samples.
#pragma once

#include <algorithm>
#include <cstdio>
#include <vector>

#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/kernels/ratio_divergence.hpp"
#include "gradiva/learn/value_loss.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"
#include "helpers/environments.hpp"
#include "helpers/sanitizer.hpp"

namespace gradiva_test {

using namespace gradiva;

/// Where the empty batch comes from.
enum class Nothing { no_memory, between_columns, after_more_columns };
inline constexpr Nothing all_of_nothing[] = {Nothing::no_memory, Nothing::between_columns, Nothing::after_more_columns};

template <class Scalar>
bool all_zero(const std::vector<Scalar>& values) {
    return std::all_of(values.begin(), values.end(), [](Scalar x) { return x == 0; });
}

/// Forward, backward, with and without dX, and jvp of one network; whether outputs have no columns and gradients are 0.
template <class Network>
bool network_takes_nothing(const Network& network) {
    using Scalar = typename Network::Scalar;
    const std::size_t size = network.parameters().size();
    std::vector<Scalar> gradient(size, Scalar(0));
    const std::vector<Scalar> direction(size, Scalar(1));
    PackedWeightsOf<Network> packed;
    pack_weights(network, packed);
    bool right = true;
    for (const Nothing nothing : all_of_nothing) {
        typename Network::Tape plain, fast;
        use_packed(fast, packed);
        use_once(fast);
        for (auto* tape : {&plain, &fast}) {
            const Index columns = nothing == Nothing::no_memory ? 0 : 3;
            MatrixBuffer<Scalar> x(network.inputs(), columns), dx = x, dy(network.outputs(), columns);
            if (nothing == Nothing::after_more_columns) network.forward(x.matrix(), *tape);
            const Range none{columns / 2, columns / 2};
            right = right && network.forward(std::as_const(x).columns(none), *tape).cols() == 0;
            if (tape == &plain) right = right && network.jvp(*tape, direction).cols() == 0;
            network.backward(*tape, std::as_const(dy).columns(none), gradient);
            network.forward(std::as_const(x).columns(none), *tape);
            network.backward(*tape, std::as_const(dy).columns(none), gradient, dx.columns(none));
        }
    }
    return right && all_zero(gradient);
}

/// Networks of many widths, inputs and outputs. To initialise wide ones takes long under a sanitizer, which sees at 200
/// what there is to see.
template <class Scalar>
bool networks_take_nothing() {
    bool right = true;
    for (const Index width :
         {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 100, 128, 129, 130, 200, 256, 257, 512}) {
        for (const bool layer_norm : {false, true}) {
            for (const Activation f : {Activation::tanh, Activation::relu}) {
                const Mlp mlp{.hidden = {width, width},
                              .activation = f,
                              .layer_norm = layer_norm,
                              .normalize_observations = width % 2 == 1};
                for (const Index outputs : {1, 2, 3, 18, 70}) {
                    if (sanitized && (width > 200 || (width > 130 && outputs != 1 && outputs != 18))) continue;
                    const Index inputs = 1 + outputs % 13 * 3;
                    const bool takes = network_takes_nothing(MlpNetwork<Scalar>(inputs, outputs, mlp, Rng(1))) &&
                                       network_takes_nothing(TrunkNetwork<Scalar>(inputs, outputs, {mlp}, Rng(1)));
                    if (!takes) std::printf("not: hidden %d, outputs %d\n", int(width), int(outputs));
                    right = right && takes;
                }
                if (width > 130) break;
            }
        }
    }
    return right;
}

/// All members of an actor.
template <class D>
bool actor_takes_nothing(const D& distribution) {
    using Scalar = typename D::Scalar;
    using A = Actor<MlpNetwork<Scalar>, D>;
    const A actor(MlpNetwork<Scalar>(3, distribution.head_size(), {.hidden = {130}}, Rng(1)), distribution);
    bool right = true;
    for (const Nothing nothing : all_of_nothing) {
        typename A::Tape tape;
        const Index columns = nothing == Nothing::no_memory ? 0 : 3, mask_rows = actor.mask_size();
        const Range none{columns / 2, columns / 2};
        MatrixBuffer<Scalar> observation(3, columns), head(actor.head_size(), columns);
        MatrixBuffer<std::uint8_t> mask(mask_rows, columns);
        std::fill_n(mask.data(), columns * mask_rows, std::uint8_t{1});
        ActionBatch actions(actor.action_shape(), columns), sent = actions;
        if (nothing == Nothing::after_more_columns) actor.forward(std::as_const(observation).matrix(), tape);
        for (const bool masked : {false, true}) {
            const ActionMask legal = masked ? std::as_const(mask).columns(none) : all_legal(0);
            actor.forward(std::as_const(observation).columns(none), legal, tape);
            Buffer<Scalar> out;
            std::vector<Rng> streams;
            actor.sample(tape, streams, actions.columns(none));
            actor.mode(tape, actions.columns(none));
            const ConstActionView done = std::as_const(actions).columns(none);
            actor.log_prob(tape, done, out.vector());
            actor.entropy(tape, out.vector());
            typename A::DistributionTape old;
            actor.recall(std::as_const(head).columns(none), actor.own_parameters(), old);
            actor.kl_from(old, tape, out.vector());
            std::vector<Scalar> gradient(actor.weights().size(), Scalar(0)), v(gradient.size(), Scalar(1));
            actor.backward(tape, done, out.vector(), Scalar(0.1), &old, Scalar(0.2), gradient);
            actor.add_fisher_product(tape, v, gradient);
            if constexpr (requires { actor.to_environment(done, sent.columns(none)); }) {
                actor.to_environment(done, sent.columns(none));
                actor.from_environment(std::as_const(sent).columns(none), actions.columns(none));
            }
            right = right && tape.head.cols() == 0 && all_zero(gradient);
        }
        const Matrix<Scalar> no_head(actor.head_size(), 0), no_observation(3, 0);  // matrices of Eigen
        Matrix<Scalar> d_head(actor.head_size(), 0);
        typename D::Tape distribution_tape;
        std::vector<Scalar> d_own(actor.own_parameters().size(), Scalar(0));
        distribution.forward(no_head, actor.own_parameters(), distribution_tape);
        distribution.backward(distribution_tape, actions.columns(none), Vector<Scalar>(0), 0, nullptr, 0, d_head,
                              d_own);
        distribution.fisher(distribution_tape, no_head, actor.own_parameters(), d_head, d_own);
        actor.forward(no_observation, tape);
        right = right && tape.head.cols() == 0 && all_zero(d_own);
        GreedyValue value(actor);
        typename GreedyValue<A>::Tape value_tape;
        right = right && value.forward(std::as_const(observation).columns(none), value_tape).size() == 0;
    }
    return right;
}

/// Actors over each distribution there is.
template <class Scalar>
bool actors_take_nothing() {
    const Box box{.size = 2, .low = {-1}, .high = {2}};
    using T = Scalar;
    return actor_takes_nothing(Categorical<T>(1)) && actor_takes_nothing(Categorical<T>(18)) &&
           actor_takes_nothing(Categorical<T>(70)) && actor_takes_nothing(MultiCategorical<T>({3, 17})) &&
           actor_takes_nothing(Bernoulli<T>(3)) && actor_takes_nothing(EpsilonGreedy<T>(4)) &&
           actor_takes_nothing(DiagonalGaussian<T>(1)) && actor_takes_nothing(DiagonalGaussian<T>(18)) &&
           actor_takes_nothing(StateDependentGaussian<T>(2)) && actor_takes_nothing(SquashedGaussian<T>(box)) &&
           actor_takes_nothing(SquashedGaussian<T, StateDependentGaussian<T>>(box)) &&
           actor_takes_nothing(Beta<T>(box)) && actor_takes_nothing(Hybrid<T>(3, 2)) &&
           actor_takes_nothing(Hybrid<T, Beta<T>>(3, Beta<T>(box)));
}

/// Critics, a shared one, a controller, surrogates and losses.
template <class Scalar>
bool others_take_nothing() {
    const MatrixBuffer<Scalar> observation(3, 0);
    bool right = true;
    for (const Index width : {3, 64, 130, 512}) {
        const Critic<MlpNetwork<Scalar>> critic(MlpNetwork<Scalar>(3, 1, {.hidden = {width}}, Rng(1)));
        typename MlpNetwork<Scalar>::Tape tape;
        std::vector<Scalar> gradient(critic.weights().size(), Scalar(0));
        const auto value = critic.forward(observation.matrix(), tape);
        critic.backward(tape, value, gradient);
        right = right && value.size() == 0 && all_zero(gradient);

        using A = Actor<TrunkNetwork<Scalar>, Categorical<Scalar>>;
        A actor(TrunkNetwork<Scalar>(3, 2, {.trunk = Mlp{.hidden = {width}}}, Rng(1)), Categorical<Scalar>(2));
        const SharedCritic<A> shared(actor);
        typename A::Tape of_actor;
        std::vector<Scalar> of_both(actor.weights().size(), Scalar(0));
        const auto shared_value = shared.forward(observation.matrix(), of_actor);
        shared.backward(of_actor, shared_value, of_both);
        right = right && shared_value.size() == 0 && all_zero(of_both);
    }
    Vectorized envs(Ticker{}, {.count = 1});
    const Controller controller(envs, [](std::span<const float>, Rng&, ActionView) { return 0.0; });
    typename decltype(controller)::Tape tape;
    controller.forward(MatrixBuffer<float>(3, 0).matrix(), all_legal(0), tape);
    std::vector<Rng> streams;
    ActionBatch actions(controller.action_shape(), 0);
    controller.sample(tape, streams, actions.all());
    Buffer<float> log_prob;
    controller.log_prob(tape, actions.all(), log_prob.vector());

    Buffer<Scalar> none;
    const auto view = std::as_const(none).vector();
    const auto loss_of = [&](const auto& surrogate) {
        return surrogate_sum<Scalar>(surrogate, view, view, view, none.vector()).loss;
    };
    return right && loss_of(Clip{}) == 0 && loss_of(KlPenalty{}) == 0 && loss_of(PolicyGradient{}) == 0 &&
           value_loss<Scalar>(view, view, view, 0.2, none.vector()) == 0 &&
           value_loss<Scalar>(view, view, view, 0, none.vector()) == 0 &&
           kernels::sum_of_ratio_divergence<Scalar>(view) == 0;
}

}  // namespace gradiva_test
