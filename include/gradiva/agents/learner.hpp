#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <span>
#include <utility>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/agents/agent.hpp"
#include "gradiva/agents/detail/batch_acting.hpp"
#include "gradiva/agents/detail/learner_parts.hpp"
#include "gradiva/agents/detail/spread_iteration.hpp"
#include "gradiva/agents/detail/stream_pool.hpp"
#include "gradiva/agents/learner_options.hpp"
#include "gradiva/agents/learner_progress.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/algorithm_of.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/env/spaces_only.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/callback_list.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// A trainer turned inside out: the program keeps its loop, whose agents come and go, and each acts when its own time
/// has come.
///
///     Learner learner(Box{.size = 8}, Discrete{.n = 4}, Mlp{}, PpoClipOptions{}, {.streams = 32, .seed = 1});
///     auto npc = learner.join();                // see `Agent`
///     const int action = npc.act(observation);
///     npc.reward(0.1);
///     learner.learn();                          // once a frame: returns at once until there is enough
///
/// The algorithm follows from the type of its options: `PpoClipOptions`, `PpoKlOptions` or `A2cOptions`. One policy
/// acts in a rollout, the newest one at its beginning. Each of `LearnerOptions::streams` columns of a rollout is filled
/// by one agent, or by several one after the other; `Column` says how they are kept apart. A rollout closes when all
/// columns are full, or all that an agent holds are and at least `minibatch` samples are there (one of A2C), or
/// `LearnerOptions::samples` are.
///
/// An action is learned from once the step that it opens is complete. Where it completes a full column, `act` is
/// answered by the acting policy and not learned from, as nothing between the two could learn: `observe`, `learn`,
/// `act` in this order waste no step. Driven so, with all agents in step, a learner has the bits of the trainer of the
/// same options, seed and environments.
///
/// A column's numbers that go on from one rollout to the next, the state of a critic with memory and the running return
/// of `RewardNormalizer`, start anew where its next sample belongs to another episode; steps of the same episode that
/// are not learned from leave them as they are.
template <ActionSpace Space, ExplainedPolicy A, ExplainedValueFunction C, ExplainedAdvantage Adv,
          AlgorithmOptions Options>
class Learner {
    using Iteration = detail::SpreadIteration<A, C, Adv, Options>;

public:
    using Scalar = typename A::Scalar;
    using Update = typename Iteration::Update;
    static_assert(HasAdvantageOf<Adv, Scalar>,
                  "gradiva: this Advantage takes no Rollout of the actor's Scalar; let its operator() be a template "
                  "<class Scalar> of Rollout<Scalar>&");
    static_assert(!holds_ratio<Adv>() || std::same_as<typename AlgorithmOf<Options>::Surrogate, PolicyGradient>,
                  "gradiva: this advantage already holds the ratio pi / mu; it goes with the plain policy gradient, as "
                  "in A2cOptions");

    /// Networks by their descriptions, the default distribution of the action space. Throws `Error` on options out of
    /// range, and where the parts do not fit.
    template <NetworkDescription OfActor, NetworkDescription OfCritic>
    Learner(const Box& observation_space, const Space& action_space, const OfActor& of_actor, const OfCritic& of_critic,
            Adv advantage, const Options& options, const LearnerOptions& learner_options = {})
        : Learner(
              Parts{observation_space, action_space, learner_options},
              [&](const auto& spaces) { return A(spaces, of_actor); },
              [&](const auto& spaces, A&) { return C(spaces, of_critic); }, std::move(advantage), options) {}

    /// The same with a given distribution.
    template <NetworkDescription OfActor, NetworkDescription OfCritic, class D>
    Learner(const Box& observation_space, const Space& action_space, const OfActor& of_actor, const OfCritic& of_critic,
            Adv advantage, const Options& options, const LearnerOptions& learner_options, const D& distribution)
        : Learner(
              Parts{observation_space, action_space, learner_options},
              [&](const auto& spaces) { return A(spaces, of_actor, distribution); },
              [&](const auto& spaces, A&) { return C(spaces, of_critic); }, std::move(advantage), options) {}

    /// One description for both networks, and `Gae{}`. With a `SharedTrunk` actor and critic share it.
    template <NetworkDescription OfBoth>
    Learner(const Box& observation_space, const Space& action_space, const OfBoth& of_both, const Options& options,
            const LearnerOptions& learner_options = {})
        : Learner(
              Parts{observation_space, action_space, learner_options},
              [&](const auto& spaces) { return A(spaces, of_both); },
              [&](const auto& spaces, A& actor) {
                  if constexpr (learns_in_actor<C>) {
                      return C(actor);
                  } else {
                      return C(spaces, of_both);
                  }
              },
              Adv{}, options) {}

