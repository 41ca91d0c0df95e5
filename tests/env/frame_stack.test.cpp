#include "gradiva/env/frame_stack.hpp"

#include <array>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/environments.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Only its observation space is asked for.
struct Bounded : Bandit {
    Box observations;
    Box observation_space() const { return observations; }
};

Box stacked(Box observations, Index count) {
    return FrameStack(Bounded{{}, std::move(observations)}, count).observation_space();
}

/// Leaves an element of its observation unwritten in the second step.
struct Forgetful : Ticker {
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        std::array<float, 3> all{};
        const Outcome outcome = Ticker::step(action, rng, all);
        std::copy(all.begin(), at == 2 ? all.end() - 1 : all.end(), observation.begin());
        return outcome;
    }
};

/// Images of 2 rows, 3 columns and 2 channels, whose elements tell the frame and the place.
struct Film {
    int frame = 0;

    static float element(float frame, int y, int x, int c) {
        return 1000 * frame + static_cast<float>(100 * y + 10 * x + c);
    }

    Box observation_space() const { return {.shape = {2, 3, 2}}; }
    Discrete action_space() const { return {.n = 1}; }
    void reset(Rng&, std::span<float> observation) {
        frame = 0;
        show(observation);
    }
    Outcome step(int, Rng&, std::span<float> observation) {
        ++frame;
        show(observation);
        return {.terminated = frame == 7};
    }
    void show(std::span<float> observation) const {
        std::size_t row = 0;
        for (int y = 0; y < 2; ++y) {
            for (int x = 0; x < 3; ++x) {
                for (int c = 0; c < 2; ++c) observation[row++] = element(static_cast<float>(frame), y, x, c);
            }
        }
    }
};

}  // namespace

TEST_CASE("FrameStack shows the last observations, the oldest first, and forgets those of the episode before") {
    FrameStack env(Ticker{.id = 7, .length = 50}, 3);  // a frame is (id, episode, step)
    CHECK(env.count() == 3);
    Rng rng;
    std::array<float, 9> o{};
    env.reset(rng, o);
    CHECK(o == std::array<float, 9>{7, 0, 0, 7, 0, 0, 7, 0, 0});
    env.step(0, rng, o);
    CHECK(o == std::array<float, 9>{7, 0, 0, 7, 0, 0, 7, 0, 1});
    env.step(0, rng, o);
    CHECK(o == std::array<float, 9>{7, 0, 0, 7, 0, 1, 7, 0, 2});
    o.fill(-1);  // what the caller does with his own memory is his
    env.step(0, rng, o);
    CHECK(o == std::array<float, 9>{7, 0, 1, 7, 0, 2, 7, 0, 3});
    env.reset(rng, o);
    CHECK(o == std::array<float, 9>{7, 1, 0, 7, 1, 0, 7, 1, 0});
}

TEST_CASE("A FrameStack of one frame changes nothing") {
    FrameStack env(Ticker{.id = 2, .length = 2}, 1);
    CHECK(env.observation_space() == Ticker{}.observation_space());
    Rng rng;
    std::array<float, 3> o{};
    env.reset(rng, o);
    CHECK(o == std::array<float, 3>{2, 0, 0});
    CHECK(!env.step(0, rng, o).terminated);
    CHECK(o == std::array<float, 3>{2, 0, 1});
    const Outcome last = env.step(0, rng, o);
    CHECK(last.terminated);
    CHECK(last.reward == 3);
}

TEST_CASE("FrameStack repeats the bounds of the observation for each frame") {
    CHECK(stacked({.size = 2, .low = {-1, -2}, .high = {1, 2}}, 3) ==
          Box{.size = 6, .low = {-1, -2, -1, -2, -1, -2}, .high = {1, 2, 1, 2, 1, 2}});
    CHECK(stacked({.size = 2, .low = {-1}, .high = {1, 2}}, 2) == Box{.size = 4, .low = {-1}, .high = {1, 2, 1, 2}});
    CHECK(stacked({.size = 2}, 4) == Box{.size = 8});
    CHECK(stacked({.size = 1, .high = {5}}, 2).high_of(1) == 5);
}

