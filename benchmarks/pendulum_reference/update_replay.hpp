// The update of one iteration, taken apart.
#pragma once

#include "job.hpp"
#include "laps.hpp"

namespace pendulum_reference {

/// The calls of `gradiva::Updater`, in its order.
class UpdateReplay {
public:
    using Actor = decltype(Job::actor);
    using Critic = decltype(Job::critic);
    using Rollout = gradiva::Rollout<float>;

    explicit UpdateReplay(const Job& job)
        : actor_(job.actor), critic_(job.critic), order_rng_(job.envs.seed(), gradiva::Purpose::minibatch) {}

    /// Goes on from the job's weights.
    void start(const Job& job) {
        actor_ = job.actor;
        critic_ = job.critic;
        pack();
    }

    /// Learns from the rollout, and adds what it took.
    void operator()(const Rollout& rollout, Laps& laps) {
        laps_ = laps;
        Stopwatch watch;
        order_.reset(rollout);
        for (Index epoch = 0; epoch < epochs; ++epoch) {
            order_.shuffle(order_rng_);
            order_.cut(minibatch);
            laps_.gather += watch.lap();
            for (Index i = 0; i < order_.count(); ++i) {
                gradient_step(rollout, order_.minibatch(i), epoch + 1 == epochs, watch);
            }
        }
        laps = laps_;
    }

    const Actor& actor() const { return actor_; }

private:
    struct Shard {
        Shard() {
            use_once(actor);
            use_once(critic);
        }

        gradiva::SampleBatch<float> batch;
        gradiva::Buffer<float> log_prob, d_log_prob, d_value, per_sample;
        Actor::Tape actor;
        Critic::Tape critic;
        gradiva::Buffer<float> actor_gradient, critic_gradient;
    };

    void gradient_step(const Rollout& rollout, gradiva::Range range, bool report, Stopwatch& watch) {
        advantage_.resize(order_.sample_count());
        for (Index i = range.begin; i < range.end; ++i) advantage_[i] = rollout.advantage.data()[order_.first(i)];
        laps_.gather += watch.lap();
        gradiva::kernels::standardise<float>(advantage_.segment(range));
        laps_.loss += watch.lap();
        const Index shards = gradiva::shard_count(range.size());
        shards_.resize(static_cast<std::size_t>(shards));
        for (Index s = 0; s < shards; ++s) {
            Shard& shard = shards_[static_cast<std::size_t>(s)];
            use_packed(shard.actor, packed_actor_);
            use_packed(shard.critic, packed_critic_);
            shard.actor_gradient.resize(static_cast<Index>(actor_.weights().size()));
            shard.critic_gradient.resize(static_cast<Index>(critic_.weights().size()));
            gradiva::for_each_pass(range, shards, s,
                                   [&](gradiva::Range positions) { learn(rollout, positions, report, shard, watch); });
        }
        descend(shards);
        laps_.optimiser += watch.lap();
    }

    void learn(const Rollout& rollout, gradiva::Range positions, bool report, Shard& shard, Stopwatch& watch) {
        const gradiva::OrderedSamples<float> samples{rollout, order_, advantage_, positions};
        shard.batch.gather_for_actor(samples);
        shard.batch.gather_for_critic(samples);
        for (auto* part : {&shard.log_prob, &shard.d_log_prob, &shard.d_value, &shard.per_sample}) {
            part->resize(positions.size());
        }
        laps_.gather += watch.lap();
        shard.batch.forward(actor_, shard.actor);
        laps_.forward += watch.lap();
        const gradiva::ConstActionView actions = std::as_const(shard.batch.action).all();
        policy_loss(actions, report, shard);
        laps_.loss += watch.lap();
        actor_.backward(shard.actor, actions, shard.d_log_prob.vector(), 0, nullptr, 0, shard.actor_gradient.span());
        laps_.backward += watch.lap();
        const auto value = critic_.forward(shard.batch.observation.matrix(), shard.critic);
        laps_.forward += watch.lap();
        loss_ += gradiva::value_loss<float>(value, shard.batch.old_value.vector(), shard.batch.value_target.vector(), 0,
                                            shard.d_value.vector());
        shard.d_value.vector() *= static_cast<float>(options_.value_coefficient) / static_cast<float>(minibatch);
        laps_.loss += watch.lap();
        critic_.backward(shard.critic, shard.d_value.vector(), shard.critic_gradient.span());
        laps_.backward += watch.lap();
    }

    void policy_loss(const gradiva::ConstActionView& actions, bool report, Shard& shard) {
        actor_.log_prob(shard.actor, actions, shard.log_prob.vector());
        loss_ += gradiva::surrogate_sum<float>(clip_, shard.log_prob.vector(), shard.batch.old_log_prob.vector(),
                                               shard.batch.advantage.vector(), shard.d_log_prob.vector())
                     .loss;
        shard.d_log_prob.vector() *= 1 / static_cast<float>(minibatch);
        if (!report) return;
        actor_.entropy(shard.actor, shard.per_sample.vector());
        loss_ += shard.per_sample.vector().cast<double>().sum();
        shard.per_sample.vector() = shard.log_prob.vector() - shard.batch.old_log_prob.vector();
        loss_ += gradiva::kernels::sum_of_ratio_divergence<float>(shard.per_sample.vector());
    }

    void descend(Index shards) {
        const double norm = gradiva::joint_norm(add_up(shards, &Shard::actor_gradient, actor_gradient_),
                                                add_up(shards, &Shard::critic_gradient, critic_gradient_));
        for (auto* gradient : {&actor_gradient_, &critic_gradient_}) {
            gradiva::clip(gradient->span(), norm, options_.max_gradient_norm);
        }
        const double rate = options_.learning_rate(0);
        actor_optimizer_.step(actor_.weights(), std::as_const(actor_gradient_).span(), rate);
        critic_optimizer_.step(critic_.weights(), std::as_const(critic_gradient_).span(), rate);
        pack();
    }

    double add_up(Index shards, gradiva::Buffer<float> Shard::*of, gradiva::Buffer<float>& total) {
        const auto part = [&](Index s) { return (shards_[static_cast<std::size_t>(s)].*of).span(); };
        total.resize(static_cast<Index>(part(0).size()));
        return gradiva::add_up(shards, part, total.span());
    }

    void pack() {
        pack_weights(actor_, packed_actor_);
        pack_weights(critic_, packed_critic_);
    }

    gradiva::PpoClipOptions options_ = ppo_options(1);
    Actor actor_;
    Critic critic_;
    gradiva::Minibatches order_;
    gradiva::Rng order_rng_;
    gradiva::Clip clip_{options_.clip};
    gradiva::Adam<float> actor_optimizer_, critic_optimizer_;
    gradiva::Buffer<float> advantage_, actor_gradient_, critic_gradient_;
    std::vector<Shard> shards_;
    Actor::PackedWeights packed_actor_;
    Critic::PackedWeights packed_critic_;
    double loss_ = 0;
    Laps laps_;
};

}  // namespace pendulum_reference
