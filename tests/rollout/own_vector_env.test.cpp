// A VectorEnv of one's own is checked like a Vectorized: what it writes, and what it fails to write.
#include "catch.hpp"

#include "gradiva/env/vector_env.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/rollout/collect.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

using namespace gradiva;

namespace {

/// Environments that count their steps and end after 4, in turns by termination and by truncation; choice 0 is legal
/// in even steps, choice 1 always. `spoil` may change what a step wrote.
struct Counting {
    using Spoil = std::function<void(Index environment, Index episode, Index step, StepView& out, Index j)>;

    explicit Counting(
        Index n, Spoil s = [](Index, Index, Index, StepView&, Index) {})
        : steps(static_cast<std::size_t>(n)), episodes(steps.size()), spoil(std::move(s)) {}

    Index size() const { return static_cast<Index>(steps.size()); }
    std::uint64_t seed() const { return 3; }
    Index shards() const { return size(); }
    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Range range, MatrixRef<float> observation) {
        for (Index j = 0; j < range.size(); ++j) {
            steps[at(range, j)] = 0;
            if (!forgets_reset) observe(range, observation, j);
        }
    }
    void step(Range range, const ConstActionView&, StepView& out) {
        for (Index j = 0; j < range.size(); ++j) {
            const auto k = static_cast<std::size_t>(j);
            const std::size_t n = at(range, j);
            const bool ends = ++steps[n] == 4, truncates = ends && episodes[n] % 2 == 1;
            out.reward[k] = 1;
            out.terminated[k] = ends && !truncates ? 1 : 0;
            out.truncated[k] = truncates ? 1 : 0;
            observe(range, out.observation, j);
            if (ends) {
                observe(range, out.final_observation, j);
                if (truncates) mask_one(range, out.final_mask, j);
            }
            const Index step = steps[n], episode = episodes[n];
            if (ends) {
                steps[n] = 0;
                ++episodes[n];
                observe(range, out.observation, j);
            }
            spoil(range.begin + j, episode, step, out, j);
        }
    }
    void action_mask(Range range, MatrixMap<std::uint8_t> legal) const {
        for (Index j = 0; j < range.size(); ++j) {
            mask_one(range, legal, j);
            if (steps[at(range, j)] == 2) spoil_mask(legal, j);
        }
    }

    std::vector<Index> steps, episodes;
    Spoil spoil;
    std::function<void(MatrixMap<std::uint8_t>&, Index)> spoil_mask = [](MatrixMap<std::uint8_t>&, Index) {};
    bool forgets_reset = false, skips_mask = false;

private:
    static std::size_t at(Range range, Index j) { return static_cast<std::size_t>(range.begin + j); }
    void observe(Range range, MatrixRef<float>& out, Index j) const {
        out(0, j) = static_cast<float>(range.begin + j);
        out(1, j) = static_cast<float>(steps[at(range, j)]);
    }
    void mask_one(Range range, MatrixMap<std::uint8_t>& legal, Index j) const {
        if (skips_mask) return;
        legal(0, j) = steps[at(range, j)] % 2 == 0 ? 1 : 0;
        legal(1, j) = 1;
    }
};

static_assert(VectorEnv<Counting>);

/// What collecting 40 steps of 5 environments says, once more after the first rollout as before.
void collects(Counting& envs) {
    const Actor actor(envs, Mlp{.hidden = {4}});
    Threads threads(1);
    Rollout<float> rollout(envs, actor);
    Collector collect(envs, actor, threads);
    for (int i = 0; i < 2; ++i) collect.steps(rollout, 20);
}

void refused(const Counting::Spoil& spoil, const char* text) {
    for (const bool spoils_at_once : {true, false}) {
        CAPTURE(text, spoils_at_once);
        Counting envs(5, [=](Index n, Index episode, Index step, StepView& out, Index j) {
            if (n == 3 && (spoils_at_once || episode > 5)) spoil(n, episode, step, out, j);
        });
        CHECK_THROWS_WITH(collects(envs), ContainsText(text));
    }
}