    Learner(const Learner&) = delete;
    Learner& operator=(const Learner&) = delete;
    /// Agents may outlive it, but can only leave then. What `on_stop` of a callback throws is dropped.
    ~Learner() {
        pool_->end();
        CaughtException dropped;
        dropped.attempt(
            [&] { with_run([&](Run& run) { callbacks_.stop(run, stopped_ ? Stop::callback : Stop::steps); }); });
    }

    /// Has callbacks called after each update, with `(const Progress&)` or `(const Progress&, const Learner&)`; see
    /// `Run`. Lvalues must outlive the learner, others are moved into it. `on_start` is called at once, `on_stop` when
    /// the learner ends, with `Stop::steps` unless one has returned false: the learner learns no more then. Those that
    /// save the training are not taken.
    template <class... Callbacks>
    void callbacks(Callbacks&&... added) {
        callbacks_.add(std::forward<Callbacks>(added)...);
        with_run([&](Run& run) { stopped_ = !callbacks_.start(run) || stopped_; });
    }

    /// A new agent. It gets a column of the rollout where one is free, behind what an agent that has left may have
    /// written there; beyond the columns it acts and is not learned from. May allocate.
    Agent<Space, A> join() { return Agent<Space, A>(pool_, pool_->join()); }

    /// `agents[j].act(observations.col(j))` of all in one forward pass; writes the actions as environments take them,
    /// one column each: reals clipped to the bounds of the Box. Throws `Error` where an agent or an observation is
    /// wrong, or an agent is there twice; then none has acted.
    void act(std::span<Agent<Space, A>* const> agents, const ConstMatrixRef<float>& observations,
             ActionBatch& actions) {
        batch_(agents, observations, actions);
    }

    /// Learns from a rollout once it can close; returns whether it has. A call that throws `Error`, such as on a
    /// gradient that is not finite, leaves the weights as they were before the update, whose samples are dropped.
    bool learn() {
        if (!begin()) return false;
        while (!work()) continue;
        return true;
    }

    /// The same spread over calls: works until the budget is spent, and does at least one piece of work, such as one
    /// minibatch or the values of some samples (of all where the critic has memory). Returns whether it has completed
    /// an update. During one agents act by the policy before it and are not recorded: given a rollout, the weights
    /// after it are those of `learn()`.
    bool learn(std::chrono::nanoseconds budget) {
        const auto start = std::chrono::steady_clock::now();
        if (!begin()) return false;
        while (!work()) {
            if (std::chrono::steady_clock::now() - start >= budget) return false;
        }
        return true;
    }

    LearnerProgress progress() const {
        const detail::StreamCounts counts = pool_->counts();
        return {iteration_.progress(),     counts.acted,      learned_,     learning_,
                dropped_ + counts.dropped, counts.unrecorded, pool_->open()};
    }

    /// A copy of the policy after the last update, which acts in the present rollout.
    A actor() const { return pool_->policy(); }
    /// The critic, whose weights change while an update is under way.
    const C& critic() const { return critic_; }
    /// The rollout that was closed last.
    const Rollout<Scalar>& rollout() const { return iteration_.rollout(); }
    const Update& update() const { return iteration_.update(); }

private:
    /// What networks are built from.
    struct Parts {
        Parts(const Box& observation, const Space& action, const LearnerOptions& given)
            : options(checked(observation, action, given)), spaces(given.streams, observation, action, given.seed) {}

        static const LearnerOptions& checked(const Box& observation, const Space& action, const LearnerOptions& given) {
            given.check("Learner");
            check_observation_space("Learner", observation);
            check_action_space("Learner", action);
            require(!given.masked || choices_of(action) > 0,
                    "Learner: masked is true, and {} has no masks; leave it false", describe(action));
            return given;
        }

        Index mask_size() const { return options.masked ? choices_of(spaces.action_space()) : 0; }

        LearnerOptions options;
        SpacesOnly<Space> spaces;
    };

