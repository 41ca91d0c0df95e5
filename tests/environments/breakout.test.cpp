#include "gradiva/environments/breakout.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/sanitizer.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;

namespace {

using Image = std::array<float, 400>;

/// One line of the recording.
struct Row {
    int action, reward;
    bool terminated;
    Breakout shown;  ///< what the observation shows

    Image image() const {
        Image all{};
        const auto set = [&](int x, int y, int channel) {
            all[static_cast<std::size_t>((10 * y + x) * 4 + channel)] = 1;
        };
        set(shown.paddle, 9, 0);
        set(shown.ball.x, shown.ball.y, 1);
        set(shown.trail.x, shown.trail.y, 2);
        for (int i = 0; i < 30; ++i) {
            if ((shown.bricks >> i & 1) != 0) set(i % 10, 1 + i / 10, 3);
        }
        return all;
    }
};

std::map<int, std::vector<Row>> recorded_episodes() {
    const reference::Table table = reference::read_csv(GRADIVA_SOURCE_DIR "/tests/reference/breakout_minatar.csv");
    std::map<int, std::vector<Row>> episodes;
    for (const auto& row : table.rows) {
        const auto at = [&](const char* name) { return static_cast<int>(row[table.column(name)]); };
        episodes[at("episode")].push_back({.action = at("action"),
                                           .reward = at("reward"),
                                           .terminated = at("terminated") != 0,
                                           .shown = {.paddle = at("paddle"),
                                                     .ball = {at("ball_x"), at("ball_y")},
                                                     .trail = {at("trail_x"), at("trail_y")},
                                                     .bricks = static_cast<std::uint32_t>(at("bricks"))}});
    }
    return episodes;
}

/// The environment after one step from the given state, with what the step returned.
struct Stepped {
    explicit Stepped(const Breakout& from, int action = 0) : env(from) {
        Rng rng;
        Image image{};
        outcome = env.step(action, rng, image);
    }
    Breakout env;
    Outcome outcome;
};

}  // namespace

TEST_CASE("Breakout equals MinAtar step by step in observations, rewards and terminations") {
    const auto episodes = recorded_episodes();
    REQUIRE(episodes.size() == 12);
    for (const auto& entry : episodes) {
        const std::vector<Row>& rows = entry.second;
        INFO("episode " << entry.first);
        Breakout env;
        Rng rng;
        Image image{};
        do env.reset(rng, image);
        while (env.ball.x != rows[0].shown.ball.x);
        int wrong = image == rows[0].image() ? 0 : 1;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            image.fill(-1);
            const Outcome outcome = env.step(rows[t].action, rng, image);
            if (image != rows[t].image() || outcome.reward != rows[t].reward ||
                outcome.terminated != rows[t].terminated || outcome.truncated) {
                ++wrong;
            }
        }
        CHECK(wrong == 0);
    }
}

TEST_CASE("the recorded episodes clear the wall several times, reach the top, and end in both ways") {
    int cleared = 0, tops = 0, terminated = 0;
    std::set<int> starts;
    for (const auto& entry : recorded_episodes()) {
        const std::vector<Row>& rows = entry.second;
        starts.insert(rows[0].shown.ball.x);
        terminated += rows.back().terminated ? 1 : 0;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            if (rows[t - 1].shown.bricks == 0 && rows[t].shown.bricks != 0) ++cleared;
            if (rows[t - 1].shown.ball.y == 0 && rows[t].shown.ball.y == 0) ++tops;
        }
    }
    CHECK(starts == std::set<int>{0, 9});
    CHECK(cleared >= 5);
    CHECK(tops >= 50);
    CHECK((terminated >= 4 && terminated <= 8));
}

TEST_CASE("Breakout starts at either side equally often, with all bricks") {
    Rng rng(3);
    int left = 0;
    for (int i = 0; i < 1000; ++i) {
        Breakout env{.paddle = 7, .trail = {5, 5}, .in_bricks = true, .bricks = 5};
        Image image{};
        env.reset(rng, image);
        const bool is_left = env.ball.x == 0;
        left += is_left ? 1 : 0;
        CHECK(env.ball == (is_left ? Breakout::Place{0, 3} : Breakout::Place{9, 3}));
        CHECK(env.direction == (is_left ? Breakout::Place{1, 1} : Breakout::Place{-1, 1}));
        CHECK(env.trail == env.ball);
        CHECK((env.paddle == 4 && !env.in_bricks && env.bricks == Breakout::all_bricks));
        CHECK(std::count(image.begin(), image.end(), 1.0F) == 33);
        CHECK(std::count(image.begin(), image.end(), 0.0F) == 367);
    }
    CHECK((left > 420 && left < 580));  // five deviations
}

