// The trainers of every_trainer.hpp written out by hand, from the components that they are made of, with all options of
// the updates as they must arrive there; and what their reports must say then.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "algorithms/every_trainer.hpp"
#include "helpers/report_fields.hpp"

namespace gradiva_test {

/// What callbacks must be told after each iteration, but for the time; and all weights after the last.
struct ByHand {
    std::vector<Numbers> reports;
    std::vector<float> weights;
};

/// Counts what is counted over iterations.
class Books {
public:
    explicit Books(Index total) : total_(total) {}

    bool finished() const { return steps_ >= total_; }
    double progress() const { return std::min(1.0, static_cast<double>(steps_) / static_cast<double>(total_)); }

    /// Writes the report of an iteration from its parts: those given, and the counts.
    template <class Episodes>
    void close(Numbers parts, Index steps, const Episodes& finished) {
        steps_ += steps;
        for (const auto& episode : finished) {
            ++episodes_;
            sum_of_returns_ += episode.reward_sum;
            sum_of_lengths_ += static_cast<double>(episode.length);
        }
        const auto episodes = static_cast<double>(episodes_);
        REQUIRE(episodes_ <= 100);  // of more, the last hundred count
        Numbers report = numbers_of(gradiva::Progress{});
        for (const auto& [name, number] : parts) report.at(name) = number;
        report["iteration"] = static_cast<double>(reports.size() + 1);
        report["steps"] = static_cast<double>(steps_);
        report["total_steps"] = static_cast<double>(total_);
        report["schedule_progress"] = progress();
        report["episodes"] = report["lifetime_episodes"] = episodes;
        report["mean_return"] = sum_of_returns_ / episodes;
        report["mean_length"] = sum_of_lengths_ / episodes;
        reports.push_back(report);
    }

