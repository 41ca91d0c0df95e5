// A part that was built with another option, size or bound is not restored: the error names it. One line for each.

#include <initializer_list>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/gradiva.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class T>
struct Fixed {
    T value;
    void visit_state(State& state) { state.fixed("fixed", value); }
};

/// The same for options, which their owner declares fixed.
template <class Options>
std::string refused_option(const Options& saved, const Options& here) {
    const std::string path = refused(Fixed<Options>{saved}, Fixed<Options>{here});
    return path.substr(path.find('/') + 1);
}

}  // namespace

TEST_CASE("advantages are compared") {
    CHECK(refused(Gae{.gamma = 0.5}, Gae{}) == "gamma");
    CHECK(refused(Gae{.lambda = 0.5}, Gae{}) == "lambda");
    CHECK(refused(QReturns{.gamma = 0.5}, QReturns{}) == "gamma");
    CHECK(refused(QReturns{.lambda = 0.5}, QReturns{}) == "lambda");
    CHECK(refused(VTrace{.gamma = 0.5}, VTrace{}) == "gamma");
    CHECK(refused(VTrace{.lambda = 0.5}, VTrace{}) == "lambda");
    CHECK(refused(VTrace{.rho_bar = 2}, VTrace{}) == "rho_bar");
    CHECK(refused(VTrace{.c_bar = 2}, VTrace{}) == "c_bar");
    CHECK(refused(TemporalDifference{.gamma = 0.5}, TemporalDifference{}) == "gamma");
    CHECK(refused(NStep{.gamma = 0.5}, NStep{}) == "gamma");
    CHECK(refused(NStep{.n = 6}, NStep{}) == "n");
    CHECK(refused(RewardToGo{.gamma = 0.5}, RewardToGo{}) == "gamma");
    CHECK(refused(RewardToGo{.baseline = Baseline::critic}, RewardToGo{}) == "baseline");
    CHECK(refused(RewardToGo{.constant = 1}, RewardToGo{}) == "constant");
    CHECK(refused(TotalReturn{.gamma = 0.5}, TotalReturn{}) == "gamma");
    CHECK(refused(TotalReturn{.baseline = Baseline::critic}, TotalReturn{}) == "baseline");
    CHECK(refused(TotalReturn{.constant = 1}, TotalReturn{}) == "constant");
    CHECK(refused(ProductOfRatios{.gamma = 0.5}, ProductOfRatios{}) == "gamma");
    CHECK(refused(ProductOfRatios{.constant = 1}, ProductOfRatios{}) == "constant");
    CHECK(refused(SingleRatio{.gamma = 0.5}, SingleRatio{}) == "gamma");
    CHECK(refused(SingleRatio{.baseline = Baseline::critic}, SingleRatio{}) == "baseline");
    CHECK(refused(SingleRatio{.constant = 1}, SingleRatio{}) == "constant");
}

TEST_CASE("surrogates are compared") {
    CHECK(refused(Clip{.clip = 0.1}, Clip{}) == "clip/from");
    CHECK(refused(Clip{.clip = Linear{0.2, 0.1}}, Clip{}) == "clip/shape");
    CHECK(refused(Clip{.clip = Linear{0.2, 0.1}}, Clip{.clip = Linear{0.2, 0}}) == "clip/to");
    CHECK(refused(KlPenalty{.target = 1}, KlPenalty{}) == "target");
    CHECK(refused(KlPenalty{.kl_high = 1}, KlPenalty{}) == "kl_high");
    CHECK(refused(KlPenalty{.kl_low = 1}, KlPenalty{}) == "kl_low");
    CHECK(refused(KlPenalty{.beta = 2}, KlPenalty{}) == "beta");
    CHECK(refused(PolicyGradient{.per_episode = true}, PolicyGradient{}) == "per_episode");
}

TEST_CASE("hyperparameters of optimisers are compared") {
    CHECK(refused(Adam<float>({.beta1 = 0.5}), Adam<float>()) == "options/beta1");
    CHECK(refused(Adam<float>({.beta2 = 0.5}), Adam<float>()) == "options/beta2");
    CHECK(refused(Adam<float>({.epsilon = 0.5}), Adam<float>()) == "options/epsilon");
    CHECK(refused(Rmsprop<float>({.alpha = 0.5}), Rmsprop<float>()) == "options/alpha");
    CHECK(refused(Rmsprop<float>({.epsilon = 0.5}), Rmsprop<float>()) == "options/epsilon");
    CHECK(refused(Sgd<float>({.momentum = 0.5}), Sgd<float>()) == "momentum");
}

