// One iteration of the job taken apart, by the public calls that the library's own loop makes.
//
// The library holds no timers. So, beside an iteration of the job, the same iteration is done again on copies: the same
// calls on the same data, in the same order and as often, with a look at the clock between them. What a stage costs
// in the job is taken to be what it costs here; what the job needs beyond its stages is shown as rest.
#pragma once

#include <array>

#include "update_replay.hpp"

namespace pendulum_reference {

/// Does iterations of the job again and times their stages.
class Replay {
    using Actor = decltype(Job::actor);
    using Critic = decltype(Job::critic);
    using Rollout = gradiva::Rollout<float>;

public:
    explicit Replay(const Job& job)
        : envs_(job.envs), actor_(job.actor), critic_(job.critic), estimate_(critic_, threads_), update_(job) {}

    /// To be called before an iteration of the job.
    void start(const Job& job) {
        envs_ = job.envs;
        actor_ = job.actor;
        critic_ = job.critic;
        update_.start(job);
        rngs_.clear();
        for (Index n = 0; n < environments; ++n) {
            rngs_.emplace_back(job.envs.seed(), gradiva::Purpose::user, static_cast<std::uint64_t>(n));
        }
    }

    /// Does the iteration that made `rollout` again.
    Laps operator()(const Rollout& rollout) {
        laps_ = {};
        time_environments(rollout);
        time_actor(rollout);
        time_estimate(rollout);
        update_(rollout, laps_);
        return laps_;
    }

    /// What was learned.
    const Actor& actor() const { return update_.actor(); }

private:
    /// Leaves out the advantage, which is timed alone.
    struct NoAdvantage {
        void operator()(Rollout&) const {}
        void check(bool) const {}
    };

    void time_environments(const Rollout& rollout) {
        observation_.resize(rollout.observation_size, environments);
        final_observation_.resize(rollout.observation_size, environments);
        gradiva::StepView out{observation_.matrix(), final_observation_.matrix(), reward_, terminated_, truncated_};
        Stopwatch watch;
        for (Index t = 0; t < horizon; ++t) {
            envs_.step({0, environments}, rollout.action.columns(rollout.columns(t, {0, environments})), out);
        }
        laps_.environment = watch.lap();
        const Index last = horizon * environments;
        gradiva::require(observation_.matrix() == rollout.observation.columns({last, last + environments}),
                         "pendulum_reference: the environments went another way than in the job");
    }

    void time_actor(const Rollout& rollout) {
        gradiva::ActionBatch actions(rollout.action_shape, environments);
        gradiva::Vector<float> log_prob(environments);
        Stopwatch watch;
        for (Index t = 0; t < horizon; ++t) {
            const gradiva::Range now = rollout.columns(t, {0, environments});
            actor_.forward(rollout.observation.columns(now), rollout.mask.columns(now), tape_);
        }
        laps_.actor = watch.lap();
        for (Index t = 0; t < horizon; ++t) {
            actor_.sample(tape_, rngs_, actions.all());
            actor_.log_prob(tape_, std::as_const(actions).all(), log_prob);
        }
        laps_.sampling = watch.lap();
    }

    void time_estimate(const Rollout& rollout) {
        copy_ = rollout;
        Stopwatch watch;
        estimate_(copy_, NoAdvantage{});
        laps_.value_pass = watch.lap();
        gae(copy_);
        laps_.advantage = watch.lap();
    }

    gradiva::Threads threads_{1};
    decltype(Job::envs) envs_;
    Actor actor_;
    Critic critic_;
    gradiva::Estimator<Critic> estimate_;
    std::vector<gradiva::Rng> rngs_;
    Actor::Tape tape_;  // of collecting
    gradiva::MatrixBuffer<float> observation_, final_observation_;
    std::array<double, environments> reward_{};
    std::array<std::uint8_t, environments> terminated_{}, truncated_{};
    Rollout copy_{envs_, actor_};
    UpdateReplay update_;
    Laps laps_;
};

}  // namespace pendulum_reference
