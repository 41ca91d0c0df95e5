// The gradient of every loss, through the networks, against central differences of the loss written out.
#include "catch.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"
#include "helpers/report_fields.hpp"
#include "learn/update_rig.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Rig = UpdateRig<double>;
using Samples = std::vector<PlainSample>;
using Loss = std::function<double(const Samples&)>;

const UpdateOptions one_step{.minibatch = all_samples,
                             .epochs = 1,
                             .value_coefficient = 0,
                             .max_gradient_norm = 0,
                             .normalize_advantage = false};

/// The largest relative error over the blocks W_1, b_1, W_2, ... of a network with these widths.
double worst_block(std::span<const double> analytic, std::span<const double> numeric, std::vector<std::size_t> widths) {
    double worst = 0;
    std::size_t begin = 0;
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
        for (const std::size_t size : {widths[l] * widths[l + 1], widths[l + 1]}) {
            worst = largest_of(worst, relative_error(analytic.subspan(begin, size), numeric.subspan(begin, size)));
            begin += size;
        }
    }
    return begin == analytic.size() ? worst : std::numeric_limits<double>::infinity();
}

/// Updates once and compares the gradients that the optimisers got with those of `loss`.
template <class S>
void check_gradient(Rig& rig, S surrogate, const UpdateOptions& options, const Loss& loss) {
    const RecordingOptimizer optimizer;
    rig.update(surrogate, optimizer, options);
    REQUIRE(optimizer.record->gradients.size() == 2);
    const auto plain_loss = [&] { return loss(rig.samples()); };
    const auto for_actor = numeric_gradient(rig.actor.weights(), plain_loss);
    const auto for_critic = numeric_gradient(rig.critic.weights(), plain_loss);
    CHECK(worst_block(optimizer.record->gradients[0], for_actor, {3, 6, 5, 3}) < 1e-6);
    CHECK(worst_block(optimizer.record->gradients[1], for_critic, {3, 6, 5, 1}) < 1e-6);
}

Index count_if(const Samples& samples, const std::function<bool(const PlainSample&)>& test) {
    return std::count_if(samples.begin(), samples.end(), test);
}

double clipped_gain(const PlainSample& s) {
    return std::min(s.ratio * s.advantage, std::clamp(s.ratio, 0.8, 1.2) * s.advantage);
}

/// Advantages with mean 0 and standard deviation 1, that with N - 1.
void normalise(Samples& samples) {
    const double mean = mean_of(samples, [](const PlainSample& s) { return s.advantage; });
    double squares = 0;
    for (const PlainSample& s : samples) squares += (s.advantage - mean) * (s.advantage - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(samples.size() - 1));
    for (PlainSample& s : samples) s.advantage = (s.advantage - mean) / (deviation + 1e-8);
}

std::vector<double> copy_of(std::span<const double> weights) { return {weights.begin(), weights.end()}; }

/// How far the weights went from `before`, by a step of descent.
std::vector<double> descent(std::span<const double> before, std::span<const double> weights, double learning_rate) {
    std::vector<double> gradient;
    for (std::size_t i = 0; i < before.size(); ++i) gradient.push_back((before[i] - weights[i]) / learning_rate);
    return gradient;
}

/// Every 97th number.
std::vector<double> some_of(std::span<const double> x) {
    std::vector<double> some;
    for (std::size_t i = 0; i < x.size(); i += 97) some.push_back(x[i]);
    return some;
}

double squared(const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v * v;
    return sum;
}

}  // namespace

