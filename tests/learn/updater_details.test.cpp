// Details of an update that decide whether it learns.
#include <numeric>
#include <set>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "helpers/finite_difference.hpp"
#include "learn/update_rig.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Rig = UpdateRig<double>;

UpdateOptions one_step() {
    return {.minibatch = all_samples,
            .epochs = 1,
            .value_coefficient = 0,
            .max_gradient_norm = 0,
            .normalize_advantage = false};
}

/// Descends, and counts its steps: an update takes one for the actor and one for the critic.
struct CountingSgd {
    std::shared_ptr<Index> steps = std::make_shared<Index>(0);
    template <class Scalar>
    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        ++*steps;
        Sgd<Scalar>{}.step(weights, gradient, learning_rate);
    }
};

double approximate_kl(const Rig& rig) {
    return mean_of(rig.samples(), [](const PlainSample& s) { return s.ratio - 1 - std::log(s.ratio); });
}

double mean_entropy(const Rig& rig) {
    return mean_of(rig.samples(), [](const PlainSample& s) { return s.entropy; });
}

/// The mean clipped value loss.
double plain_value_loss(const Rig& rig, double clip) {
    return mean_of(rig.samples(), [=](const PlainSample& s) {
        const double clipped = s.old_value + std::clamp(s.value - s.old_value, -clip, clip);
        return 0.5 * std::max(std::pow(s.value - s.value_target, 2), std::pow(clipped - s.value_target, 2));
    });
}

double squared(const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return sum;
}

/// The weights after a short training by this trainer with these options.
template <template <class, class, class, class, class> class TrainerType, class Options>
std::vector<float> trained(const Options& options) {
    Vectorized envs(Wanderer{}, {.count = 4, .seed = 5});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    TrainerType trainer(envs, actor, critic, Gae{}, options);
    trainer.train({.steps = 128});
    std::vector<float> all(actor.weights().begin(), actor.weights().end());
    all.insert(all.end(), critic.weights().begin(), critic.weights().end());
    return all;
}

/// Trains with a small rollout and a large learning rate, so that every option has something to do.
template <template <class, class, class, class, class> class TrainerType, class Options>
std::vector<float> trained_with(const std::function<void(Options&)>& change) {
    Options options;
    options.horizon = 16;
    options.minibatch = 32;
    options.epochs = 4;
    options.learning_rate = 1e-2;
    change(options);
    return trained<TrainerType>(options);
}

template <template <class, class, class, class, class> class TrainerType, class Options>
void check_options_matter(const std::vector<std::function<void(Options&)>>& changes) {
    const auto defaults = trained_with<TrainerType, Options>([](Options&) {});
    CHECK((defaults == trained_with<TrainerType, Options>([](Options& o) { o.threads = 2; })));
    for (std::size_t i = 0; i < changes.size(); ++i) {
        INFO("change " << i);
        CHECK((defaults != trained_with<TrainerType, Options>(changes[i])));
    }
}

template <class Options>
std::vector<std::function<void(Options&)>> common_changes() {
    return {[](Options& o) { o.minibatch = 16; },
            [](Options& o) { o.epochs = 3; },
            [](Options& o) {
                o.learning_rate = Linear{1e-2, 0};
            },
            [](Options& o) { o.entropy = 0.1; },
            [](Options& o) { o.value_coefficient = 0.1; },
            [](Options& o) { o.value_clip = 0.01; },
            [](Options& o) { o.max_gradient_norm = 0.05; },
            [](Options& o) { o.target_kl = 1e-4; },
            [](Options& o) { o.normalize_advantage = false; }};
}

}  // namespace

TEST_CASE("an update stops before a minibatch whose KL is above one and a half times the target") {
    Rig rig(20);
    const double kl = approximate_kl(rig);
    REQUIRE(kl > 1e-3);
    const auto steps = [&](double target) {
        const RecordingOptimizer optimizer;  // the weights stay, and the KL with them
        UpdateOptions options = one_step();
        options.epochs = 3;
        options.target_kl = target;
        rig.update(Clip{}, optimizer, options);
        return optimizer.record->gradients.size() / 2;
    };
    CHECK(steps(0) == 3);
    CHECK(steps(1.01 * kl / 1.5) == 3);
    CHECK(steps(0.99 * kl / 1.5) == 0);
}

