#include "gradiva/learn/updater.hpp"

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/optim/adam.hpp"
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
using Gradients = std::vector<std::vector<double>>;

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

UpdateOptions one_step(double max_gradient_norm = 0) {
    return {
        .minibatch = all_samples, .epochs = 1, .max_gradient_norm = max_gradient_norm, .normalize_advantage = false};
}

template <class S>
Gradients gradients_of(Rig& rig, S surrogate, const UpdateOptions& options) {
    const RecordingOptimizer optimizer;
    rig.update(surrogate, optimizer, options);
    return optimizer.record->gradients;
}

double squared(const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return sum;
}

/// The weights of both networks.
template <class Scalar>
std::vector<Scalar> weights(const UpdateRig<Scalar>& rig) {
    std::vector<Scalar> all(rig.actor.weights().begin(), rig.actor.weights().end());
    all.insert(all.end(), rig.critic.weights().begin(), rig.critic.weights().end());
    return all;
}

/// The policy gradient, and what a trainer tells it after each update.
struct Listener : PolicyGradient {
    std::shared_ptr<std::vector<double>> heard = std::make_shared<std::vector<double>>();
    double kl_coefficient() const { return 0; }
    double after_update(double beta, double kl) const {
        heard->push_back(kl);
        return beta;
    }
};

/// A surrogate whose loss depends on the progress.
struct Ramp {
    double progress = -1;
    void check() const {}
    Ramp at(double now) const { return {.progress = now}; }
    template <class V>
    auto log_prob_loss(const V&, const V& advantage) const {
        return SampleLoss{constant<V>(progress), advantage};
    }
};

/// The policy gradient, which fails in the third minibatch of 20 samples.
struct FailsOnce : PolicyGradient {
    std::shared_ptr<int> calls = std::make_shared<int>(0);

    template <class V>
    auto log_prob_loss(const V& log_prob, const V& advantage) const {
        if (++*calls == 2 * registers_of(20) + 1) throw std::runtime_error("the third minibatch");
        return PolicyGradient::log_prob_loss(log_prob, advantage);
    }
};

}  // namespace

TEST_CASE("the norm of the gradient is clipped over actor and critic together") {
    Rig rig(20);
    const auto free = gradients_of(rig, PolicyGradient{}, one_step(0));
    const auto clipped = gradients_of(rig, PolicyGradient{}, one_step(0.01));
    const auto loose = gradients_of(rig, PolicyGradient{}, one_step(1e6));
    REQUIRE(squared(free[0]) > 1e-4);
    REQUIRE(squared(free[1]) > 1e-4);
    CHECK(std::sqrt(squared(clipped[0]) + squared(clipped[1])) == Catch::Approx(0.01));
    const double factor = 0.01 / std::sqrt(squared(free[0]) + squared(free[1]));
    for (std::size_t part = 0; part < 2; ++part) {
        for (std::size_t i = 0; i < free[part].size(); ++i) {
            CHECK(clipped[part][i] == Catch::Approx(factor * free[part][i]));
        }
    }
    CHECK((loose == free));
}

TEST_CASE("the norm is reported as it was before clipping") {
    Rig rig(20);
    const double free = rig.update(PolicyGradient{}, RecordingOptimizer{}, one_step(0)).gradient_norm;
    const double clipped = rig.update(PolicyGradient{}, RecordingOptimizer{}, one_step(0.01)).gradient_norm;
    CHECK(free > 0.01);
    CHECK(free == clipped);
}

TEST_CASE("gradients of 1e160 in double are clipped to the largest norm and not to 0") {
    constexpr double scale = 1e160;
    Rig rig(20), other(20);
    UpdateOptions options = one_step(0.05);
    options.value_coefficient = 0;
    other.rollout.advantage.matrix() *= scale;
    const RecordingOptimizer plain, large;
    const auto report = rig.update(PolicyGradient{}, plain, options);
    const auto large_report = other.update(PolicyGradient{}, large, options);
    CHECK(large_report.gradient_norm / scale == Catch::Approx(report.gradient_norm));
    REQUIRE(report.gradient_norm > 0.05);
    CHECK(std::sqrt(squared(large.record->gradients[0])) == Catch::Approx(0.05));
    CHECK(relative_error(large.record->gradients[0], plain.record->gradients[0]) < 1e-12);
    // Unclipped they are beyond what Adam can go on from; nothing has changed then.
    Rig last(20);
    last.rollout.advantage.matrix() *= scale;
    const auto before = weights(last);
    CHECK_THROWS_WITH(last.update(PolicyGradient{}, Adam<double>(), one_step(0)),
                      ContainsText("Adam: number 0 of the gradient is"));
    CHECK(weights(last) == before);
}