TEST_CASE("both networks are stepped for any size, number of threads and limits", "[threads]") {
    const std::vector<Index> small{6, 5}, large{48, 48};
    for (const auto& hidden : {small, large}) {
        Rig rig(20, 5, false, 0.4, hidden);
        const auto actor = copy_of(rig.actor.weights()), critic = copy_of(rig.critic.weights());
        UpdateOptions options = one_step;
        options.value_coefficient = 0.5;
        options.learning_rate = 0.1;
        const auto step = [&](Index threads, double& norm, bool goes_on = false) {
            if (!goes_on) {
                std::copy(actor.begin(), actor.end(), rig.actor.weights().begin());
                std::copy(critic.begin(), critic.end(), rig.critic.weights().begin());
            }
            Threads pool(threads);
            Updater<Rig::ActorType, Rig::CriticType, PolicyGradient, Sgd<double>> update(
                rig.actor, rig.critic, PolicyGradient{}, {}, options, pool, 1);
            norm = update(rig.rollout).gradient_norm;
            return std::pair(descent(actor, rig.actor.weights(), 0.1), descent(critic, rig.critic.weights(), 0.1));
        };
        double norm = 0, reported = 0;
        const auto [of_actor, of_critic] = step(1, norm);
        CHECK(std::sqrt(squared(of_actor) + squared(of_critic)) == Catch::Approx(norm));
        std::copy(actor.begin(), actor.end(), rig.actor.weights().begin());
        std::copy(critic.begin(), critic.end(), rig.critic.weights().begin());
        const auto loss = [&] {
            return mean_of(rig.samples(), [](const PlainSample& s) {
                return -s.log_prob * s.advantage + 0.25 * std::pow(s.value - s.value_target, 2);
            });
        };
        const auto numeric = [&](std::span<double> weights) {
            std::vector<double> some;
            for (std::size_t i = 0; i < weights.size(); i += 97) {
                some.push_back(numeric_gradient(weights.subspan(i, 1), loss)[0]);
            }
            return some;
        };
        CHECK(relative_error(some_of(of_actor), numeric(rig.actor.weights())) < 1e-6);
        CHECK(relative_error(some_of(of_critic), numeric(rig.critic.weights())) < 1e-6);
        for (const Index threads : {1, 2}) {
            for (const double most : {0.0, 0.01}) {
                for (const double target_kl : {0.0, 1e3}) {
                    CAPTURE(hidden[0], threads, most, target_kl);
                    options.max_gradient_norm = most;
                    options.target_kl = target_kl;
                    auto [actor_step, critic_step] = step(threads, reported);
                    CHECK(reported == Catch::Approx(norm));
                    for (auto* part : {&actor_step, &critic_step}) {
                        for (double& x : *part) x *= most > 0 ? norm / most : 1;
                    }
                    CHECK(relative_error(actor_step, of_actor) < 1e-8);
                    CHECK(relative_error(critic_step, of_critic) < 1e-8);
                }
            }
        }
        // Two epochs are two updates: the second reads the newest weights.
        options.max_gradient_norm = options.target_kl = 0;
        step(1, reported);
        const auto [actor_twice, critic_twice] = step(1, norm, true);
        options.epochs = 2;
        const auto [actor_step, critic_step] = step(1, reported);
        CHECK(relative_error(actor_step, actor_twice) < 1e-8);
        CHECK(relative_error(critic_step, critic_twice) < 1e-8);
        CHECK(relative_error(actor_step, of_actor) > 0.1);
    }
}

TEST_CASE("the gradient of the policy gradient loss equals central differences") {
    Rig rig(60);  // 300 samples: several shards
    check_gradient(rig, PolicyGradient{}, one_step, [](const Samples& samples) {
        return -mean_of(samples, [](const PlainSample& s) { return s.log_prob * s.advantage; });
    });
}

TEST_CASE("the gradient of the policy gradient loss per episode equals central differences") {
    Rig rig(3, 5, true);  // 3 ragged episodes of each environment
    REQUIRE(rig.rollout.finished.size() == 15);
    check_gradient(rig, PolicyGradient{.per_episode = true}, one_step, [](const Samples& samples) {
        const auto count = static_cast<double>(samples.size());
        return -mean_of(samples, [](const PlainSample& s) { return s.log_prob * s.advantage; }) * count / 15;
    });
}