void mask_refused(const std::function<void(MatrixMap<std::uint8_t>&, Index)>& spoil, const char* text) {
    CAPTURE(text);
    Counting envs(5);
    envs.spoil_mask = spoil;
    CHECK_THROWS_WITH(collects(envs), ContainsText(text));
}

}  // namespace

TEST_CASE("A sound VectorEnv of one's own is collected from without complaint") {
    Counting envs(5);
    CHECK_NOTHROW(collects(envs));
}

TEST_CASE("Flags of a VectorEnv are 0 or 1, and never both") {
    refused(
        [](Index, Index, Index, StepView& out, Index j) {
            out.terminated[static_cast<std::size_t>(j)] = out.truncated[static_cast<std::size_t>(j)] = 1;
        },
        "collect: a step of environment 3 is both terminated and truncated");
    refused(
        [](Index, Index, Index step, StepView& out, Index j) {
            if (step == 4) out.terminated[static_cast<std::size_t>(j)] *= 255;
        },
        "collect: environment 3 gave terminated = 255 and truncated = 0, or did not write them; write 0 or 1");
    refused(
        [](Index, Index, Index step, StepView& out, Index j) {
            if (step == 4) out.truncated[static_cast<std::size_t>(j)] *= 255;
        },
        "collect: environment 3 gave terminated = 0 and truncated = 255, or did not write them; write 0 or 1");
    refused(
        [](Index, Index, Index step, StepView& out, Index j) {
            if (step == 2) out.terminated[static_cast<std::size_t>(j)] = 2;
        },
        "collect: environment 3 gave terminated = 2 and truncated = 0");
}

TEST_CASE("Rewards of a VectorEnv are finite as the actor's numbers too") {
    for (const double wrong : {1e39, -1e39, std::numeric_limits<double>::infinity(), std::nan("")}) {
        refused([=](Index, Index, Index, StepView& out, Index j) { out.reward[static_cast<std::size_t>(j)] = wrong; },
                "collect: environment 3 gave a reward of");
    }
}

TEST_CASE("A VectorEnv has to write every observation, that of reset and the last of an episode too") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    refused([=](Index, Index, Index, StepView& out, Index j) { out.observation(1, j) = nan; },
            "collect: environment 3 gave observation[1] = nan in step");
    refused(
        [=](Index, Index, Index step, StepView& out, Index j) {
            if (step == 4) out.final_observation(1, j) = nan;
        },
        "collect: environment 3 gave observation[1] = nan in the last step of an episode");

    Counting at_reset(5);
    at_reset.forgets_reset = true;
    CHECK_THROWS_WITH(collects(at_reset), ContainsText("collect: environment 0 gave observation[0] = nan in reset"));

    // What is not written is not what an earlier step wrote in the same place.
    struct Lazy : Counting {
        using Counting::Counting;
        bool writes_final = false;
        Index fresh = 0, most_fresh = 30;
        void step(Range range, const ConstActionView& actions, StepView& out) {
            Matrix<float> last = Matrix<float>::Zero(2, range.size()), seen = last;
            Matrix<std::uint8_t> last_mask = Matrix<std::uint8_t>::Zero(2, range.size());
            StepView own{seen, last, out.reward, out.terminated, out.truncated, {last_mask.data(), 2, range.size()}};
            Counting::step(range, actions, own);
            const bool writes = ++fresh < most_fresh;
            for (Index j = 0; j < range.size(); ++j) {
                const auto k = static_cast<std::size_t>(j);
                if (writes || writes_final) out.observation.col(j) = seen.col(j);
                const bool ended = out.terminated[k] + out.truncated[k] > 0;
                if (ended && writes) out.final_observation.col(j) = last.col(j);
                if (ended) out.final_mask.col(j) = last_mask.col(j);
            }
        }
    };
    const auto collect_lazily = [](Lazy& envs) {
        const Actor actor(envs, Mlp{.hidden = {4}});
        Threads threads(1);
        Rollout<float> rollout(envs, actor);
        Collector collect(envs, actor, threads);
        for (int i = 0; i < 4; ++i) collect.steps(rollout, 20);
    };
    Lazy observation(5);
    CHECK_THROWS_WITH(collect_lazily(observation), ContainsText("gave observation[0] = nan in step"));
    Lazy final_observation(5);
    final_observation.writes_final = true;
    CHECK_THROWS_WITH(collect_lazily(final_observation),
                      ContainsText("gave observation[0] = nan in the last step of an episode"));
    Lazy from_the_start(5);
    from_the_start.writes_final = true;
    from_the_start.most_fresh = 0;
    CHECK_THROWS_WITH(collect_lazily(from_the_start),
                      ContainsText("gave observation[0] = nan in the last step of an episode"));
}

