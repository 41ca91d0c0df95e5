// What check_env says of an environment that draws itself.
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"

using namespace gradiva;

namespace {

/// Walks on a line for seven steps.
struct Right {
    int position = 0, steps = 0;

    Box observation_space() const { return {.size = 1, .low = {-10}, .high = {10}}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = static_cast<float>(position = steps = 0); }
    Outcome step(int action, Rng&, std::span<float> observation) {
        observation[0] = static_cast<float>(position += 2 * action - 1);
        return {.truncated = ++steps == 7};
    }
    void render(Canvas& canvas) const { canvas.circle({0.1 * position, 0}, 0.05); }
};

/// Only in the state in which an episode ended.
struct NotFiniteAtTheEnd : Right {
    void render(Canvas& canvas) const {
        canvas.circle({steps == 7 ? std::numeric_limits<double>::quiet_NaN() : 0.0, 0}, 0.05);
    }
};

struct MovesWhenDrawn : Right {
    mutable int times = 0;

    Outcome step(int action, Rng& rng, std::span<float> observation) {
        const Outcome outcome = Right::step(action, rng, observation);
        return {.reward = times > 4 ? 1.0 : 0.0, .truncated = outcome.truncated};
    }
    void render(Canvas& canvas) const {
        ++times;
        canvas.circle({0, 0}, 0.05);
    }
};

template <int what>
struct DrawsDifferently : Right {
    mutable int times = 0;

    void render(Canvas& canvas) const {
        ++times;
        if (what == 0) canvas.circle({0.01 * times, 0}, 0.05);
        if (what == 1) canvas.text({0, 0}, times % 2 == 0 ? "tick" : "tock");
        if (what == 2) canvas.view({.left = -1.0 - times, .bottom = -1, .right = 1, .top = 1});
    }
};

/// Draws on a canvas that it expects to be empty.
struct WantsAnEmptyCanvas : Right {
    void render(Canvas& canvas) const {
        require(canvas.shapes().empty(), "the canvas is not empty");
        canvas.circle({0, 0}, 0.05);
    }
};

struct DrawnBeforeReset : Right {
    bool begun = false;

    void reset(Rng& rng, std::span<float> observation) {
        begun = true;
        Right::reset(rng, observation);
    }
    void render(Canvas&) const { require(begun, "there was no reset"); }
};

}  // namespace

TEST_CASE("check_env accepts an environment that draws what it is") {
    CHECK_NOTHROW(check_env(Right{}));
    CHECK_NOTHROW(check_env(WantsAnEmptyCanvas{}));
    CHECK_NOTHROW(check_env(DrawnBeforeReset{}));
}

TEST_CASE("check_env draws the last state of an episode, and says what the canvas refused") {
    CHECK_THROWS_WITH(check_env(NotFiniteAtTheEnd{}),
                      ContainsText("check_env: render after step 7 (action ") &&
                          ContainsText("threw: Canvas: a coordinate of a circle is nan; give finite numbers"));
}

TEST_CASE("check_env notices an environment that is changed by being drawn") {
    CHECK_THROWS_WITH(check_env(MovesWhenDrawn{}),
                      ContainsText("drawn after each step goes on in another way") && ContainsText("in step 3;"));
}

TEST_CASE("check_env notices pictures that differ though the state does not") {
    CHECK_THROWS_WITH(check_env(DrawsDifferently<0>{}),
                      ContainsText("two calls of render after reset draw differently"));
    CHECK_THROWS_WITH(check_env(DrawsDifferently<1>{}),
                      ContainsText("two calls of render after reset draw differently"));
    CHECK_THROWS_WITH(check_env(DrawsDifferently<2>{}),
                      ContainsText("two calls of render after reset draw differently"));
}