TEST_CASE("distributions are compared") {
    const Box box{.size = 1, .low = {-1}, .high = {1}};
    const Box low{.size = 1, .low = {-2}, .high = {1}}, high{.size = 1, .low = {-1}, .high = {2}};
    const Box two{.size = 2, .low = {-1}, .high = {1}};
    CHECK(refused(Categorical<float>(2), Categorical<float>(3)) == "choices");
    CHECK(refused(MultiCategorical<float>({2, 3}), MultiCategorical<float>({3, 2})) == "choices[0]");
    CHECK(refused(MultiCategorical<float>({2, 3}), MultiCategorical<float>({5})) == "choices");
    CHECK(refused(Bernoulli<float>(2), Bernoulli<float>(3)) == "answers");
    CHECK(refused(EpsilonGreedy<float>(2), EpsilonGreedy<float>(3)) == "choices");
    CHECK(refused(DiagonalGaussian<float>(1), DiagonalGaussian<float>(2)) == "dimensions");
    CHECK(refused(DiagonalGaussian<float>(1), DiagonalGaussian<float>(1, 1)) == "initial_log_std");
    CHECK(refused(StateDependentGaussian<float>(1), StateDependentGaussian<float>(2)) == "dimensions");
    CHECK(refused(StateDependentGaussian<float>(1), StateDependentGaussian<float>(1, 1)) == "initial_log_std");
    CHECK(refused(Beta<float>(box), Beta<float>(low)) == "bounds/low");
    CHECK(refused(Beta<float>(box), Beta<float>(high)) == "bounds/high");
    CHECK(refused(Beta<float>(box), Beta<float>(two)) == "bounds/low");
    CHECK(refused(SquashedGaussian<float>(box), SquashedGaussian<float>(low)) == "bounds/low");
    CHECK(refused(SquashedGaussian<float>(box), SquashedGaussian<float>(box, 1)) == "base/initial_log_std");
    CHECK(refused(Hybrid<float>(2, 1), Hybrid<float>(3, 1)) == "choice/choices");
    CHECK(refused(Hybrid<float>(2, 1), Hybrid<float>(2, 2)) == "values/dimensions");
}

TEST_CASE("the shape of networks is compared") {
    const auto network = [](const Mlp& mlp, Index inputs = 2, Index outputs = 2) {
        return MlpNetwork<float>(inputs, outputs, mlp, Rng(1));
    };
    CHECK(refused(network({}), network({.hidden = {64}})) == "widths");
    CHECK(refused(network({}), network({.hidden = {64, 65}})) == "widths[2]");
    CHECK(refused(network({}), network({}, 3)) == "observed");
    CHECK(refused(network({}), network({.inputs = Range{0, 1}})) == "rows[1]");
    CHECK(refused(network({}), network({}, 2, 3)) == "widths[3]");
    CHECK(refused(network({}), network({.activation = Activation::relu})) == "activation");
    CHECK(refused(network({}), network({.layer_norm = true})) == "layer_norm");
    CHECK(refused(network({}), network({.normalize_observations = true})) == "normalize_observations");
}

