#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Breakout on 10 x 10 cells: a ball flies diagonally, a paddle of one cell returns it, and each brick that it hits is
/// worth a reward of 1. Actions: 0 stay, 1 left, 2 right. An episode terminates when the ball reaches the bottom row
/// beside the paddle; one that never misses it does not end: wrap it, as `TimeLimit(Breakout{}, 1000)`.
///
/// The observation is an image of shape {10, 10, 4} of zeros and ones, y downwards. Channels: 0 the paddle, in row 9; 1
/// the ball; 2 where the ball was one step ago; 3 bricks, which fill rows 1 to 3.
///
/// A step, of the ball at (x, y) with direction (dx, dy):
///   1. The paddle moves by at most one cell, within the field. The ball's target is (x + dx, y + dy).
///   2. A target beside the field is held at the wall, and dx changes its sign.
///   3. (a) Above the field: the target's y is 0, and dy changes its sign. (b) On a brick: the brick is removed, the
///      target's y is y, and dy changes its sign; but where the last step was (b) too, the ball goes through the brick.
///      (c) In row 9: where no brick is left, all 30 return. Then, if the paddle is at x, the target's y is y, and dy
///      changes its sign; if it is at the target's x, dx does besides; else the episode terminates.
///   4. The ball moves to its target.
/// Episodes begin with all bricks and the paddle at x = 4; the ball starts at (0, 3) with direction (1, 1), or at (9,
/// 3) with (-1, 1), equally likely.
///
/// Source: Young and Tian, "MinAtar: An Atari-Inspired Testbed for Thorough and Reproducible Reinforcement Learning
/// Experiments", 2019; without sticky actions and without ramping of difficulty.
struct Breakout {
    static constexpr int extent = 10;  ///< rows and columns of the field
    static constexpr int channels = 4;
    static constexpr int first_brick_row = 1;
    static constexpr int brick_rows = 3;
    static constexpr int paddle_row = extent - 1;
    static constexpr std::uint32_t all_bricks = (1U << (brick_rows * extent)) - 1;

    struct Place {
        int x = 0, y = 0;

        bool operator==(const Place&) const = default;
    };

    int paddle = 4;                     ///< its x
    Place ball = {0, 3};                ///< always within the field
    Place direction = {1, 1};           ///< -1 or 1 each
    Place trail = {0, 3};               ///< where the ball was one step ago
    bool in_bricks = false;             ///< whether the last step was of kind (b)
    std::uint32_t bricks = all_bricks;  ///< bit 10 (y - 1) + x is 1 where there is one at (x, y)

    Box observation_space() const { return {.shape = {extent, extent, channels}, .low = {0}, .high = {1}}; }
    Discrete action_space() const { return {.n = 3}; }

    void reset(Rng& rng, std::span<float> observation) {
        *this = {};
        if (rng.below(2) == 1) {
            ball = trail = {extent - 1, 3};
            direction.x = -1;
        }
        observe(observation);
    }

    Outcome step(int action, Rng&, std::span<float> observation) {
        paddle = std::clamp(paddle + (action == 2) - (action == 1), 0, extent - 1);
        trail = ball;
        const Outcome outcome = move_ball();
        observe(observation);
        return outcome;
    }

    void render(Canvas& canvas) const {
        canvas.view({.left = -0.2, .bottom = -0.2, .right = extent + 0.2, .top = extent + 0.2});
        canvas.rectangle({0, 0}, {extent, extent}, {.stroke = Ink::muted, .width = 0.08});
        const auto fill = [&](int x, int y, double height, Ink ink) {
            const CanvasPoint corner{x + 0.05, extent - y - 0.5 - height / 2};
            canvas.rectangle(corner, {corner.x + 0.9, corner.y + height}, {.fill = ink});
        };
        for (int y = first_brick_row; y < first_brick_row + brick_rows; ++y) {
            for (int x = 0; x < extent; ++x) {
                if (has_brick({x, y})) fill(x, y, 0.8, Ink::warm);
            }
        }
        fill(paddle, paddle_row, 0.4, Ink::foreground);
        canvas.circle({trail.x + 0.5, extent - trail.y - 0.5}, 0.15, {.fill = Ink::muted});
        canvas.circle({ball.x + 0.5, extent - ball.y - 0.5}, 0.3, {.fill = Ink::accent});
    }

    void visit_state(State& state) {
        state("paddle", paddle);
        visit_place(state, "ball", ball);
        visit_place(state, "direction", direction);
        visit_place(state, "trail", trail);
        state("in_bricks", in_bricks);
        state("bricks", bricks);
        const auto within = [](int x) { return x >= 0 && x < extent; };
        const auto is_direction = [](int x) { return x == 1 || x == -1; };
        require(within(paddle) && within(ball.x) && within(ball.y) && within(trail.x) && within(trail.y) &&
                    is_direction(direction.x) && is_direction(direction.y) && bricks <= all_bricks,
                "Breakout: the paddle, the ball or a brick was saved where none can be; this state was changed since");
    }

private:
    static void visit_place(State& state, const char* name, Place& place) {
        state.within(name, [&] {
            state("x", place.x);
            state("y", place.y);
        });
    }

    bool has_brick(Place at) const {
        return at.y >= first_brick_row && at.y < first_brick_row + brick_rows && (bricks & bit_of(at)) != 0;
    }

    static std::uint32_t bit_of(Place at) { return 1U << ((at.y - first_brick_row) * extent + at.x); }

    Outcome move_ball() {
        Outcome outcome;
        Place target{ball.x + direction.x, std::min(ball.y + direction.y, paddle_row)};
        if (target.x < 0 || target.x >= extent) {
            target.x = ball.x;
            direction.x = -direction.x;
        }
        const bool was_in_bricks = in_bricks;
        in_bricks = has_brick(target);
        if (target.y < 0) {
            target.y = 0;
            direction.y = -direction.y;
        } else if (in_bricks) {
            if (!was_in_bricks) {
                bricks &= ~bit_of(target);
                outcome.reward = 1;
                return_from(target);
            }
        } else if (target.y == paddle_row) {
            if (bricks == 0) bricks = all_bricks;
            if (ball.x == paddle) {
                return_from(target);
            } else if (target.x == paddle) {
                direction.x = -direction.x;
                return_from(target);
            } else {
                outcome.terminated = true;
            }
        }
        ball = target;
        return outcome;
    }

    /// The ball stays in its row and goes back up or down.
    void return_from(Place& target) {
        target.y = ball.y;
        direction.y = -direction.y;
    }

    void observe(std::span<float> observation) const {
        std::fill(observation.begin(), observation.end(), 0.0F);
        const auto element = [&](int x, int y, int channel) -> float& {
            return observation[static_cast<std::size_t>((y * extent + x) * channels + channel)];
        };
        element(paddle, paddle_row, 0) = 1;
        element(ball.x, ball.y, 1) = 1;
        element(trail.x, trail.y, 2) = 1;
        float* const first = &element(0, first_brick_row, 3);
        for (int i = 0; i < brick_rows * extent; ++i) first[i * channels] = static_cast<float>(bricks >> i & 1);
    }
};

}  // namespace GRADIVA_NAMESPACE