TEST_CASE("remaining samples form a smaller minibatch and none is dropped") {
    Rig rig(2);  // 10 samples
    const auto whole = gradients_of(rig, PolicyGradient{}, one_step());
    UpdateOptions options = one_step();
    options.minibatch = 4;
    const auto parts = gradients_of(rig, PolicyGradient{}, options);
    REQUIRE(parts.size() == 6);
    const double share[] = {0.4, 0.4, 0.2};
    for (std::size_t network = 0; network < 2; ++network) {
        for (std::size_t i = 0; i < whole[network].size(); ++i) {
            double sum = 0;
            for (std::size_t part = 0; part < 3; ++part) sum += share[part] * parts[2 * part + network][i];
            CHECK(sum == Catch::Approx(whole[network][i]).margin(1e-12));
        }
    }
}

TEMPLATE_TEST_CASE("reported losses are means over the samples even where the last minibatch is smaller", "", Clip,
                   KlPenalty) {
    // 10 samples, and 2501, of which a shard takes several passes.
    for (const auto& [steps, environments, minibatch] : {std::array<Index, 3>{2, 5, 4}, {61, 41, 900}}) {
        Rig rig(steps, environments);
        UpdateOptions options = one_step();
        options.minibatch = minibatch;
        const auto in_parts = rig.update(TestType{}, RecordingOptimizer{}, options);
        const auto at_once = rig.update(TestType{}, RecordingOptimizer{}, one_step());
        CHECK(in_parts.value_loss == Catch::Approx(at_once.value_loss));
        CHECK(in_parts.entropy == Catch::Approx(at_once.entropy));
        CHECK(in_parts.approximate_kl == Catch::Approx(at_once.approximate_kl));
        CHECK(in_parts.surrogate_loss == Catch::Approx(at_once.surrogate_loss));
        const auto samples = rig.samples();
        CHECK(at_once.entropy == Catch::Approx(mean_of(samples, [](const PlainSample& s) { return s.entropy; })));
        CHECK(at_once.value_loss == Catch::Approx(mean_of(samples, [](const PlainSample& s) {
                  return 0.5 * std::pow(s.value - s.value_target, 2);
              })));
        const double exact_kl = mean_of(samples, [](const PlainSample& s) { return s.kl; });
        if constexpr (std::same_as<TestType, Clip>) {
            CHECK(in_parts.clip_fraction == Catch::Approx(at_once.clip_fraction));
        } else {
            CHECK(in_parts.mean_kl == Catch::Approx(exact_kl));
            CHECK(at_once.surrogate_loss ==
                  Catch::Approx(mean_of(samples, [](const PlainSample& s) { return -s.ratio * s.advantage + s.kl; })));
        }
    }
}

TEST_CASE("every epoch visits every sample in another order") {
    Rig rig(8);  // 40 samples
    UpdateOptions options = one_step();
    options.minibatch = 10;
    options.epochs = 3;
    const auto seen = gradients_of(rig, PolicyGradient{}, options);
    REQUIRE(seen.size() == 2 * 4 * 3);
    std::vector<double> first(seen[0].size(), 0), second(seen[0].size(), 0);
    for (std::size_t part = 0; part < 4; ++part) {
        for (std::size_t i = 0; i < first.size(); ++i) {
            first[i] += seen[2 * part][i];
            second[i] += seen[8 + 2 * part][i];
        }
    }
    for (std::size_t i = 0; i < first.size(); ++i) CHECK(first[i] == Catch::Approx(second[i]).margin(1e-12));
    CHECK((seen[0] != seen[8]));
}

TEST_CASE("advantages are normalised within each minibatch") {
    Rig plain(8), scaled(8);
    for (double& a : std::span(scaled.rollout.advantage.data(), 40)) a = 5 * a - 3;
    UpdateOptions options = one_step();
    options.normalize_advantage = true;
    options.minibatch = 10;
    const auto a = gradients_of(plain, Clip{}, options);
    const auto b = gradients_of(scaled, Clip{}, options);
    for (std::size_t i = 0; i < a[0].size(); ++i) CHECK(a[0][i] == Catch::Approx(b[0][i]).margin(1e-6));
    options.normalize_advantage = false;
    const auto raw = gradients_of(scaled, Clip{}, options);
    CHECK(std::abs(squared(raw[0]) / squared(b[0]) - 1) > 0.5);
}