TEST_CASE("the gradient's norm counts the minibatch at which an update stops") {
    const auto report_of = [](double target, Index minibatch, RecordingOptimizer optimizer) {
        Rig rig(20);
        UpdateOptions options = one_step();
        options.minibatch = minibatch;
        options.target_kl = target;
        return rig.update(Clip{}, optimizer, options);
    };
    SECTION("one minibatch per epoch") {
        const UpdateReport whole = report_of(0, all_samples, {}), stopped = report_of(1e-9, all_samples, {});
        CHECK(whole.gradient_norm > 0.01);
        CHECK(stopped.gradient_norm == whole.gradient_norm);
        CHECK(stopped.surrogate_loss == whole.surrogate_loss);
        CHECK(stopped.value_loss == whole.value_loss);
        CHECK(stopped.entropy == whole.entropy);
        CHECK(stopped.approximate_kl == whole.approximate_kl);
        CHECK(stopped.clip_fraction == whole.clip_fraction);
    }
    SECTION("several") {
        constexpr std::size_t minibatches = 10;
        const RecordingOptimizer free;
        report_of(0, 10, free);
        std::vector<double> norms;
        for (std::size_t i = 0; i < minibatches; ++i) {
            double squares = 0;
            for (std::size_t network : {0U, 1U}) {
                for (const double g : free.record->gradients.at(2 * i + network)) squares += g * g;
            }
            norms.push_back(std::sqrt(squares));
        }
        std::set<std::size_t> stops;
        for (double target = 1e-4; target < 1; target *= 1.05) {
            const RecordingOptimizer optimizer;
            const UpdateReport report = report_of(target, 10, optimizer);
            const std::size_t steps = optimizer.record->gradients.size() / 2;
            const std::size_t measured = std::min(steps + 1, minibatches);
            const auto end = norms.begin() + static_cast<std::ptrdiff_t>(measured);
            const double mean = std::accumulate(norms.begin(), end, 0.0) / static_cast<double>(measured);
            CHECK(report.gradient_norm == Catch::Approx(mean));
            stops.insert(steps);
        }
        CHECK(stops.size() >= 3);
        CHECK(stops.count(0) == 1);
        CHECK(stops.count(minibatches) == 1);
    }
}

TEST_CASE("a gradient that is not finite at the stop is an error as elsewhere") {
    const auto stop = [](const auto& spoil, const char* says) {
        Rig rig(20);
        spoil(rig.rollout);
        UpdateOptions options = one_step();
        options.target_kl = 1e-9;
        const std::vector<double> before(rig.actor.weights().begin(), rig.actor.weights().end());
        CHECK_THROWS_WITH(rig.update(PolicyGradient{}, CountingSgd{}, options), ContainsText(says));
        CHECK(std::equal(before.begin(), before.end(), rig.actor.weights().begin()));
    };
    const double infinity = std::numeric_limits<double>::infinity();
    stop([&](auto& rollout) { rollout.advantage(0, 3) = infinity; }, "the actor's gradient is not finite");
    stop([&](auto& rollout) { rollout.value_target(0, 3) = infinity; }, "the critic's gradient is not finite");
}

TEST_CASE("an update continues until its KL exceeds the limit and reports the samples until then") {
    const auto steps = [](double target, UpdateReport& report) {
        Rig rig(20, 5, false, 0);
        const CountingSgd optimizer;
        report = rig.update(Clip{.clip = 10}, optimizer,
                            {.minibatch = 25, .epochs = 10, .learning_rate = 0.3, .target_kl = target});
        CHECK(approximate_kl(rig) > 0);
        return *optimizer.steps / 2;
    };
    UpdateReport free, limited;
    CHECK(steps(0, free) == 40);
    const Index some = steps(0.01, limited);
    CHECK(some > 0);
    CHECK(some < 40);
    CHECK(limited.approximate_kl < free.approximate_kl);
    CHECK(limited.approximate_kl > 0);
    UpdateReport first;
    CHECK(steps(1e-9, first) == 1);  // the first minibatch, whose KL is 0
    CHECK(limited.entropy != first.entropy);
    CHECK(limited.value_loss < first.value_loss);
    CHECK(limited.surrogate_loss != first.surrogate_loss);
    CHECK(limited.gradient_norm != first.gradient_norm);
}

TEST_CASE("the clip of the values reaches the loss and its gradient") {
    Rig rig(60);
    const double clip = 0.25;
    REQUIRE(plain_value_loss(rig, clip) > 1.02 * plain_value_loss(rig, 100));
    UpdateOptions options = one_step();
    options.value_coefficient = 0.8;
    options.value_clip = clip;
    const auto numeric = numeric_gradient(rig.critic.weights(), [&] { return 0.8 * plain_value_loss(rig, clip); });
    for (const Index minibatch : {300, 100}) {  // each sample against its own old value
        const RecordingOptimizer optimizer;
        options.minibatch = minibatch;
        const UpdateReport report = rig.update(PolicyGradient{}, optimizer, options);
        CHECK(report.value_loss == Catch::Approx(plain_value_loss(rig, clip)));
        const auto& g = optimizer.record->gradients;
        REQUIRE(g.size() == to_size(2 * 300 / minibatch));
        std::vector<double> mean(numeric.size(), 0.0);
        for (std::size_t part = 1; part < g.size(); part += 2) {
            for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += 2 * g[part][i] / static_cast<double>(g.size());
        }
        CHECK(relative_error(mean, numeric) < 1e-6);
    }
}