TEST_CASE("the loss per episode is that of the whole rollout by minibatches of any size, and of few episodes") {
    for (const Index count : {0, 1, 2, 5}) {
        Rig rig(1, std::max<Index>(count, 1), true);
        REQUIRE(rig.rollout.finished.size() == std::max<Index>(count, 1));
        if (count == 0) rig.rollout.finished.resize(0);
        const Samples samples = rig.samples();
        const double mean = mean_of(samples, [](const PlainSample& s) { return -s.log_prob * s.advantage; });
        const double sum = mean * static_cast<double>(samples.size());
        UpdateOptions options = one_step;
        for (const Index minibatch : {all_samples, Index{2}}) {
            CAPTURE(count, minibatch);
            options.minibatch = minibatch;  // the optimiser takes no step
            const UpdateReport report = rig.update(PolicyGradient{.per_episode = true}, RecordingOptimizer{}, options);
            CHECK(report.surrogate_loss == Catch::Approx(sum / static_cast<double>(std::max<Index>(count, 1))));
        }
    }
}

TEST_CASE("the gradient of the clipped loss equals central differences inside and outside of the range") {
    Rig rig(60, 5, false, 0.45);
    const auto at_kink = [](const PlainSample& s) {
        return std::min(std::abs(s.ratio - 0.8), std::abs(s.ratio - 1.2)) < 1e-4;
    };
    const Samples drawn = rig.samples();
    for (std::size_t i = 0; i < drawn.size(); ++i) {  // at a kink there is no derivative
        if (at_kink(drawn[i])) rig.rollout.log_prob.data()[i] += 0.01;
    }
    const Samples samples = rig.samples();
    REQUIRE(count_if(samples, at_kink) == 0);
    for (const double sign : {1.0, -1.0}) {
        const auto good = [=](const PlainSample& s) { return s.advantage * sign > 0; };
        CHECK(count_if(samples, [&](const PlainSample& s) { return good(s) && s.ratio < 0.8; }) > 5);
        CHECK(count_if(samples, [&](const PlainSample& s) { return good(s) && s.ratio > 1.2; }) > 5);
        CHECK(count_if(samples, [&](const PlainSample& s) { return good(s) && std::abs(s.ratio - 1) < 0.2; }) > 5);
    }
    check_gradient(rig, Clip{.clip = 0.2}, one_step, [](const Samples& s) { return -mean_of(s, clipped_gain); });
}

TEST_CASE("the gradient of the penalised loss equals central differences") {
    Rig rig(60);
    check_gradient(rig, KlPenalty{.beta = 1.7}, one_step, [](const Samples& samples) {
        return mean_of(samples, [](const PlainSample& s) { return -s.ratio * s.advantage + 1.7 * s.kl; });
    });
}

TEST_CASE("the gradient of the entropy bonus equals central differences") {
    Rig rig(60);
    rig.rollout.advantage.matrix().setZero();
    UpdateOptions options = one_step;
    options.entropy = 0.3;
    check_gradient(rig, PolicyGradient{}, options, [](const Samples& samples) {
        return -0.3 * mean_of(samples, [](const PlainSample& s) { return s.entropy; });
    });
}

TEST_CASE("the gradient of the value loss equals central differences") {
    Rig rig(60);
    rig.rollout.advantage.matrix().setZero();
    UpdateOptions options = one_step;
    options.value_coefficient = 0.8;
    check_gradient(rig, PolicyGradient{}, options, [](const Samples& samples) {
        return mean_of(samples, [](const PlainSample& s) { return 0.8 * 0.5 * std::pow(s.value - s.value_target, 2); });
    });
}

TEST_CASE("the gradient of the whole PPO loss equals central differences on ragged episodes") {
    Rig rig(4, 5, true);
    UpdateOptions options = one_step;
    options.entropy = 0.02;
    options.value_coefficient = 0.5;
    options.normalize_advantage = true;
    check_gradient(rig, Clip{.clip = 0.2}, options, [](Samples samples) {
        normalise(samples);
        return mean_of(samples, [](const PlainSample& s) {
            return -clipped_gain(s) - 0.02 * s.entropy + 0.25 * std::pow(s.value - s.value_target, 2);
        });
    });
}