TEST_CASE("an update uses weights that were changed since the last one") {
    const UpdateOptions options{.minibatch = all_samples, .epochs = 1};
    const RecordingOptimizer used, fresh;
    Rig rig(30), other(30);
    auto update = rig.updater(Clip{}, used, options);
    update(rig.rollout);
    for (double& w : rig.actor.weights()) w *= 1.5;
    for (double& w : rig.critic.weights()) w *= 1.5;
    std::copy(rig.actor.weights().begin(), rig.actor.weights().end(), other.actor.weights().begin());
    std::copy(rig.critic.weights().begin(), rig.critic.weights().end(), other.critic.weights().begin());
    update(rig.rollout);
    other.update(Clip{}, fresh, options);
    REQUIRE(used.record->gradients.size() == 4);
    for (const std::size_t network : {0U, 1U}) {  // the samples come in another order
        CHECK(relative_error(used.record->gradients[2 + network], fresh.record->gradients[network]) < 1e-12);
    }
}

TEST_CASE("sums of a failed update are not in the next gradient") {
    Rig rig(120), other(120);  // 600 samples: several shards
    const RecordingOptimizer used, fresh;
    auto update = rig.updater(FailsOnce{}, used, one_step());
    CHECK_THROWS_WITH(update(rig.rollout), "the third minibatch");
    const std::size_t before = used.record->gradients.size();
    update(rig.rollout);
    other.update(PolicyGradient{}, fresh, one_step());
    REQUIRE(used.record->gradients.size() == before + 2);
    for (const std::size_t network : {0U, 1U}) {  // the samples come in another order
        CHECK(relative_error(used.record->gradients[before + network], fresh.record->gradients[network]) < 1e-12);
    }
}

TEST_CASE("after an update that failed the next one gives the same bits for any number of threads") {
    std::vector<std::vector<double>> weights;
    for (const Index threads : {1, 2, 4}) {
        Rig rig(12);
        Threads pool(threads);
        // The third of three minibatches fails, while the next epoch is prepared.
        const UpdateOptions options{.minibatch = 20, .epochs = 2, .learning_rate = 0.1};
        Updater<Rig::ActorType, Rig::CriticType, FailsOnce, Sgd<double>> update(rig.actor, rig.critic, FailsOnce{}, {},
                                                                                options, pool, 1);
        CHECK_THROWS_WITH(update(rig.rollout), "the third minibatch");
        update(rig.rollout);
        weights.emplace_back(rig.actor.weights().begin(), rig.actor.weights().end());
    }
    CHECK(weights[1] == weights[0]);
    CHECK(weights[2] == weights[0]);
}

TEST_CASE("begin, step and finish give what the call of an update gives") {
    const UpdateOptions options{.minibatch = 20, .epochs = 3, .learning_rate = 0.01};
    Rig rig(12), other(12);  // 60 samples
    auto update = rig.updater(KlPenalty{}, Adam<double>{}, options);
    auto by_hand = other.updater(KlPenalty{}, Adam<double>{}, options);
    for (const double progress : {0.0, 0.5}) {
        const UpdateReport report = update(rig.rollout, progress);
        by_hand.begin(other.rollout, progress);
        int steps = 1;
        while (by_hand.step()) ++steps;
        const UpdateReport same = by_hand.finish();
        CHECK(steps == 9);
        CHECK(weights(other) == weights(rig));
        CHECK(same.surrogate_loss == report.surrogate_loss);
        CHECK(same.mean_kl == report.mean_kl);
        CHECK(same.gradient_norm == report.gradient_norm);
    }
}

TEST_CASE("a failed step reverts all steps since begin") {
    const UpdateOptions options{.minibatch = 20, .epochs = 3, .learning_rate = 0.1};
    Rig rig(12), other(12);
    auto update = rig.updater(FailsOnce{}, Adam<double>{}, options);
    auto fresh = other.updater(PolicyGradient{}, Adam<double>{}, options);
    const auto before = weights(rig);
    update.begin(rig.rollout);
    CHECK(update.step());
    CHECK(update.step());
    CHECK(weights(rig) != before);
    CHECK_THROWS_WITH(update.step(), "the third minibatch");
    CHECK(weights(rig) == before);
    update(rig.rollout);
    fresh(other.rollout);
    CHECK(weights(rig) == weights(other));
}