TEST_CASE("the paddle of Breakout stays, moves left or right, and never leaves the field") {
    const auto moved = [](int paddle, int action) { return Stepped({.paddle = paddle}, action).env.paddle; };
    CHECK((moved(4, 0) == 4 && moved(4, 1) == 3 && moved(4, 2) == 5));
    CHECK((moved(0, 1) == 0 && moved(9, 2) == 9));
}

TEST_CASE("a ball of Breakout that meets a wall or the top stays there for a step and turns") {
    const Stepped wall({.ball = {9, 5}}), top({.ball = {4, 0}, .direction = {1, -1}});
    CHECK(wall.env.ball == Breakout::Place{9, 6});
    CHECK(wall.env.direction == Breakout::Place{-1, 1});
    CHECK(top.env.ball == Breakout::Place{5, 0});
    CHECK(top.env.direction == Breakout::Place{1, 1});
}

TEST_CASE("the paddle of Breakout moves before the ball, and where it is decides how the ball comes back") {
    const Breakout low{.paddle = 5, .ball = {5, 8}, .direction = {1, 1}};
    const Stepped under(low), ahead(low, 2), behind(low, 1);
    CHECK(under.env.ball == Breakout::Place{6, 8});
    CHECK(under.env.direction == Breakout::Place{1, -1});
    CHECK(ahead.env.ball == Breakout::Place{6, 8});
    CHECK(ahead.env.direction == Breakout::Place{-1, -1});
    CHECK(behind.outcome.terminated);
    CHECK(behind.env.ball == Breakout::Place{6, 9});
    CHECK((!under.outcome.terminated && !ahead.outcome.terminated));
    CHECK(under.env.trail == low.ball);
}

TEST_CASE("a ball that is in bricks goes through the next, and hits again once it was outside") {
    const Breakout below{.ball = {4, 4}, .direction = {1, -1}};
    const Stepped hit(below);
    CHECK(hit.outcome.reward == 1);
    CHECK(hit.env.bricks == (Breakout::all_bricks & ~(1U << 25)));
    CHECK(hit.env.ball == Breakout::Place{5, 4});
    CHECK(hit.env.direction == Breakout::Place{1, 1});
    CHECK(hit.env.in_bricks);
    Breakout inside = below;
    inside.in_bricks = true;
    const Stepped through(inside);
    CHECK(through.outcome.reward == 0);
    CHECK(through.env.bricks == Breakout::all_bricks);
    CHECK(through.env.ball == Breakout::Place{5, 3});
    CHECK(through.env.in_bricks);
    CHECK(!Stepped({.ball = {4, 6}, .in_bricks = true}).env.in_bricks);
}

TEST_CASE("the bricks of Breakout return when the ball comes down after the last one, also where the paddle misses") {
    for (const int paddle : {3, 0}) {
        CAPTURE(paddle);
        const Stepped down({.paddle = paddle, .ball = {3, 8}, .bricks = 0});
        CHECK(down.env.bricks == Breakout::all_bricks);
        CHECK(down.outcome.terminated == (paddle == 0));
        CHECK(Stepped({.paddle = paddle, .ball = {3, 7}, .bricks = 0}).env.bricks == 0);
        CHECK(Stepped({.paddle = paddle, .ball = {3, 8}, .bricks = 4}).env.bricks == 4);
    }
}

TEST_CASE("Breakout observes images, keeps the contract, and ends when it is not played") {
    CHECK(Breakout{}.observation_space() == Box{.shape = {10, 10, 4}, .low = {0}, .high = {1}});
    CHECK(Breakout{}.action_space() == Discrete{.n = 3});
    STATIC_REQUIRE(HasRender<Breakout>);
    STATIC_REQUIRE(HasSavedState<Breakout>);
    STATIC_REQUIRE(!HasActionMask<Breakout>);
    // Under a sanitizer check_env_copies.test.cpp alone does this.
    if (!gradiva_test::sanitized) CHECK_NOTHROW(check_env(TimeLimit(Breakout{}, 1000)));
    CHECK_NOTHROW(check_env(FrameStack(Breakout{}, 2), {.steps = gradiva_test::sanitized ? 1'000 : 10'000}));
}