TEST_CASE("Masks of a VectorEnv hold 0 and 1, and are written") {
    mask_refused([](MatrixMap<std::uint8_t>& legal, Index j) { legal.col(j).setZero(); },
                 "without a legal action in step");
    mask_refused([](MatrixMap<std::uint8_t>& legal, Index j) { legal(1, j) = 255; },
                 "gave a mask of 255 for choice 1 in step, or did not write it; write 1 where it is legal");
    mask_refused([](MatrixMap<std::uint8_t>& legal, Index j) { legal(0, j) = 2; }, "gave a mask of 2 for choice 0");
    mask_refused([](MatrixMap<std::uint8_t>& legal, Index j) { legal.col(j) << 0, 2; },
                 "gave a mask of 2 for choice 1");
    Counting silent(5);
    silent.skips_mask = true;
    CHECK_THROWS_WITH(collects(silent), ContainsText("gave a mask of 255 for choice 0 in reset, or did not write it"));
    refused(
        [](Index, Index episode, Index step, StepView& out, Index j) {
            if (step == 4 && episode % 2 == 1) out.final_mask(0, j) = 255;
        },
        "collect: environment 3 gave a mask of 255 for choice 0 in the last step of an episode");
}

TEST_CASE("Sizes and spaces of a VectorEnv are checked before anything is collected") {
    struct Odd : Counting {
        using Counting::Counting;
        Index parts = 1;
        Box box{.size = 2};
        Index choices = 2;
        Index shards() const { return parts; }
        Box observation_space() const { return box; }
        Discrete action_space() const { return {.n = choices}; }
    };
    Odd envs(3);
    const Actor actor(envs, Mlp{.hidden = {4}});
    Threads threads(2);
    const auto refused = [&](const char* text) {
        CHECK_THROWS_WITH(Collector(envs, actor, threads), ContainsText(text));
    };
    CHECK_NOTHROW(Collector(envs, actor, threads));
    envs.parts = 0;
    refused("Collector: the environments' shards() is 0; give at least 1");
    envs.parts = 1;
    envs.box.low = {1, 2, 3};
    refused("Collector: the observation space is a Box of size 2 with 3 bounds");
    envs.box = {.size = 2, .low = {1}, .high = {0}};
    refused("Collector: the observation space has low = 1 and high = 0");
    envs.box = {.size = 2};
    envs.choices = 0;
    refused("Collector: the action space is Discrete with n = 0");
}

TEST_CASE(
    "Flags and rewards that a VectorEnv writes only where they are not 0 are noticed, not read from an earlier step") {
    struct Sparse : Counting {
        using Counting::Counting;
        bool skips_reward = false;
        void step(Range range, const ConstActionView& actions, StepView& out) {
            std::vector<double> reward(out.reward.size());
            std::vector<std::uint8_t> terminated(reward.size()), truncated(reward.size());
            StepView own = out;
            own.reward = reward, own.terminated = terminated, own.truncated = truncated;
            Counting::step(range, actions, own);
            for (std::size_t j = 0; j < reward.size(); ++j) {
                if (!skips_reward || steps[static_cast<std::size_t>(range.begin) + j] % 2 == 1)
                    out.reward[j] = reward[j];
                if (skips_reward || terminated[j] != 0) out.terminated[j] = terminated[j];
                if (skips_reward || truncated[j] != 0) out.truncated[j] = truncated[j];
            }
        }
    };
    const auto collect = [](bool skips_reward) {
        Sparse envs(5);
        envs.skips_reward = skips_reward;
        const Actor actor(envs, Mlp{.hidden = {4}});
        Threads threads(1);
        Rollout<float> rollout(envs, actor);
        Collector(envs, actor, threads).steps(rollout, 20);
    };
    CHECK_THROWS_WITH(collect(false), ContainsText("gave terminated = 255 and truncated = 255, or did not write them"));
    CHECK_THROWS_WITH(collect(true), ContainsText("gave a reward of nan, or did not write it"));
}