TEST_CASE("the ratio is 1 in the first minibatch after collecting") {
    UpdateRig<float> rig(20, 5, false, 0);
    const auto report = rig.update(Clip{.clip = 1e-4}, RecordingOptimizer{}, one_step());
    CHECK(report.clip_fraction == 0);
    CHECK(std::abs(report.approximate_kl) < 1e-10);
}

TEST_CASE("schedules reach the optimiser and the loss") {
    Rig rig(4);
    RecordingOptimizer optimizer;
    UpdateOptions options = one_step();
    options.learning_rate = Linear{1, 0};
    auto updater = rig.updater(Ramp{}, optimizer, options);
    CHECK(updater(rig.rollout, 0).learning_rate == 1);
    const auto report = updater(rig.rollout, 0.75);
    CHECK(report.learning_rate == 0.25);
    CHECK(report.surrogate_loss == 0.75);
    CHECK(optimizer.record->learning_rates == std::vector<double>{1, 1, 0.25, 0.25});
}

TEST_CASE("a surrogate that depends on the progress counts as a schedule in the state") {
    const auto schedule_in = [](const auto& surrogate) {
        Rig rig(4);
        auto updater = rig.updater(surrogate, Adam<double>(), one_step());
        StateImage image;
        StateWriter writer(image);
        updater.visit_state(writer);
        return writer.varying_schedule();
    };
    CHECK(schedule_in(Ramp{}) == "surrogate");
    CHECK(schedule_in(PolicyGradient{}).empty());
}

TEST_CASE("the schedule of the entropy bonus reaches the gradient") {
    Rig rig(4);
    rig.rollout.advantage.matrix().setZero();
    RecordingOptimizer optimizer;
    UpdateOptions options = one_step();
    options.entropy = Linear{0.2, 0};
    auto updater = rig.updater(PolicyGradient{}, optimizer, options);
    updater(rig.rollout, 0);
    updater(rig.rollout, 0.5);
    const auto& g = optimizer.record->gradients;
    REQUIRE(squared(g[0]) > 0);
    for (std::size_t i = 0; i < g[0].size(); ++i) CHECK(g[2][i] == Catch::Approx(0.5 * g[0][i]).margin(1e-12));
}

TEST_CASE("the KL after an update is the exact mean over the rollout") {
    Rig rig(60);
    UpdateOptions options{.minibatch = 50, .epochs = 3, .learning_rate = 1e-2};
    const auto report = rig.update(KlPenalty{}, Adam<double>{}, options);
    const double exact = mean_of(rig.samples(), [](const PlainSample& s) { return s.kl; });
    CHECK(exact > 1e-4);
    CHECK(report.mean_kl == Catch::Approx(exact));
}

TEST_CASE("beta is 0 for a surrogate without a KL penalty, and the surrogate's before the first update") {
    Rig rig(20);
    auto clipped = rig.updater(Clip{}, Adam<double>{}, one_step());
    CHECK(clipped.kl_coefficient() == 0);
    clipped(rig.rollout);
    CHECK(clipped.kl_coefficient() == 0);
    CHECK(rig.updater(KlPenalty{.beta = 0.7}, Adam<double>{}, one_step()).kl_coefficient() == 0.7);
}

TEST_CASE("a surrogate with after_update and without a penalty gets the exact mean KL too") {
    Rig rig(60);
    const Listener listener;
    rig.update(listener, RecordingOptimizer{}, one_step());
    REQUIRE(listener.heard->size() == 1);
    CHECK(listener.heard->front() == Catch::Approx(mean_of(rig.samples(), [](const PlainSample& s) { return s.kl; })));
}

TEST_CASE("an update with a number that is not finite is an error and restores the weights") {
    UpdateRig<float> rig(20);
    const auto before = weights(rig);
    const UpdateOptions huge{.minibatch = 10, .epochs = 2, .learning_rate = 1e300, .max_gradient_norm = 0};
    CHECK_THROWS_WITH(rig.update(Clip{}, Sgd<float>{}, huge), ContainsText("not finite; lower the learning rate"));
    CHECK((weights(rig) == before));
    UpdateOptions once = huge;
    once.minibatch = all_samples;
    once.epochs = 1;
    CHECK_THROWS_WITH(rig.update(Clip{}, Sgd<float>{}, once),
                      "update: the actor's weights are not finite; lower the learning rate");
    CHECK((weights(rig) == before));
    rig.rollout.advantage.matrix().setZero();
    once.normalize_advantage = false;
    once.value_coefficient = 1e3;
    once.learning_rate = 1e38;
    CHECK_THROWS_WITH(rig.update(Clip{}, Sgd<float>{}, once),
                      "update: the critic's weights are not finite; lower the learning rate");
    CHECK((weights(rig) == before));
}