TEST_CASE("the shape of networks of images and of several networks is compared") {
    const auto image = [](const Convolution& description) {
        return ConvolutionNetwork<float>(12, 2, description, Rng(1));
    };
    const Convolution one{.shape = {2, 3, 2}, .layers = {{.channels = 3, .kernel = 2}}, .hidden = {4}};
    const auto with = [&](const auto& change) {
        Convolution other = one;
        change(other);
        return refused(image(one), image(other));
    };
    CHECK(with([](Convolution& c) { c.shape = {3, 2, 2}; }) == "shape[0]");
    CHECK(with([](Convolution& c) { c.layers[0].channels = 4; }) == "layers[0]");
    CHECK(with([](Convolution& c) { c.layers[0].kernel = 1; }) == "layers[1]");
    CHECK(with([](Convolution& c) { c.layers[0].stride = 2; }) == "layers[2]");
    CHECK(with([](Convolution& c) { c.layers[0].padding = 1; }) == "layers[3]");
    CHECK(with([](Convolution& c) { c.activation = Activation::elu; }) == "activation");
    CHECK(with([](Convolution& c) { c.hidden = {5}; }) == "dense/widths[1]");
    CHECK(with([](Convolution& c) { c.normalize_observations = true; }) == "normalize_observations");

    const auto join = [](const Join& description) { return JoinNetwork<float>(3, 2, description, Rng(1)); };
    const Mlp mlp{.hidden = {4}};
    const Join two{.networks = {mlp, mlp}};
    CHECK(refused(join(two), join({.networks = {mlp, mlp, mlp}})) == "count");
    CHECK(refused(join(two), join({.networks = {mlp, Join{.networks = {mlp, mlp}}}})) == "network_1/type");
    CHECK(refused(join(two), join({.networks = {mlp, Mlp{.hidden = {5}}}})) == "network_1/widths[1]");
    CHECK(refused(join(two), join({.networks = {mlp, mlp}, .hidden = {}})) == "dense/widths");
    CHECK(refused(join(two), join({.networks = {mlp, mlp}, .inputs = Range{0, 2}})) == "rows[1]");

    const auto trunk = [](const SharedTrunk& description) { return TrunkNetwork<float>(3, 2, description, Rng(1)); };
    CHECK(refused(trunk({}), trunk({.trunk = two})) == "trunk/type");
    CHECK(refused(trunk({}), trunk({.actor = {.hidden = {4}}})) == "actor/widths");
    CHECK(refused(trunk({}), trunk({.critic = {.hidden = {4}}})) == "critic/widths");
}

TEST_CASE("the shape of networks with memory is compared") {
    const auto gru = [](const Gru& description) { return GruNetwork<float>(3, 2, description, Rng(1)); };
    const Gru one{.before = {4}, .units = 3, .after = {4}};
    const auto with = [&](const auto& change) {
        Gru other = one;
        change(other);
        return refused(gru(one), gru(other));
    };
    CHECK(with([](Gru& g) { g.before = {5}; }) == "before/widths[1]");
    CHECK(with([](Gru& g) { g.units = 4; }) == "units");
    CHECK(with([](Gru& g) { g.after = {5}; }) == "after/widths[1]");
    GruNetwork<float> network = gru(one);
    LstmNetwork<float> other(3, 2, {.units = 3}, Rng(1));
    CHECK(*description_of(network).find("type") == DescriptionValue(std::string("Gru")));
    CHECK(*description_of(other).find("type") == DescriptionValue(std::string("Lstm")));

    const auto trunk = [](const RecurrentTrunk& description) {
        return RecurrentTrunkNetwork<float>(3, 2, description, Rng(1));
    };
    CHECK(refused(trunk({}), trunk({.trunk = Lstm{}})) == "trunk/type");
    CHECK(refused(trunk({}), trunk({.trunk = Gru{.units = 63}})) == "trunk/units");
    RecurrentTrunkNetwork<float> whole = trunk({});
    CHECK(*description_of(whole).find("type") == DescriptionValue(std::string("RecurrentTrunk")));
    CHECK(refused(trunk({}), trunk({.actor = {.hidden = {4}}})) == "actor/widths");
    CHECK(refused(trunk({}), trunk({.critic = {.hidden = {4}}})) == "critic/widths");
}

