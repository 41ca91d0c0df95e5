// Parts of a user's own in trainings that go on: updates, optimisers, networks and distributions.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/learn/value_regression.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/trainer.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("a trainer whose update is a ValueRegression goes on as if it had not stopped", "[threads]") {
    using Squashed = SquashedGaussian<float, StateDependentGaussian<float>>;
    check_resumption(training(
        [] { return walks_of(Box{.size = 2, .low = {-1}, .high = {1}}); },
        [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}}, Squashed(envs.action_space())); },
        [](auto& envs, auto&) {
            return Critic(envs, Mlp{.hidden = {6}, .activation = Activation::relu, .normalize_observations = true});
        },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return Trainer({.name = "Mine", .horizon = 6, .threads = threads}, envs, actor, critic, Gae{},
                           [&](Threads& all) {
                               return ValueRegression(critic, Rmsprop<float>(), {.minibatch = 8, .epochs = 2}, all, 7);
                           });
        }));
}

namespace {

/// A network without `visit_state`.
class Mine {
public:
    using Scalar = float;
    using Tape = MlpNetwork<float>::Tape;

    explicit Mine(Index outputs) : network_(2, outputs, {.hidden = {4}, .normalize_observations = true}, Rng(1), 0.1) {}

    Index inputs() const { return network_.inputs(); }
    Index outputs() const { return network_.outputs(); }
    std::span<float> parameters() { return network_.parameters(); }
    std::span<const float> parameters() const { return network_.parameters(); }
    void append_parameters(Index count) { network_.append_parameters(count); }
    Normalizer<float>* normalizer() { return network_.normalizer(); }
    ConstMatrixMap<float> forward(ConstMatrixRef<float> x, Tape& tape) const { return network_.forward(x, tape); }
    void backward(Tape& tape, ConstMatrixRef<float> dy, std::span<float> gradient) const {
        network_.backward(tape, dy, gradient);
    }

private:
    MlpNetwork<float> network_;
};

/// Whose steps become shorter.
class Tiring {
public:
    void step(std::span<float> weights, std::span<const float> gradient, double learning_rate) {
        const auto rate = static_cast<float>(learning_rate / static_cast<double>(++steps_));
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= rate * gradient[i];
    }
    void visit_state(State& state) { state("steps", steps_); }

private:
    Index steps_ = 0;
};

/// Without state.
struct Plain {
    void step(std::span<float> weights, std::span<const float> gradient, double learning_rate) const {
        for (std::size_t i = 0; i < weights.size(); ++i) weights[i] -= static_cast<float>(learning_rate) * gradient[i];
    }
};

template <class Optimizer>
MakeTraining of_own_parts(Index choices = 3) {
    return training([=] { return walks_of(Discrete{choices}); },
                    [=](auto&) { return Actor(Mine(choices), Categorical<float>(choices)); },
                    [](auto&, auto&) { return Critic(Mine(1)); },
                    [](auto& envs, auto& actor, auto& critic, Index threads) {
                        return A2c(envs, actor, critic, Gae{}, {.horizon = 4, .threads = threads}, Optimizer{});
                    });
}

}  // namespace

TEST_CASE("networks without visit_state go on, with optimisers of a user's own", "[threads]") {
    check_resumption(of_own_parts<Tiring>());
    check_resumption(of_own_parts<Plain>());
    CHECK(refused(of_own_parts<Plain>(3), of_own_parts<Plain>(2)) == "actor/network/outputs");
}

TEST_CASE("the inputs of a network without visit_state are compared") {
    struct Wide {
        std::vector<float> numbers;
        Index inputs() const { return static_cast<Index>(numbers.size()); }
        Index outputs() const { return 1; }
        std::span<float> parameters() { return numbers; }
    };
    struct Owner {
        Wide wide;
        void visit_state(State& state) { visit_module(state, "wide", wide); }
    };
    CHECK(refused(Owner{{{1, 2}}}, Owner{{{1}}}) == "wide/inputs");
}

namespace {

/// The weights and the normaliser of a policy.
struct Weighed {
    using Scalar = float;
    std::vector<float> all{1, 2};
    Normalizer<float> normal{2};
    std::span<float> weights() { return all; }
    Normalizer<float>* normalizer() { return &normal; }
};

}  // namespace

TEST_CASE("a policy without visit_state is saved by its weights and its normaliser") {
    struct Owner {
        Weighed policy;
        void visit_state(State& state) { visit_policy(state, "policy", policy); }
    } owner, other;
    owner.policy.all = {3, 4};
    const kernels::Moments moments[] = {{1, 5, 0}, {1, 6, 0}};
    owner.policy.normal.merge(moments);
    restore("test", image_of(owner), other);
    CHECK(other.policy.all == owner.policy.all);
    CHECK(other.policy.normal.moments()[1].mean == 6);
}

TEST_CASE("an actor is restored with the epsilon of its distribution, from 0 to 1") {
    auto envs = walks_of(Discrete{2});
    Actor actor(envs, Mlp{.hidden = {}}, EpsilonGreedy<float>(2, 0.7)),
        other(envs, Mlp{.hidden = {}}, EpsilonGreedy<float>(2, 0.1));
    StateImage image = image_of(actor);
    restore("test", image, other);
    CHECK(other.distribution().epsilon() == 0.7);
    const double two = 2;
    std::memcpy(image.at("distribution/epsilon").own.data(), &two, sizeof(two));
    CHECK_THROWS_WITH(restore("test", image, other), ContainsText("epsilon is 2"));
    CHECK(other.distribution().epsilon() == 0.7);
}

TEST_CASE("as many first moments as second ones are restored") {
    const float gradient[] = {1, 2, 3};
    float weights[] = {0, 0, 0};
    Adam<float> adam, other;
    adam.step(weights, gradient, 0.1);
    const StateImage whole = image_of(adam);
    restore("test", whole, other);
    CHECK(first_difference(whole, image_of(other)).empty());
    StateImage cut = image_of(adam);
    cut.at("second_moment").shape = {2};
    cut.at("second_moment").bytes = 8;
    CHECK_THROWS_WITH(restore("test", cut, other), ContainsText("3 first moments and 2 second ones"));
}

namespace {

/// Environments whose bytes are their whole state: they observe how often they were stepped.
struct Counting {
    static constexpr bool saved_as_bytes = true;
    int steps[2] = {};

    Index size() const { return 2; }
    std::uint64_t seed() const { return 1; }
    Index shards() const { return 1; }
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {2}; }
    void reset(Range range, MatrixRef<float> observation) {
        for (Index j = 0; j < range.size(); ++j) observation(0, j) = 0;
    }
    void step(Range range, const ConstActionView&, StepView& out) {
        for (Index j = 0; j < range.size(); ++j) {
            const auto k = static_cast<std::size_t>(j);
            out.observation(0, j) = static_cast<float>(++steps[range.begin + j]);
            out.reward[k] = out.observation(0, j);
            out.terminated[k] = out.truncated[k] = 0;
        }
    }
};

}  // namespace

TEST_CASE("environments that are saved as bytes go on", "[threads]") {
    check_resumption(training([] { return Counting{}; }, [](auto& envs) { return Actor(envs, Mlp{.hidden = {}}); },
                              [](auto& envs, auto&) { return Critic(envs, Mlp{.hidden = {}}); },
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return A2c(envs, actor, critic, Gae{}, {.horizon = 4, .threads = threads});
                              }));
}