TEST_CASE("an update reports the losses of the rollout") {
    Rig rig(60);
    UpdateOptions options = one_step;
    options.value_coefficient = 0.7;
    options.entropy = 0.1;
    const Samples samples = rig.samples();
    const auto clip = rig.update(Clip{.clip = 0.2}, RecordingOptimizer{}, options);
    CHECK(clip.surrogate_loss == Catch::Approx(-mean_of(samples, clipped_gain)));
    CHECK(clip.entropy == Catch::Approx(mean_of(samples, [](const PlainSample& s) { return s.entropy; })));
    CHECK(clip.value_loss == Catch::Approx(mean_of(samples, [](const PlainSample& s) {
              return 0.5 * std::pow(s.value - s.value_target, 2);
          })));
    CHECK(clip.approximate_kl ==
          Catch::Approx(mean_of(samples, [](const PlainSample& s) { return s.ratio - 1 - std::log(s.ratio); })));
    CHECK(clip.clip_fraction == Catch::Approx(mean_of(samples, [](const PlainSample& s) {
              return std::abs(s.ratio - 1) > 0.2 ? 1.0 : 0.0;
          })));
    CHECK(std::isnan(clip.mean_kl));

    const auto penalised = rig.update(KlPenalty{.beta = 1.7}, RecordingOptimizer{}, options);
    CHECK(penalised.surrogate_loss ==
          Catch::Approx(mean_of(samples, [](const PlainSample& s) { return -s.ratio * s.advantage + 1.7 * s.kl; })));
    CHECK(penalised.mean_kl == Catch::Approx(mean_of(samples, [](const PlainSample& s) { return s.kl; })));
}

TEST_CASE("permuted or duplicated environments give the same gradients and the same report") {
    struct Result {
        std::vector<std::vector<double>> gradients;
        Numbers report;
    };
    const auto result_of = [](Rig& rig, const auto& surrogate, const UpdateOptions& options) {
        const RecordingOptimizer optimizer;
        const UpdateReport report = rig.update(surrogate, optimizer, options);
        return Result{optimizer.record->gradients, numbers_of(report)};
    };
    const auto check = [&](const auto& surrogate, bool whole_episodes) {
        CAPTURE(whole_episodes);
        UpdateOptions options = one_step;
        options.entropy = 0.02;
        options.value_coefficient = 0.5;
        options.value_clip = 0.3;
        options.max_gradient_norm = 0.1;
        const Index steps = whole_episodes ? 4 : 60;
        Rig rig(steps, 5, whole_episodes), turned(steps, 5, whole_episodes), twice(steps, 10, whole_episodes);
        Rng rng(5);
        for (Index i = 0; i < rig.rollout.horizon * 5; ++i) rig.rollout.value.data()[i] = 0.5 * rng.normal();
        const auto original = rig.rollout;
        arrange(original, {4, 2, 0, 1, 3}, turned.rollout);
        arrange(original, {0, 1, 2, 3, 4, 4, 3, 2, 1, 0}, twice.rollout);
        const Result expected = result_of(rig, surrogate, options);
        for (auto* other : {&turned, &twice}) {
            const Result result = result_of(*other, surrogate, options);
            REQUIRE(result.gradients.size() == expected.gradients.size());
            for (std::size_t i = 0; i < result.gradients.size(); ++i) {
                CHECK(relative_error(result.gradients[i], expected.gradients[i]) < 1e-12);
            }
            for (const auto& [name, number] : expected.report) {
                CAPTURE(name, number, result.report.at(name));
                CHECK((std::isnan(number) ? std::isnan(result.report.at(name))
                                          : result.report.at(name) == Catch::Approx(number).epsilon(1e-12)));
            }
        }
    };
    for (const bool whole_episodes : {false, true}) {
        check(PolicyGradient{}, whole_episodes);
        check(PolicyGradient{.per_episode = true}, whole_episodes);
        check(Clip{.clip = 0.2}, whole_episodes);
        check(KlPenalty{.beta = 1.7}, whole_episodes);
    }
}