TEST_CASE("FrameStack of images appends the channels of each frame, the oldest first") {
    const Box image{.shape = {2, 3, 2}, .low = {0}, .high = {1}};
    CHECK(stacked(image, 3) == Box{.shape = {2, 3, 6}, .low = {0}, .high = {1}});
    CHECK(stacked({.shape = {1, 2, 2}, .low = {1, 2, 3, 4}, .high = {9}}, 2) ==
          Box{.shape = {1, 2, 4}, .low = {1, 2, 1, 2, 3, 4, 3, 4}, .high = {9}});
    FrameStack env(Film{}, 3);
    Rng rng;
    std::array<float, 36> o{};
    const auto shows = [&](float oldest, float middle, float newest) {
        const float frames[] = {oldest, middle, newest};
        for (int y = 0; y < 2; ++y) {
            for (int x = 0; x < 3; ++x) {
                for (int f = 0; f < 3; ++f) {
                    for (int c = 0; c < 2; ++c) {
                        const auto row = static_cast<std::size_t>((y * 3 + x) * 6 + f * 2 + c);
                        CHECK(o[row] == Film::element(frames[f], y, x, c));
                    }
                }
            }
        }
    };
    env.reset(rng, o);
    shows(0, 0, 0);
    env.step(0, rng, o);
    env.step(0, rng, o);
    shows(0, 1, 2);
    env.step(0, rng, o);
    shows(1, 2, 3);
    CHECK(FrameStack(FrameStack(Film{}, 2), 2).observation_space().shape == std::vector<Index>{2, 3, 8});
    CHECK_NOTHROW(check_env(FrameStack(Film{}, 2)));
}

TEST_CASE("FrameStack hands the mask on and keeps the contract inside and outside a TimeLimit") {
    FrameStack env(MaskedMirror{}, 2);
    Rng rng;
    std::array<float, 8> o{};
    env.reset(rng, o);
    const std::array values{3.0F, 4.0F};
    env.step({.choice = 1, .values = values}, rng, o);
    CHECK(o == std::array<float, 8>{0, 0, 0, 0, 1, 3, 4, 1});
    CHECK(mask_of(env, 3) == std::vector{1, 0, 1});
    CHECK_NOTHROW(check_env(FrameStack(TimeLimit(MaskedMirror{}, 9), 4)));
    CHECK_NOTHROW(check_env(TimeLimit(FrameStack(MaskedMirror{}, 4), 9)));
    CHECK_NOTHROW(check_env(FrameStack(FrameStack(Wanderer{}, 2), 3)));
}

TEST_CASE("Copies of a FrameStack keep frames of their own") {
    Vectorized envs([](Index i) { return FrameStack(Ticker{.id = i, .length = 50}, 2); }, {.count = 2});
    ActionBatch actions({.integers = 1}, 2);
    actions.all().integers.setZero();
    Matrix<float> observation(6, 2), final_observation(6, 2);
    std::vector<double> reward(2);
    std::vector<std::uint8_t> terminated(2), truncated(2);
    envs.reset({0, 2}, observation);
    StepView out{observation, final_observation, reward, terminated, truncated};
    envs.step({0, 2}, std::as_const(actions).all(), out);
    CHECK(observation.col(0) == (Vector<float>(6) << 0, 0, 0, 0, 0, 1).finished());
    CHECK(observation.col(1) == (Vector<float>(6) << 1, 0, 0, 1, 0, 1).finished());
}

TEST_CASE("What an environment in a FrameStack leaves unwritten is noticed") {
    CHECK_THROWS_WITH(
        check_env(FrameStack(Forgetful{}, 2)),
        ContainsText("observation[5] after step 2 (action 0) is nan, or was not written; write a finite number"));
}

TEST_CASE("FrameStack refuses fewer frames than one and an environment that observes nothing") {
    CHECK_THROWS_WITH(FrameStack(Ticker{}, 0), "FrameStack: count is 0; give at least 1 frame");
    CHECK_THROWS_AS(FrameStack(Ticker{}, -2), Error);
    CHECK_THROWS_WITH(stacked({.size = 0}, 2), ContainsText("FrameStack: the observation space is a Box of size 0"));
    CHECK_THROWS_WITH(stacked({.size = 3, .low = {1, 2}}, 2), ContainsText("a Box of size 3 with 2 bounds"));
}
