// Where the time of the job goes, on one thread, stage by stage.
#pragma once

#include <string>
#include <vector>

#include "../common/peak.hpp"
#include "replay.hpp"

namespace pendulum_reference {

/// Part of the job: what it took, and what it had to do at least, in either operations or bytes.
struct Stage {
    std::string name;
    double seconds = 0;
    double flops = 0;
    double bytes = 0;
};

/// A part of an iteration that was timed as a whole, with its stages.
struct Group {
    std::string name;
    double seconds = 0;
    std::vector<Stage> stages = {};

    double rest() const {
        double sum = 0;
        for (const Stage& stage : stages) sum += stage.seconds;
        return seconds - sum;
    }
};

struct Breakdown {
    double seconds = 0;  ///< of all iterations
    std::vector<Group> groups = {};
    double peak_flops = 0;
    double peak_bytes = 0;

    double rest() const {
        double sum = 0;
        for (const Group& group : groups) sum += group.seconds;
        return seconds - sum;
    }
};

namespace detail {

/// All times are of one iteration.
struct Times {
    double all = 0, collect = 0, estimate = 0, update = 0;
    Laps laps;
};

/// What a part of an iteration took in all iterations: the median, times their number.
template <class Part>
double total(const std::vector<Times>& times, const Part& part) {
    std::vector<double> seconds;
    for (const Times& each : times) seconds.push_back(part(each));
    return median(seconds) * static_cast<double>(iterations);
}

/// Trains as the library's loop does, with a look at the clock after each part, and replays each iteration.
inline std::vector<Times> train_by_hand(const Variant& variant) {
    using namespace gradiva;
    Job job(variant);
    Threads threads(1);
    const PpoClipOptions options = ppo_options(1);
    Rollout rollout(job.envs, job.actor);
    Collector collect(job.envs, job.actor, threads);
    Estimator estimate(job.critic, threads);
    Updater update(job.actor, job.critic, Clip{options.clip}, Adam<float>{},
                   gradiva::update_options("pendulum_reference", options), threads, variant.seed);
    Replay replay(job);
    std::vector<Times> times;
    collect.steps(rollout, 1);  // a first step, which resets the environments: no iteration does that again
    for (Index i = 0; i < iterations; ++i) {
        replay.start(job);
        Times& now = times.emplace_back();
        Stopwatch watch;
        collect.steps(rollout, horizon);
        now.collect = watch.lap();
        estimate(rollout, gae);
        now.estimate = watch.lap();
        update(rollout);
        now.update = watch.lap();
        volatile double report = explained_variance(rollout);
        static_cast<void>(report);
        now.all = now.collect + now.estimate + now.update + watch.lap();
        now.laps = replay(rollout);
        require((as_vector(replay.actor().weights()) - as_vector(std::as_const(job.actor).weights())).norm() <
                    1e-3F * as_vector(std::as_const(job.actor).weights()).norm(),
                "pendulum_reference: the replay of iteration {} learned other weights than the job", i + 1);
    }
    return times;
}

}  // namespace detail

inline Breakdown break_down(const Variant& variant) {
    const double peak_before = gradiva_bench::peak_flops();
    const std::vector<detail::Times> times = detail::train_by_hand(variant);
    const auto part = [&](double detail::Times::*which) {
        return detail::total(times, [&](const detail::Times& each) { return each.*which; });
    };
    const auto lap = [&](double Laps::*which) {
        return detail::total(times, [&](const detail::Times& each) { return each.laps.*which; });
    };
    const auto all = static_cast<double>(steps);             // samples collected
    const auto learned = static_cast<double>(epochs) * all;  // and passed through both networks
    const auto valued = all + static_cast<double>(environments * iterations);
    const auto shards = static_cast<double>(gradiva::shard_count(minibatch));
    const Job job(variant);
    const double forward_flops = variant.flops().forward();
    const double backward_flops = variant.flops().backward();
    const auto weights = static_cast<double>(job.actor.weights().size() + job.critic.weights().size());

    // Bytes are those that have to be read or written once, if nothing stays in a register from stage to stage.
    Breakdown result{.seconds = part(&detail::Times::all)};
    result.groups = {
        {"collect",
         part(&detail::Times::collect),
         {{.name = "environment",  // action; state, there and back; observation, reward, flags
           .seconds = lap(&Laps::environment),
           .bytes = all * (4 + 2 * 16 + 12 + 8 + 2)},
          {.name = "actor", .seconds = lap(&Laps::actor), .flops = all * forward_flops},
          {.name = "sampling",  // mean, action, there and back, log-prob
           .seconds = lap(&Laps::sampling),
           .bytes = all * (4 + 2 * 4 + 4)}}},
        {"estimate",
         part(&detail::Times::estimate),
         {{.name = "value pass", .seconds = lap(&Laps::value_pass), .flops = valued * forward_flops},
          {.name = "advantage",  // reward, value, next value, whether it goes on; advantage, target
           .seconds = lap(&Laps::advantage),
           .bytes = all * 6 * 4}}},
        {"update",
         part(&detail::Times::update),
         {{.name = "gather",  // index; observation, head, action, log-prob, value, target and advantage, there and back
           .seconds = lap(&Laps::gather),
           .bytes = learned * (8 + 2 * (12 + 6 * 4))},
          {.name = "forward", .seconds = lap(&Laps::forward), .flops = learned * 2 * forward_flops},
          {.name = "loss",  // action, mean, log-prob, advantage, value, target; two derivatives
           .seconds = lap(&Laps::loss),
           .bytes = learned * 8 * 4},
          {.name = "backward", .seconds = lap(&Laps::backward), .flops = learned * 2 * backward_flops},
          {.name = "optimiser",  // gradients zeroed, added up and measured; three spans of Adam's, there and back
           .seconds = lap(&Laps::optimiser),
           .bytes = learned / static_cast<double>(minibatch) * weights * (shards + 3 * (shards - 1) + 1 + 7) * 4}}},
    };
    result.peak_flops = std::max(peak_before, gradiva_bench::peak_flops());
    result.peak_bytes = gradiva_bench::cache_bandwidth();
    return result;
}

}  // namespace pendulum_reference