TEST_CASE("options of updates and trainers are compared") {
    const UpdateOptions update;
    CHECK(refused_option({.minibatch = 1}, update) == "minibatch");
    CHECK(refused_option({.epochs = 1}, update) == "epochs");
    CHECK(refused_option({.learning_rate = 1}, update) == "learning_rate/from");
    CHECK(refused_option({.entropy = 1}, update) == "entropy/from");
    CHECK(refused_option({.value_coefficient = 1}, update) == "value_coefficient");
    CHECK(refused_option({.value_clip = 1}, update) == "value_clip/from");
    CHECK(refused_option({.max_gradient_norm = 1}, update) == "max_gradient_norm");
    CHECK(refused_option({.target_kl = 1}, update) == "target_kl");
    CHECK(refused_option({.normalize_advantage = false}, update) == "normalize_advantage");
    CHECK(refused_option({.name = "other"}, update).empty());
    const TrustRegionOptions region;
    CHECK(refused_option({.delta = 1}, region) == "delta");
    CHECK(refused_option({.damping = 1}, region) == "damping");
    CHECK(refused_option({.conjugate_iterations = 1}, region) == "conjugate_iterations");
    CHECK(refused_option({.backtracks = 1}, region) == "backtracks");
    CHECK(refused_option({.backtrack_factor = 0.5}, region) == "backtrack_factor");
    CHECK(refused_option({.normalize_advantage = false}, region) == "normalize_advantage");
    CHECK(refused_option({.sequence = 1}, region) == "sequence");
    const AnalyticGradientOptions analytic;
    CHECK(refused_option({.horizon = 1}, analytic) == "horizon");
    CHECK(refused_option({.episode = 1}, analytic) == "episode");
    CHECK(refused_option({.gamma = 1}, analytic) == "gamma");
    CHECK(refused_option({.sample = false}, analytic) == "sample");
    const TrainerOptions trainer;
    CHECK(refused_option({.horizon = 1}, trainer) == "horizon");
    CHECK(refused_option({.episodes = 1}, trainer) == "episodes");
    CHECK(refused_option({.store = 2}, trainer) == "store");
    CHECK(refused_option({.minibatch = 1}, trainer) == "minibatch");
    CHECK(refused_option({.sequence = 1}, trainer) == "sequence");
    CHECK(refused_option({.normalize_rewards = true}, trainer) == "normalize_rewards");
    CHECK(refused_option({.threads = 2}, trainer).empty());
    CHECK(refused(RewardNormalizer<float>(2, 0.5), RewardNormalizer<float>(2, 0.9)) == "gamma");
    CHECK(refused(RewardNormalizer<float>(2, 0.5), RewardNormalizer<float>(3, 0.5)) == "running");
}

TEST_CASE("environments of the analytic gradient are compared") {
    const auto envs_of = [](Index states, Index actions, Index count, std::uint64_t seed) {
        LinearQuadratic env({.a = Matrix<double>::Identity(states, states),
                             .b = Matrix<double>::Ones(states, actions),
                             .q = Matrix<double>::Identity(states, states),
                             .r = Matrix<double>::Identity(actions, actions)});
        return Vectorized(env, {.count = count, .seed = seed});
    };
    const auto path = [](auto saved_envs, auto envs) {
        const AnalyticOptions options{.horizon = 4, .episode = 8};
        Actor saved_actor(saved_envs, Mlp{.hidden = {}}), actor(envs, Mlp{.hidden = {}});
        AnalyticPolicyGradient saved(saved_envs, saved_actor, options), here(envs, actor, options);
        return path_refused_by([&] { restore("test", image_of(saved), here); });
    };
    const auto envs = envs_of(2, 1, 3, 4);
    CHECK(path(envs, envs).empty());
    CHECK(path(envs, envs_of(2, 1, 5, 4)) == "environments/count");
    CHECK(path(envs, envs_of(2, 1, 3, 9)) == "environments/seed");
    CHECK(path(envs, envs_of(3, 1, 3, 4)) == "environments/observation_space/size");
    CHECK(path(envs, envs_of(2, 2, 3, 4)) == "environments/action_space/size");
}

TEST_CASE("options of callbacks are compared") {
    const Vectorized envs(CartPole{}, {.count = 1});
    const Actor actor(envs, Mlp{.hidden = {}});
    const auto best = [&](Index episodes) { return BestActor(actor, {.at_least_episodes = episodes}); };
    CHECK(refused(best(1), best(1)).empty());
    CHECK(refused(best(1), best(2)) == "at_least_episodes");
}

TEST_CASE("seed and number of environments, and the size of a store, are compared") {
    Threads threads(1);
    Walks<Discrete, false> walks(Discrete{2}, 3), more(Discrete{2}, 4), others(Discrete{2}, 3, 9);
    const Actor actor(walks, Mlp{.hidden = {}});
    const auto collector_refused = [&](auto& here) {
        Collector saved(walks, actor, threads), collector(here, actor, threads);
        return path_refused_by([&] { restore("test", image_of(saved), collector); });
    };
    CHECK(collector_refused(walks).empty());
    CHECK(collector_refused(more) == "environments");
    CHECK(collector_refused(others) == "seed");
    RolloutStore<float> one(walks, actor, 1), two(walks, actor, 2);
    CHECK(path_refused_by([&] { restore("test", image_of(one), two); }) == "capacity");
}
