// Every bundled environment draws itself: within its view, from its construction to the last step of an episode.
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/env/detail/env_trial.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/env/wrapper.hpp"
#include "gradiva/environments/acrobot.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/breakout.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/dial_lock.hpp"
#include "gradiva/environments/linear_quadratic.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/environments/mountain_car.hpp"
#include "gradiva/environments/mountain_car_continuous.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/environments/t_maze.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"

using namespace gradiva;

namespace {

LinearQuadratic regulator(double growth, double start) {
    return LinearQuadratic({.a = Matrix<double>{{growth, 0.1}, {0, growth}},
                            .b = Matrix<double>{{0.0}, {0.5}},
                            .q = Matrix<double>{{1, 0}, {0, 1}},
                            .r = Matrix<double>{{1}},
                            .start = start});
}

/// How far the shapes of a picture reach beyond its view, as a share of the view's longer side; of texts only their
/// places count, whose extent is the font's.
double beyond_view(const Canvas& canvas) {
    const CanvasView& view = canvas.view();
    double most = 0;
    for (const Shape& shape : canvas.shapes()) {
        const double radius = shape.kind == Shape::Kind::circle ? shape.size : 0;
        const double margin = radius + shape.width / 2;
        const auto [left, right] = std::minmax({shape.from.x, shape.to.x});
        const auto [bottom, top] = std::minmax({shape.from.y, shape.to.y});
        most = std::max({most, view.left - (left - margin), right + margin - view.right,
                         view.bottom - (bottom - margin), top + margin - view.top});
    }
    return most / std::max(view.width(), view.height());
}

/// What pictures of a run were like.
struct Seen {
    Index pictures = 0, different = 0;
    double beyond = 0;
    std::size_t least_shapes = 1000;
    Canvas last{}, now{};

    template <class E>
    void look(const E& env) {
        now.clear();
        env.render(now);
        ++pictures;
        if (!(now == last)) ++different;
        beyond = std::max(beyond, beyond_view(now));
        least_shapes = std::min(least_shapes, now.shapes().size());
        last = now;
    }
};

template <class E>
struct Watched : Wrapper<E> {
    Watched(E env, Seen& to) : Wrapper<E>(std::move(env)), seen(&to) {}

    void reset(Rng& rng, std::span<float> observation) {
        this->wrapped().reset(rng, observation);
        seen->look(this->wrapped());
    }
    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        const Outcome outcome = this->wrapped().step(action, rng, observation);
        seen->look(this->wrapped());
        return outcome;
    }

    Seen* seen;
};

template <class E>
void check_pictures(const std::string& name, const E& env) {
    CAPTURE(name);
    Seen seen;
    seen.look(env);  // before there was a reset
    detail::EnvTrial trial(Watched<E>(env, seen));
    trial.start(1, 2);
    for (int t = 0; t < 400; ++t) trial.step();
    CHECK(seen.beyond <= 1e-12);
    CHECK(seen.least_shapes >= 3);
    CHECK(seen.different >= 30);
}

}  // namespace

TEST_CASE("every bundled environment draws itself within its view, before a reset and after the last step too") {
    check_pictures("Acrobot", TimeLimit(Acrobot{}, 100));
    check_pictures("Archery", Archery{});
    check_pictures("Archery of many targets", Archery({.targets = 40, .arrows = 30}));
    check_pictures("Breakout", TimeLimit(Breakout{}, 100));
    check_pictures("CartPole", CartPole{});
    check_pictures("DialLock", TimeLimit(DialLock{}, 30));
    check_pictures("DialLock of many dials", TimeLimit(DialLock(std::vector<Index>(60, 2)), 30));
    check_pictures("LinearQuadratic", TimeLimit(regulator(0.9, 1), 50));
    check_pictures("LinearQuadratic that diverges", TimeLimit(regulator(1.5, 1e-3), 50));
    check_pictures("MaskedGrid", TimeLimit(MaskedGrid{}, 30));
    check_pictures("MaskedGrid in a row", TimeLimit(MaskedGrid({std::string(50, '.') + "G"}), 30));
    check_pictures("MountainCar", TimeLimit(MountainCar{}, 200));
    check_pictures("MountainCarContinuous", TimeLimit(MountainCarContinuous{}, 200));
    check_pictures("Pendulum", TimeLimit(Pendulum{}, 100));
    check_pictures("TMaze", TimeLimit(TMaze{}, 63));
    check_pictures("TMaze of one step", TMaze({.length = 1}));
}