TEST_CASE("every schedule is evaluated at the progress") {
    Rig rig(60);
    const RecordingOptimizer optimizer;
    UpdateOptions options = one_step();
    options.value_coefficient = 1;
    options.learning_rate = Linear{1, 0};
    options.value_clip = Linear{0.1, 0.5};
    options.entropy = Linear{0.4, 0};
    auto updater = rig.updater(Clip{.clip = Linear{0.4, 0.1}}, optimizer, options);
    const auto samples = rig.samples();
    for (const double progress : {0.0, 0.5, 1.0}) {
        INFO("progress " << progress);
        const UpdateReport report = updater(rig.rollout, progress);
        CHECK(report.learning_rate == 1 - progress);
        CHECK(optimizer.record->learning_rates.back() == 1 - progress);
        CHECK(report.value_loss == Catch::Approx(plain_value_loss(rig, 0.1 + 0.4 * progress)));
        const double clip = 0.4 - 0.3 * progress;
        const auto outside = [=](const PlainSample& s) { return std::abs(s.ratio - 1) > clip ? 1.0 : 0.0; };
        CHECK(report.clip_fraction == Catch::Approx(mean_of(samples, outside)));
        CHECK(report.clip_fraction > 0);
        const auto loss = [&] {
            return mean_of(rig.samples(), [=](const PlainSample& s) {
                const double gain =
                    std::min(s.ratio * s.advantage, std::clamp(s.ratio, 1 - clip, 1 + clip) * s.advantage);
                return -gain - 0.4 * (1 - progress) * s.entropy;
            });
        };
        const auto& gradients = optimizer.record->gradients;
        CHECK(relative_error(gradients[gradients.size() - 2], numeric_gradient(rig.actor.weights(), loss)) < 1e-6);
    }
}

TEST_CASE("a single remaining sample is a minibatch of its own and its advantage is not normalised") {
    Rig rig(3, 3);  // 9 samples
    rig.rollout.advantage.matrix().setConstant(2);
    const RecordingOptimizer optimizer;
    UpdateOptions options = one_step();
    options.minibatch = 4;
    options.epochs = 2;
    options.normalize_advantage = true;
    rig.update(PolicyGradient{}, optimizer, options);
    const auto& g = optimizer.record->gradients;
    REQUIRE(g.size() == 2 * 2 * 3);
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        CHECK(squared(g[6 * epoch]) == 0);  // four equal advantages: all average
        CHECK(squared(g[6 * epoch + 2]) == 0);
        CHECK(squared(g[6 * epoch + 4]) > 1e-6);
    }
}

TEST_CASE("equal advantages change the policy unless they are normalised") {
    Rig rig(20);
    rig.rollout.advantage.matrix().setConstant(2);
    UpdateOptions options = one_step();
    for (const bool normalize : {false, true}) {
        const RecordingOptimizer optimizer;
        options.normalize_advantage = normalize;
        rig.update(PolicyGradient{}, optimizer, options);
        CHECK((squared(optimizer.record->gradients[0]) == 0) == normalize);
    }
}

TEST_CASE("an entropy bonus raises the entropy and a negative one lowers it") {
    for (const double coefficient : {0.1, -0.1}) {
        Rig rig(60);
        rig.rollout.advantage.matrix().setZero();
        const double before = mean_entropy(rig);
        UpdateOptions options = one_step();
        options.entropy = coefficient;
        options.learning_rate = 0.1;
        rig.update(PolicyGradient{}, Sgd<double>{}, options);
        CHECK((mean_entropy(rig) > before) == (coefficient > 0));
    }
}

TEST_CASE("every option of PPO reaches its update", "[threads]") {
    auto clip = common_changes<PpoClipOptions>();
    clip.emplace_back([](PpoClipOptions& o) { o.clip = 0.01; });
    check_options_matter<PpoClip>(clip);
    auto kl = common_changes<PpoKlOptions>();
    kl.emplace_back([](PpoKlOptions& o) { o.beta = 10; });
    check_options_matter<PpoKl>(kl);
}

TEST_CASE("the limits of an update out of range are refused by name") {
    CHECK_THROWS_WITH(UpdateOptions{.value_clip = -1}.check(),
                      "Updater: value_clip is -1; give a number of at least 0, where 0 is no clipping");
    CHECK_THROWS_WITH(UpdateOptions{.target_kl = -1}.check(),
                      "Updater: target_kl is -1; give a number of at least 0, where 0 is no limit");
}