    template <class MakeActor, class MakeCritic>
    Learner(const Parts& parts, const MakeActor& make_actor, const MakeCritic& make_critic, Adv advantage,
            const Options& options)
        : options_(parts.options), actor_(make_actor(parts.spaces)), critic_(make_critic(parts.spaces, actor_)),
          iteration_(parts.spaces, parts.mask_size(), actor_, critic_, std::move(advantage), options, options_),
          pool_(std::make_shared<detail::StreamPool<Space, A>>(
              parts.spaces, parts.mask_size(), actor_, iteration_.options().horizon, iteration_.options().sequence)),
          batch_(pool_->policy(), parts.spaces, parts.mask_size()) {
        const Index most = options_.streams * iteration_.options().horizon;
        require(options_.samples <= most, "Learner: samples is {}; give at most streams x horizon ({} x {} = {})",
                options_.samples, options_.streams, iteration_.options().horizon, most);
        check_fit("Learner", actor_, parts.spaces.observation_space().size, parts.spaces.action_space(),
                  parts.mask_size());
        actor_.set_spaces(std::make_shared<const Spaces>(
            Spaces{parts.spaces.observation_space(), parts.spaces.action_space(), options_.masked}));
        pool_->begin_rollout(actor_);
    }

    /// Whether a rollout is being learned from; closes the present one first, where it can close.
    bool begin() {
        if (iteration_.is_under_way()) return true;
        if (stopped_ || !is_ready()) return false;
        if (!callbacks_.empty()) with_run([&](Run& run) { callbacks_.before(run); });
        learning_ = pool_->samples();
        undo_unless_done(
            [&] {
                pool_->close(iteration_.rollout(), [this](Index n) { iteration_.restart(n); });
                iteration_.begin();
            },
            [&] { abandon(); });
        return true;
    }

    bool is_ready() const {
        const Index samples = pool_->samples(), minibatch = iteration_.options().minibatch;
        if (options_.samples > 0 && samples >= options_.samples) return true;
        const Index least = minibatch == all_samples ? 1 : minibatch;
        return pool_->all_full(false) || (samples >= least && pool_->all_full(true));
    }

    /// One piece of work; returns whether it has completed the update.
    bool work() {
        if (undo_unless_done([&] { return iteration_.step(); }, [&] { abandon(); })) return false;
        learned_ += std::exchange(learning_, 0);
        pool_->begin_rollout(actor_);
        if (!callbacks_.empty()) {
            with_run([&](Run& run) { stopped_ = !callbacks_.report(run, *this) || stopped_; });
        }
        return true;
    }

    template <class Body>
    void with_run(const Body& body) const {
        Run run(iteration_.options().name, iteration_.progress(), iteration_.train_options());
        run.count_steps_in(learned_);
        body(run);
    }

    /// Drops the rollout that was to be learned from. The weights are those before its update.
    void abandon() {
        dropped_ += std::exchange(learning_, 0);
        iteration_.give_up();
        pool_->resume();
    }

    LearnerOptions options_;
    A actor_;
    C critic_;
    Iteration iteration_;
    std::shared_ptr<detail::StreamPool<Space, A>> pool_;
    detail::BatchActing<Space, A> batch_;
    CallbackList<Learner> callbacks_;
    bool stopped_ = false;  // by a callback
    Index learned_ = 0;
    Index learning_ = 0;
    Index dropped_ = 0;  // of updates that threw
};

template <class Space, NetworkDescription OfActor, NetworkDescription OfCritic, class Adv, class Options>
Learner(const Box&, const Space&, const OfActor&, const OfCritic&, Adv, const Options&, const LearnerOptions& = {})
    -> Learner<Space, detail::LearnerActor<OfActor, detail::LearnerDistribution<Space>>,
               detail::LearnerCritic<OfCritic, float>, Adv, Options>;

template <class Space, NetworkDescription OfActor, NetworkDescription OfCritic, class Adv, class Options, class D>
Learner(const Box&, const Space&, const OfActor&, const OfCritic&, Adv, const Options&, const LearnerOptions&, const D&)
    -> Learner<Space, detail::LearnerActor<OfActor, D>, detail::LearnerCritic<OfCritic, typename D::Scalar>, Adv,
               Options>;

template <class Space, NetworkDescription OfBoth, class Options>
Learner(const Box&, const Space&, const OfBoth&, const Options&, const LearnerOptions& = {}) -> Learner<
    Space, detail::LearnerActor<OfBoth, detail::LearnerDistribution<Space>>,
    typename detail::CriticBeside<OfBoth, detail::LearnerActor<OfBoth, detail::LearnerDistribution<Space>>>::Type, Gae,
    Options>;

}  // namespace GRADIVA_NAMESPACE
