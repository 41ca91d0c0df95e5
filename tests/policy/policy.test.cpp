// The types of the library model its concepts.
#include "catch.hpp"

#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

template <class Scalar, class D>
constexpr bool acts = is_distribution<D>&& DistributionWithFisher<D>&& is_policy<Actor<MlpNetwork<Scalar>, D>>&&
    PolicyWithFisher<Actor<MlpNetwork<Scalar>, D>>&& is_policy<Actor<TrunkNetwork<Scalar>, D>>;

template <class Scalar>
constexpr bool all_act = acts<Scalar, Categorical<Scalar>>&& acts<Scalar, MultiCategorical<Scalar>>&& acts<
    Scalar, Bernoulli<Scalar>>&& acts<Scalar, DiagonalGaussian<Scalar>>&& acts<Scalar, StateDependentGaussian<Scalar>>&&
    acts<Scalar, SquashedGaussian<Scalar>>&& acts<Scalar, SquashedGaussian<Scalar, StateDependentGaussian<Scalar>>>&&
        acts<Scalar, Beta<Scalar>>&& acts<Scalar, Hybrid<Scalar>>&&
            acts<Scalar, Hybrid<Scalar, SquashedGaussian<Scalar>>>&& acts<Scalar, EpsilonGreedy<Scalar>>;

template <class Scalar>
constexpr bool all_learn = is_module<MlpNetwork<Scalar>>&& is_module<TrunkNetwork<Scalar>>&&
    ModuleWithJvp<TrunkNetwork<Scalar>>&& ModuleWithInputGradient<TrunkNetwork<Scalar>>&&
        is_value_function<Critic<MlpNetwork<Scalar>>>&&
            is_value_function<SharedCritic<Actor<TrunkNetwork<Scalar>, Categorical<Scalar>>>>&&
                is_optimizer<Adam<Scalar>, Scalar>&& is_optimizer<Rmsprop<Scalar>, Scalar>&&
                    is_optimizer<Sgd<Scalar>, Scalar>;

constexpr auto left = [](std::span<const float>, Rng&, ActionView action) {
    action.integers(0, 0) = 0;
    return 0.0;
};

struct LearnsAlone : Critic<MlpNetwork<float>> {
    static constexpr bool learns_in_actor = false;
};

}  // namespace

TEST_CASE("every distribution, network, critic, optimizer, advantage and surrogate of the library models its concept") {
    STATIC_REQUIRE(all_act<float>);
    STATIC_REQUIRE(all_act<double>);
    STATIC_REQUIRE(all_learn<float>);
    STATIC_REQUIRE(all_learn<double>);
    STATIC_REQUIRE(is_advantage<Gae> && is_advantage<NStep> && is_advantage<RewardToGo> && is_advantage<TotalReturn>);
    STATIC_REQUIRE(is_advantage<VTrace> && is_advantage<QReturns> && is_advantage<SingleRatio>);
    STATIC_REQUIRE(is_surrogate<Clip> && is_surrogate<KlPenalty> && is_surrogate<PolicyGradient>);
    STATIC_REQUIRE(is_vector_env<Vectorized<CartPole>> && is_vector_env<Vectorized<TimeLimit<MaskedGrid>>>);
    STATIC_REQUIRE(is_vector_env<CartPoleBatch>);
    STATIC_REQUIRE(is_behaviour<Controller<decltype(left)>>);
}

TEST_CASE("a critic that says learns_in_actor = false has weights of its own") {
    STATIC_REQUIRE(is_value_function<LearnsAlone>);
    STATIC_REQUIRE_FALSE(learns_in_actor<LearnsAlone>);
    STATIC_REQUIRE(learns_in_actor<SharedCritic<Actor<TrunkNetwork<float>, Categorical<float>>>>);
}