TEST_CASE("an advantage or a value target of NaN is an error and restores the weights") {
    for (const bool normalize : {false, true}) {
        Rig rig(20);
        const auto before = weights(rig);
        UpdateOptions options = one_step();
        options.normalize_advantage = normalize;
        rig.rollout.advantage(2, 3) = not_a_number;
        CHECK_THROWS_WITH(rig.update(Clip{}, Adam<double>{}, options),
                          ContainsText("update: the actor's gradient is not finite"));
        CHECK((weights(rig) == before));
    }
    Rig rig(20);
    const auto before = weights(rig);
    rig.rollout.value_target(2, 3) = not_a_number;
    CHECK_THROWS_WITH(rig.update(Clip{}, Adam<double>{}, one_step()),
                      ContainsText("update: the critic's gradient is not finite"));
    CHECK((weights(rig) == before));
}

TEST_CASE("enormous weights are refused or the policy stays finite") {
    UpdateRig<float> rig(20);
    const auto before = weights(rig);
    for (const double learning_rate : {1e30, 1e37, 1e38, 1e39}) {
        const UpdateOptions large{
            .minibatch = all_samples, .epochs = 1, .learning_rate = learning_rate, .max_gradient_norm = 0};
        try {
            const UpdateReport report = rig.update(KlPenalty{}, Sgd<float>{}, large);
            CHECK(std::isfinite(report.mean_kl));
            CHECK(learning_rate < 1e39);
        } catch (const Error&) {
            CHECK((weights(rig) == before));
        }
        UpdateRig<float> fresh(20);
        std::copy(fresh.actor.weights().begin(), fresh.actor.weights().end(), rig.actor.weights().begin());
        std::copy(fresh.critic.weights().begin(), fresh.critic.weights().end(), rig.critic.weights().begin());
    }
}

TEST_CASE("a mean KL that is not finite is an error and restores the weights") {
    for (const double learning_rate : {1e308, 1.7e308}) {
        Rig rig(20);
        const auto before = weights(rig);
        UpdateOptions options = one_step();
        options.learning_rate = learning_rate;
        options.value_coefficient = 0;
        CHECK_THROWS_WITH(rig.update(KlPenalty{}, Sgd<double>{}, options),
                          "update: the mean KL after the update is inf; lower the learning rate");
        CHECK((weights(rig) == before));
    }
}

TEST_CASE("update options out of range are refused by name") {
    const auto check = [](UpdateOptions options) {
        options.name = "Test";
        options.check();
    };
    CHECK_NOTHROW(check({}));
    CHECK_NOTHROW(check({.minibatch = all_samples, .epochs = 1, .learning_rate = 0, .max_gradient_norm = 0}));
    CHECK_THROWS_WITH(check({.minibatch = 0}), "Test: minibatch is 0; give at least 1 sample");
    CHECK_THROWS_WITH(check({.epochs = 0}), "Test: epochs is 0; give at least 1 pass over the rollout");
    CHECK_THROWS_WITH(check({.learning_rate = -0.1}), "Test: learning_rate is -0.1; give a number of at least 0");
    CHECK_THROWS_WITH(check({.learning_rate = Linear{1, -2}}), ContainsText("Test: learning_rate is -2"));
    CHECK_THROWS_WITH(check({.entropy = not_a_number}), "Test: entropy is nan; give a finite number");
    CHECK_THROWS_WITH(check({.value_coefficient = -1}), ContainsText("Test: value_coefficient is -1"));
    CHECK_THROWS_WITH(check({.max_gradient_norm = -1}), ContainsText("Test: max_gradient_norm is -1"));
    CHECK_THROWS_AS(check({.max_gradient_norm = not_a_number}), Error);
}

TEST_CASE("the weights after an update have the same bits with 1, 2 and 4 threads", "[threads]") {
    const auto after = [](Index threads) {
        UpdateRig<float> rig(60);
        Threads pool(threads);
        Updater<UpdateRig<float>::ActorType, UpdateRig<float>::CriticType, Clip, Adam<float>> updater(
            rig.actor, rig.critic, Clip{}, Adam<float>{}, {.minibatch = all_samples, .epochs = 5}, pool, 1);
        updater(rig.rollout);
        return weights(rig);
    };
    const auto one = after(1);
    CHECK((one != weights(UpdateRig<float>(60))));
    CHECK((one == after(2)));
    CHECK((one == after(4)));
}