TEST_CASE("a car is drawn within its view on the whole track") {
    Canvas canvas;
    for (int i = 0; i <= 180; ++i) {
        canvas.clear();
        MountainCar{.position = -1.2 + 0.01 * i}.render(canvas);
        CHECK(beyond_view(canvas) <= 1e-12);
    }
}

TEST_CASE("pictures show the state: where things are") {
    Canvas canvas;
    const auto drawn = [&](const auto& env) {
        canvas.clear();
        env.render(canvas);
        return canvas.shapes();
    };
    const auto has = [&](Shape::Kind kind, Ink ink, CanvasPoint to) {
        const auto near = [](double a, double b) { return a > b - 1e-9 && a < b + 1e-9; };
        return std::any_of(canvas.shapes().begin(), canvas.shapes().end(), [&](const Shape& shape) {
            return shape.kind == kind && (shape.fill == ink || shape.stroke == ink) && near(shape.to.x, to.x) &&
                   near(shape.to.y, to.y);
        });
    };
    drawn(CartPole{.x = 1, .theta = std::numbers::pi / 2});
    CHECK(has(Shape::Kind::line, Ink::accent, {2, 0.1}));  // the pole lies to the right
    drawn(Acrobot{.theta1 = std::numbers::pi / 2, .theta2 = std::numbers::pi / 2});
    CHECK(has(Shape::Kind::line, Ink::foreground, {1, 0}));
    CHECK(has(Shape::Kind::line, Ink::accent, {1, 1}));
    drawn(Pendulum{.theta = std::numbers::pi / 2});
    CHECK(has(Shape::Kind::line, Ink::accent, {-1, 0}));  // angles count counterclockwise
    drawn(Breakout{.paddle = 2, .ball = {7, 5}, .bricks = 1U << 13});
    CHECK(has(Shape::Kind::circle, Ink::accent, {7.5, 4.5}));
    CHECK(has(Shape::Kind::rectangle, Ink::foreground, {2.95, 0.7}));
    CHECK(has(Shape::Kind::rectangle, Ink::warm, {3.95, 7.9}));
    CHECK(canvas.shapes().size() == 5);  // the field, the paddle, the ball, its trail and one brick
    Rng rng(1, Purpose::environment);
    std::vector<float> observation(3);  // one-hot of the goal and the two cells below it
    MaskedGrid corridor({"##G", "#.."});
    corridor.reset(rng, observation);
    drawn(corridor);
    CHECK(has(Shape::Kind::rectangle, Ink::good, {3, 2}));
    CHECK(has(Shape::Kind::circle, Ink::accent, {observation[1] > 0 ? 1.5 : 2.5, 0.5}));
    TMaze maze({.length = 2});
    maze.reset(rng, observation);
    const double right = observation[0];
    drawn(maze);
    CHECK(has(Shape::Kind::rectangle, Ink::good, {2.5, right + 0.5}));
    CHECK(has(Shape::Kind::circle, Ink::accent, {0, 0}));
    for (const int action : {0, 0, right > 0 ? 2 : 1}) maze.step(action, rng, observation);
    drawn(maze);
    CHECK(has(Shape::Kind::circle, Ink::accent, {2, -right}));
}

TEST_CASE("a training has the same bits whether its environments are drawn or not") {
    const auto trained = [](bool draws) {
        TimeLimit env(CartPole{}, 50);
        Vectorized envs(env, {.count = 2, .seed = 5});
        Actor actor(envs, Mlp{.hidden = {8}});
        Critic critic(envs, Mlp{.hidden = {8}});
        PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 32, .minibatch = 32});
        Canvas canvas;
        trainer.train({.steps = 256}, [&](const Progress&) {
            for (Index i = 0; draws && i < envs.size(); ++i) {
                canvas.clear();
                envs[i].render(canvas);
            }
        });
        CHECK(canvas.shapes().empty() == !draws);
        return std::vector<float>(actor.weights().begin(), actor.weights().end());
    };
    CHECK(trained(true) == trained(false));
}
