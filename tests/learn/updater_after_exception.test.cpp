// Parts of an update that a user brings throw, and the caller trains on: threads must change no bit of what follows.
#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/analytic_policy_gradient.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Result {
    std::vector<float> weights;
    std::vector<std::string> caught;

    template <class Part>
    void add(const Part& part) {
        weights.insert(weights.end(), part.weights().begin(), part.weights().end());
    }
};

/// Whether parts of the update may throw. A failed update restores the parts, with their counters, so that otherwise
/// they would throw in every update.
std::atomic<bool> stumbles = true;

template <class Trainer>
void train_on(Trainer& trainer, Result& result) {
    for (int call = 0; call < 6; ++call) {
        stumbles = call < 3;
        try {
            trainer.train({.steps = 1});
        } catch (const std::exception& error) {
            result.caught.emplace_back(error.what());
        }
    }
}

/// Compares what `run(threads)` gives with 1, 2 and 4 threads; some of the calls must have failed, and some not.
template <class Run>
void check_threads(const Run& run) {
    const Result one = run(1);
    CHECK(!one.caught.empty());
    CHECK(one.caught.size() < 6);
    for (const Index threads : {2, 4}) {
        CAPTURE(threads);
        const Result other = run(threads);
        CHECK(other.caught == one.caught);
        CHECK((other.weights == one.weights));
    }
}

/// The policy gradient, which cannot bear a large advantage.
struct Squeamish : PolicyGradient {
    template <class V>
    auto log_prob_loss(const V& log_prob, const V& advantage) const {
        if constexpr (!std::floating_point<V>) {
            for (std::size_t i = 0; i < sizeof(V) / sizeof(advantage.lanes()[0]); ++i) {
                const auto a = advantage.lanes()[i];
                if (a > 9.5F) throw std::runtime_error(fmt::format("an advantage of {}", a));
            }
        }
        return PolicyGradient::log_prob_loss(log_prob, advantage);
    }
};

/// Adam, which throws at one of its calls while `stumbles` is set.
struct Stumbling : Adam<float> {
    explicit Stumbling(int call) : at(call) {}
    void step(std::span<float> weights, std::span<const float> gradient, double learning_rate) {
        if (calls++ == at && stumbles) throw std::runtime_error("no step");
        Adam<float>::step(weights, gradient, learning_rate);
    }
    int at, calls = 0;
};

struct Parts {
    Vectorized<TimeLimit<Wanderer>> envs{TimeLimit(Wanderer{}, 9), {.count = 13, .seed = 1}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {4}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {50, 50}}};

    Result after(Result result) const {
        result.add(actor);
        result.add(critic);
        return result;
    }
};

/// Pendulum whose third reset throws.
struct Reluctant : Pendulum {
    bool throws = false;
    int resets = 0;

    void reset(Rng& rng, std::span<float> observation) {
        Pendulum::reset(rng, observation);
        if (throws && resets++ == 2) throw Breakdown("no new episode");
    }
};

}  // namespace

TEST_CASE("after an exception of a surrogate the number of threads changes no bit", "[threads]") {
    for (const double max_gradient_norm : {0.0, 0.5}) {
        CAPTURE(max_gradient_norm);
        check_threads([&](Index thread_count) {
            Parts p;
            Trainer trainer({.name = "Squeamish", .horizon = 40, .threads = thread_count}, p.envs, p.actor, p.critic,
                            Gae{}, [&](Threads& threads) {
                                return Updater(p.actor, p.critic, Squeamish{}, Adam<float>(),
                                               {.minibatch = 400,
                                                .epochs = 3,
                                                .max_gradient_norm = max_gradient_norm,
                                                .normalize_advantage = false},
                                               threads, 1);
                            });
            Result result;
            train_on(trainer, result);
            return p.after(result);
        });
    }
}

TEST_CASE("after an exception of an optimiser the number of threads changes no bit", "[threads]") {
    for (const double max_gradient_norm : {0.0, 0.5}) {
        for (const int at : {0, 3, 7}) {
            CAPTURE(max_gradient_norm, at);
            check_threads([&](Index threads) {
                Parts p;
                PpoClip trainer(p.envs, p.actor, p.critic, Gae{},
                                {.horizon = 40,
                                 .minibatch = 400,
                                 .epochs = 2,
                                 .max_gradient_norm = max_gradient_norm,
                                 .threads = threads},
                                Stumbling(at));
                Result result;
                train_on(trainer, result);
                return p.after(result);
            });
        }
    }
    check_threads([&](Index threads) {
        Parts p;
        Trpo trainer(p.envs, p.actor, p.critic, Gae{},
                     {.horizon = 40, .minibatch = 400, .critic_epochs = 2, .threads = threads}, Stumbling(5));
        Result result;
        train_on(trainer, result);
        return p.after(result);
    });
}

TEST_CASE("after an exception of a model the number of threads changes no bit of the analytic gradient", "[threads]") {
    check_threads([](Index threads) {
        Vectorized envs(
            [](Index i) {
                Reluctant env;
                env.throws = i == 3 || i == 20;
                return env;
            },
            {.count = 50, .seed = 1});
        Actor actor(envs, Mlp{.hidden = {4}});
        AnalyticPolicyGradient trainer(envs, actor, {.horizon = 5, .threads = threads});
        Result result;
        train_on(trainer, result);
        result.add(actor);
        return result;
    });
}
