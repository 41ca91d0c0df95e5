// Agents that join, leave, live and die at random: every action is counted once, at every moment.
#include "gradiva/agents/learner_progress.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

Index sum_of(const LearnerProgress& p) { return p.learned + p.learning + p.dropped + p.unrecorded + p.open; }

PpoClipOptions options() { return {.horizon = 12, .minibatch = 10, .epochs = 2, .learning_rate = 1e-3}; }

auto learner_of(const LearnerOptions& of_learner, const PpoClipOptions& of_update = options()) {
    return Learner(Box{.size = 2}, Discrete{.n = 3}, Mlp{.hidden = {4}}, of_update, of_learner);
}

using Npc = decltype(learner_of({}).join());

/// Calls members of agents and of the learner in an order that is drawn, those that are allowed where each agent
/// stands.
class Chance {
public:
    explicit Chance(std::uint64_t seed, const LearnerOptions& of_learner)
        : rng_(seed), learner_(learner_of(of_learner)) {}

    void call() {
        const Index what = rng_.below(20);
        if (what == 0 && players_.size() < 8) {
            players_.push_back({learner_.join()});
            ++joined_;
        } else if (what == 1) {
            learner_.learn();
        } else if (what == 2) {
            learner_.learn(std::chrono::nanoseconds(0));
        } else if (!players_.empty()) {
            const auto i = static_cast<std::size_t>(rng_.below(static_cast<Index>(players_.size())));
            if (!play(players_[i])) players_.erase(players_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    LearnerProgress progress() const { return learner_.progress(); }
    Index acted() const { return acted_; }
    Index joined() const { return joined_; }
    const Rollout<float>& rollout() const { return learner_.rollout(); }
    Index finished = 0;

private:
    struct Player {
        Npc npc;
        bool open = false, observed = false;
    };

    std::span<const float> observation() {
        seen_ = {static_cast<float>(rng_.normal()), static_cast<float>(rng_.uniform())};
        return seen_;
    }

    /// Returns whether the agent stays.
    bool play(Player& player) {
        switch (rng_.below(12)) {
            case 0: player.npc.observe(observation()); break;
            case 1:
                if (rng_.below(4) > 0) return true;
                if (rng_.below(2) == 0) player.npc.leave();
                return false;
            case 2:
                if (rng_.below(4) > 0) return true;
                player.npc.leave(observation());
                return false;
            case 3:
                if (player.open) player.npc.terminated();
                player.open = player.observed = false;
                return true;
            case 4:
                if (!player.open) return true;
                player.npc.truncated(observation());
                player.open = player.observed = false;
                return true;
            case 5:
                if (!player.npc.try_act(observation())) break;
                ++acted_;
                player.open = true;
                player.observed = false;
                return true;
            case 6:
                if (!player.observed) return true;
                player.npc.take(static_cast<int>(rng_.below(3)));
                ++acted_;
                player.open = true;
                player.observed = false;
                return true;
            default:
                if (player.open) player.npc.reward(rng_.normal());
                CHECK(std::abs(player.npc.act(observation()) - 1) <= 1);
                ++acted_;
                player.open = true;
                player.observed = false;
                return true;
        }
        player.open = false;
        player.observed = true;
        return true;
    }

    Rng rng_;
    decltype(learner_of({})) learner_;
    std::vector<Player> players_;
    std::array<float, 2> seen_{};
    Index acted_ = 0, joined_ = 0;
};

}  // namespace

TEST_CASE("every action is learned, being learned, dropped, unrecorded or open at every moment") {
    for (const LearnerOptions& of_learner :
         {LearnerOptions{.streams = 4, .seed = 1}, LearnerOptions{.streams = 4, .seed = 2, .samples = 15},
          LearnerOptions{.streams = 1, .seed = 3}}) {
        for (std::uint64_t seed = 1; seed <= 4; ++seed) {
            CAPTURE(of_learner.seed, seed);
            Chance chance(seed, of_learner);
            Index wrong = 0, most_learning = 0;
            for (int i = 0; i < 3000; ++i) {
                chance.call();
                const LearnerProgress progress = chance.progress();
                if (progress.acted != sum_of(progress) || progress.acted != chance.acted()) ++wrong;
                if (progress.learned != progress.steps) ++wrong;
                most_learning = std::max(most_learning, progress.learning);
            }
            CHECK(wrong == 0);
            const LearnerProgress progress = chance.progress();
            CHECK(progress.iteration >= 5);
            CHECK(progress.lifetime_episodes > 0);
            CHECK(std::isfinite(progress.mean_return));
            CHECK(most_learning > 0);
            CHECK(progress.dropped > 0);
            CHECK(progress.unrecorded > 0);
            CHECK(chance.joined() > of_learner.streams);
        }
    }
}

TEST_CASE(
    "a rollout closes when all columns are full, or all that are held and a minibatch is there, or enough samples") {
    const std::array<float, 2> seen{};
    const auto act = [&](Npc& npc, Index times) {
        for (Index i = 0; i < times; ++i) npc.act(seen);
        npc.observe(seen);
    };
    SECTION("all columns") {
        auto learner = learner_of({.streams = 2}, {.horizon = 3, .minibatch = 6});
        Npc a = learner.join(), b = learner.join();
        act(a, 3);
        act(b, 2);
        CHECK_FALSE(learner.learn());
        act(b, 1);
        CHECK(learner.learn());
        CHECK(learner.progress().learned == 6);
    }
    SECTION("those that are held, of which one is not full") {
        auto learner = learner_of({.streams = 3}, {.horizon = 4, .minibatch = 4});
        Npc a = learner.join(), b = learner.join();
        act(a, 4);
        CHECK_FALSE(learner.learn());
        b.leave();
        CHECK(learner.learn());
        CHECK(learner.progress().learned == 4);
    }
    SECTION("fewer than a minibatch") {
        auto learner = learner_of({.streams = 3}, {.horizon = 4, .minibatch = 5});
        Npc a = learner.join();
        act(a, 4);
        CHECK_FALSE(learner.learn());
        Npc b = learner.join();
        act(b, 1);
        CHECK_FALSE(learner.learn());
        b.leave();
        CHECK(learner.learn());
        CHECK(learner.progress().learned == 5);
    }
    SECTION("enough samples: an open step is dropped, and its observation bootstraps") {
        auto learner = learner_of({.streams = 2, .samples = 3}, {.horizon = 4, .minibatch = 4});
        Npc a = learner.join(), b = learner.join();
        act(a, 2);
        b.act(seen);
        b.act(std::array<float, 2>{7, 8});
        CHECK(learner.learn());
        CHECK(learner.progress().learned == 3);
        CHECK(learner.progress().dropped == 1);
        const Rollout<float>& rollout = learner.rollout();
        CHECK((rollout.length[0] == 2 && rollout.length[1] == 1));
        CHECK((rollout.observation(0, 3) == 7 && rollout.observation(1, 3) == 8));
        CHECK(rollout.truncated(1, 0) + rollout.terminated(1, 0) == 0);
        CHECK(rollout.next_value(1, 0) != 0);
        CHECK(rollout.finished.empty());
        b.reward(3);  // of the dropped step
        b.act(seen);
        CHECK(learner.progress().open == 1);
        CHECK(sum_of(learner.progress()) == learner.progress().acted);
    }
    SECTION("A2c: one sample") {
        Learner learner(Box{.size = 2}, Discrete{.n = 3}, Mlp{.hidden = {4}}, A2cOptions{.horizon = 2}, {.streams = 4});
        auto npc = learner.join();
        npc.act(seen);
        CHECK_FALSE(learner.learn());
        npc.terminated();
        CHECK_FALSE(learner.learn());
        npc.leave();
        CHECK(learner.learn());
        CHECK(learner.progress().learned == 1);
    }
}

TEST_CASE("callbacks are called after each update, and one that returns false ends the learning") {
    const std::array<float, 2> seen{};
    std::vector<std::string> calls;
    {
        auto learner = learner_of({.streams = 1}, {.horizon = 3, .minibatch = 3, .epochs = 1});
        BestActor best(learner.actor(), {.at_least_episodes = 0});
        learner.callbacks(best, [&](const Progress& progress) {
            calls.push_back(fmt::format("{} {}", progress.iteration, progress.steps));
            return progress.iteration < 2;
        });
        struct Stops {
            std::vector<std::string>* calls;
            void operator()(const Progress&) const {}
            void on_stop(const Run& run, Stop why) const {
                const bool by_callback = why == Stop::callback;
                calls->push_back(fmt::format("{} stopped {} {}", run.name(), by_callback, run.lifetime_steps()));
            }
        };
        learner.callbacks(Stops{&calls});
        Npc npc = learner.join();
        for (int t = 0; t < 20; ++t) {
            npc.observe(seen);
            learner.learn();
            npc.act();
        }
        CHECK(learner.progress().iteration == 2);
        CHECK(calls == std::vector<std::string>{"1 3", "2 6"});
        const auto actor = learner.actor();
        CHECK(std::equal(actor.weights().begin(), actor.weights().end(), best.actor().weights().begin()));
    }
    CHECK(calls.size() == 3);
    CHECK(calls.back() == "PpoClip stopped true 6");
}

TEST_CASE("an update that throws leaves the weights, drops its samples, and the next one goes on") {
    const std::array<float, 2> seen{};
    auto learner = learner_of({.streams = 1}, {.horizon = 4, .minibatch = 4, .epochs = 1});
    const auto before = learner.actor();
    Npc npc = learner.join();
    const auto play = [&](double reward) {
        for (int t = 0; t < 4; ++t) {
            npc.act(seen);
            npc.reward(reward);
        }
        npc.observe(seen);
    };
    play(1e38);  // finite, and sums of it are not
    CHECK_THROWS_WITH(learner.learn(), ContainsText("PpoClip: iteration 1"));
    const auto after = learner.actor();
    CHECK(std::equal(before.weights().begin(), before.weights().end(), after.weights().begin()));
    CHECK(learner.progress().dropped == 4);
    CHECK(learner.progress().learning == 0);
    CHECK(learner.progress().learned == 0);
    npc.act();
    npc.terminated();
    npc.leave();
    npc = learner.join();
    play(1);
    CHECK(learner.progress().open == 4);
    CHECK(learner.learn());
    CHECK(learner.progress().learned == 4);
    CHECK(sum_of(learner.progress()) == learner.progress().acted);
}