    std::vector<Numbers> reports;

private:
    Index total_;
    Index steps_ = 0, episodes_ = 0;
    double sum_of_returns_ = 0, sum_of_lengths_ = 0;
};

inline ByHand by_hand(const std::string& name, const Schedules& s, Index total) {
    using namespace gradiva;
    constexpr Index horizon = 20;
    Books books(total);
    Threads threads(1);
    const auto result = [&](const auto& actor, const auto& critic) {
        std::vector<float> weights(actor.weights().begin(), actor.weights().end());
        weights.insert(weights.end(), critic.weights().begin(), critic.weights().end());
        return ByHand{books.reports, weights};
    };
    if (name == "AnalyticPolicyGradient") {
        Vectorized envs(TimeLimit(Pendulum{}, 40), {.count = 4, .seed = 5});
        Actor actor(envs, Mlp{.hidden = {4}});
        AnalyticGradient gradient_of(std::vector(4, Pendulum{}), actor, {.horizon = horizon, .episode = 40}, threads,
                                     5);
        Buffer<float> gradient(static_cast<Index>(actor.weights().size()));
        Adam<float> optimizer;
        while (!books.finished()) {
            const auto report = gradient_of(gradient.span());
            const double norm = norm_of(std::as_const(gradient).span());
            const double learning_rate = s.learning_rate(books.progress());
            clip(gradient.span(), norm, 1);
            optimizer.step(actor.weights(), std::as_const(gradient).span(), learning_rate);
            books.close({{"surrogate_loss", report.loss},
                         {"entropy", report.entropy},
                         {"gradient_norm", norm},
                         {"learning_rate", learning_rate}},
                        4 * horizon, gradient_of.finished());
        }
        return result(actor, actor);
    }
    Vectorized envs(TimeLimit(Wanderer{.terminates = 0.05, .truncates = 0.05}, 40), {.count = 4, .seed = 5});
    const auto iterate = [&](auto& actor, const auto& critic, const auto& advantage, auto&& update) {
        Rollout<float> rollout(envs, actor);
        Collector collect(envs, actor, threads);
        Estimator estimate(critic, threads);
        Reweigher reweigh(actor, threads);
        while (!books.finished()) {
            if (name.starts_with("Reinforce")) {
                collect.episodes(rollout, 2);
            } else {
                collect.steps(rollout, horizon);
            }
            Numbers parts;
            if (name == "OffPolicy") {
                const OffPolicyReport distance = reweigh(rollout);
                parts = {{"effective_sample_size", distance.effective_sample_size},
                         {"behaviour_kl", distance.kl},
                         {"left_out", 0}};
            }
            estimate(rollout, advantage);
            parts.merge(numbers_of(update(rollout, books.progress())));
            if (has_critic<std::remove_cvref_t<decltype(critic)>>) {
                parts["explained_variance"] = explained_variance(rollout);
            }
            books.close(parts, rollout.sample_count(), rollout.finished);
        }
    };
    if (name == "QLambda") {
        Actor actor(envs, Mlp{.hidden = {4}, .layer_norm = true}, EpsilonGreedy<float>(3));
        actor.distribution().set_epsilon(s.epsilon(0));
        const GreedyValue value(actor);
        const QLambdaOptions options{
            .minibatch = 40, .epochs = 2, .learning_rate = s.learning_rate, .max_gradient_norm = 10};
        iterate(actor, value, QReturns{.gamma = 0.99, .lambda = 0.65},
                QUpdate(actor, Adam<float>{}, options, threads, 5));
        return result(actor, actor);
    }
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    NoCritic none;
    const auto updater = [&](auto& its_critic, auto surrogate, auto optimizer, const UpdateOptions& options) {
        return Updater<std::remove_cvref_t<decltype(actor)>, std::remove_cvref_t<decltype(its_critic)>,
                       decltype(surrogate), decltype(optimizer)>(actor, its_critic, surrogate, optimizer, options,
                                                                 threads, 5);
    };
    const UpdateOptions by_minibatches{.minibatch = 40,
                                       .epochs = 2,
                                       .learning_rate = s.learning_rate,
                                       .entropy = s.entropy,
                                       .value_coefficient = 0.5,
                                       .value_clip = s.value_clip,
                                       .max_gradient_norm = 0.5,
                                       .normalize_advantage = true};
    const UpdateOptions at_once{.minibatch = 1'000'000,
                                .epochs = 1,
                                .learning_rate = s.learning_rate,
                                .entropy = s.entropy,
                                .value_coefficient = 0.5,
                                .max_gradient_norm = 0.5,
                                .normalize_advantage = false};
    if (name == "PpoClip") {
        iterate(actor, critic, Gae{}, updater(critic, Clip{s.clip}, Adam<float>{}, by_minibatches));
    } else if (name == "PpoKl") {
        iterate(actor, critic, Gae{}, updater(critic, KlPenalty{.target = 0.01}, Adam<float>{}, by_minibatches));
    } else if (name == "A2c") {
        iterate(actor, critic, Gae{.lambda = 1}, updater(critic, PolicyGradient{}, Rmsprop<float>{}, at_once));
    } else if (name == "Trpo") {
        TrustRegion policy(actor, {}, threads);
        ValueRegression value(critic, Adam<float>{},
                              {.minibatch = 40, .epochs = 10, .learning_rate = s.learning_rate, .max_gradient_norm = 0},
                              threads, 5);
        iterate(actor, critic, Gae{}, [&](const Rollout<float>& rollout, double progress) {
            UpdateReport report = policy(rollout);
            const UpdateReport of_value = value(rollout, progress);
            report.value_loss = of_value.value_loss;
            report.learning_rate = of_value.learning_rate;
            return report;
        });
    } else if (name == "Reinforce") {
        iterate(actor, critic, RewardToGo{.baseline = Baseline::critic},
                updater(critic, PolicyGradient{.per_episode = true}, Adam<float>{}, at_once));
    } else if (name == "Reinforce without critic") {
        iterate(actor, none, RewardToGo{.baseline = Baseline::mean_of_others},
                updater(none, PolicyGradient{.per_episode = true}, Adam<float>{}, at_once));
    } else {
        REQUIRE(name == "OffPolicy");
        iterate(actor, critic, VTrace{}, updater(critic, PolicyGradient{}, Adam<float>{}, at_once));
    }
    return result(actor, critic);
}

}  // namespace gradiva_test