namespace {

/// Three environments that show the number of the step in every pixel, in episodes of 4 steps.
struct Screens {
    Box space = {.shape = {4, 3, 2}};
    Index steps[3] = {};

    Index size() const { return 3; }
    std::uint64_t seed() const { return 1; }
    Index shards() const { return size(); }
    Box observation_space() const { return space; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Range range, MatrixRef<float> observation) {
        for (Index n = range.begin; n < range.end; ++n) steps[n] = 0;
        observation.setZero();
    }
    void step(Range range, const ConstActionView&, StepView& out) {
        for (Index j = 0; j < range.size(); ++j) {
            const auto k = static_cast<std::size_t>(j);
            Index& at = steps[range.begin + j];
            const bool ends = ++at == 4;
            out.reward[k] = 1;
            out.terminated[k] = 0;
            out.truncated[k] = ends ? 1 : 0;
            if (ends) out.final_observation.col(j).setConstant(4);
            if (ends) at = 0;
            out.observation.col(j).setConstant(static_cast<float>(at));
        }
    }
};

static_assert(VectorEnv<Screens>);

/// Of the first convolution.
void check_shape(std::span<const ImageLayer> layers) {
    CHECK(layers[0].shape.height == 4);
    CHECK(layers[0].shape.width == 3);
    CHECK(layers[0].shape.channels == 2);
}

template <class A>
void collects_screens(Screens& envs, const A& actor) {
    CHECK(actor.observation_size() == 24);
    Threads threads(1);
    Rollout<float> rollout(envs, actor);
    Collector collect(envs, actor, threads);
    collect.steps(rollout, 6);
    const auto row = [&](Index i) -> Vector<float> { return rollout.observation.matrix().row(i).transpose(); };
    CHECK(row(23) == row(0));
    CHECK(row(0)[3 * 3] == 3);  // after three steps of three environments
}

}  // namespace

TEST_CASE("Networks take the shape of the images that a VectorEnv of one's own shows") {
    Screens envs;
    const Convolution image{.layers = {{.channels = 2, .kernel = 2}}, .hidden = {4}};
    const Actor actor(envs, image);
    check_shape(actor.network().structure().layers());
    check_shape(Critic(envs, image).network().structure().layers());
    collects_screens(envs, actor);
    collects_screens(envs, Actor(envs, Join{.networks = {image, Mlp{.hidden = {3}, .inputs = Range{2, 4}}}}));
    collects_screens(envs, Actor(envs, SharedTrunk{.trunk = image}));
    envs.space.shape = {};  // still of 24 numbers
    CHECK_THROWS_WITH(Actor(envs, image), ContainsText("Convolution: there is no shape; give shape"));
}

TEST_CASE("A shape that is not of the size of its VectorEnv's observations is refused, whatever the network") {
    Screens envs{.space = {.shape = {4, 3, 2}, .size = 23}};
    const Convolution image{.layers = {{.channels = 2, .kernel = 2}}, .hidden = {4}};
    const char* const text = "Convolution: shape is 4 x 3 x 2, and the rows that are read are 23; give the shape of";
    CHECK_THROWS_WITH(Actor(envs, image), ContainsText(text));
    CHECK_THROWS_WITH(Critic(envs, image), ContainsText(text));
    CHECK_THROWS_WITH(Actor(envs, SharedTrunk{.trunk = image}), ContainsText(text));
    const Actor actor(envs, Mlp{.hidden = {4}});
    Threads threads(1);
    CHECK_THROWS_WITH(Collector(envs, actor, threads),
                      ContainsText("Collector: the observation space is a Box of shape 4 x 3 x 2 and size 23; leave "
                                   "size out, or give 24, as the shape has"));
    envs.space = {.shape = {4, 3, 2}};
    Convolution other = image;
    other.shape = {4, 3, 3};
    CHECK_THROWS_WITH(Actor(envs, other), ContainsText("Convolution: shape is 4 x 3 x 3, and the rows that are read"));
}
