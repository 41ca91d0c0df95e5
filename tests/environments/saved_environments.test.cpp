// Every bundled environment goes on from its saved state with the same bits.
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gradiva/env/time_limit.hpp"
#include "gradiva/environments/acrobot.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/breakout.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"
#include "gradiva/environments/dial_lock.hpp"
#include "gradiva/environments/linear_quadratic.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/environments/mountain_car.hpp"
#include "gradiva/environments/mountain_car_continuous.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/environments/t_maze.hpp"
#include "helpers/resumed.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

LinearQuadraticOptions regulator() {
    Matrix<double> a(2, 2), b(2, 1), q(2, 2), r(1, 1);
    a << 0.9, 0.1, -0.2, 0.8;
    b << 0, 0.5;
    q << 1, 0, 0, 0.5;
    r << 0.1;
    return {.a = a, .b = b, .q = q, .r = r, .start = 1};
}

/// The error where an environment is restored whose options are `change`d.
template <class Change>
std::string refusal_of_regulator(const Change& change) {
    LinearQuadraticOptions other = regulator();
    change(other);
    return refusal_of(LinearQuadratic(regulator()), LinearQuadratic(other));
}

}  // namespace

TEST_CASE("bundled environments go on from their saved state with the same bits") {
    CHECK(resumed_difference(TimeLimit(Acrobot{}, 40)).empty());
    CHECK(resumed_difference(Archery({.targets = 5, .arrows = 4})).empty());
    CHECK(resumed_difference(TimeLimit(Breakout{}, 40)).empty());
    CHECK(resumed_difference(CartPole{}).empty());
    CHECK(resumed_difference(TimeLimit(DialLock{}, 30)).empty());
    CHECK(resumed_difference(TimeLimit(LinearQuadratic(regulator()), 20)).empty());
    CHECK(resumed_difference(TimeLimit(MaskedGrid{}, 30)).empty());
    CHECK(resumed_difference(TimeLimit(MountainCar{}, 50)).empty());
    CHECK(resumed_difference(TimeLimit(MountainCarContinuous{}, 50)).empty());
    CHECK(resumed_difference(TimeLimit(Pendulum{}, 50)).empty());
    CHECK(resumed_difference(TimeLimit(TMaze({.length = 4}), 15)).empty());
}

TEST_CASE("an environment of other options or sizes is not restored, and says which") {
    CHECK_THAT(refusal_of(Archery({.targets = 5, .arrows = 2}), Archery({.targets = 4, .arrows = 2})),
               ContainsText("options/targets is 5 where it was saved and 4 here"));
    CHECK_THAT(refusal_of(Archery({.targets = 5, .arrows = 2}), Archery({.targets = 5, .arrows = 3})),
               ContainsText("options/arrows is 2 where it was saved and 3 here"));
    CHECK_THAT(refusal_of(DialLock({3, 2}), DialLock({3, 3})),
               ContainsText("positions[1] is 2 where it was saved and 3 here"));
    CHECK_THAT(refusal_of(MaskedGrid({"..G"}), MaskedGrid({".G."})), ContainsText("map/elements"));
    CHECK_THAT(refusal_of(TMaze({.length = 3}), TMaze({.length = 4})),
               ContainsText("options/length is 3 where it was saved and 4 here"));
    CHECK_THAT(refusal_of_regulator([](auto& o) { o.a(0, 1) = 2; }), ContainsText("options/a[2] is 0.1 where"));
    CHECK_THAT(refusal_of_regulator([](auto& o) { o.b(0, 0) = 2; }), ContainsText("options/b[0] is 0 where"));
    CHECK_THAT(refusal_of_regulator([](auto& o) { o.q(1, 1) = 2; }), ContainsText("options/q[3] is 0.5 where"));
    CHECK_THAT(refusal_of_regulator([](auto& o) { o.r(0, 0) = 2; }), ContainsText("options/r is 0.1 where"));
    CHECK_THAT(refusal_of_regulator([](auto& o) { o.start = 2; }), ContainsText("options/start is 1 where"));
}

TEST_CASE("a position that an environment does not have is not restored") {
    const auto refused = [](auto env, const char* path, auto value) {
        StateImage image = image_of(env);
        StateArray& array = image.at(path);
        std::memcpy(array.own.data(), &value, sizeof(value));
        try {
            restore("test", image, env);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    CHECK_THAT(refused(MaskedGrid({"..G"}), "at", std::size_t{3}), ContainsText("cell 3 was saved, of a map of 3"));
    CHECK(refused(MaskedGrid({"..G"}), "at", std::size_t{2}).empty());
    CHECK_THAT(refused(DialLock({3, 2}), "at", Index{3}), ContainsText("position 3 of dial 0 was saved, which has 3"));
    CHECK_THAT(refused(DialLock({3, 2}), "combination", Index{-1}), ContainsText("position -1 of dial 0 was saved"));
    CHECK(refused(DialLock({3, 2}), "combination", Index{2}).empty());
    for (const Index cell : {-1, 4})
        CHECK_THAT(refused(TMaze({.length = 3}), "cell", cell), ContainsText("TMaze: cell"));
    for (const Index cell : {0, 3}) CHECK(refused(TMaze({.length = 3}), "cell", cell).empty());
    for (const int cue : {-2, 0, 2}) CHECK_THAT(refused(TMaze{}, "cue", cue), ContainsText("TMaze: cell"));
    CHECK(refused(TMaze{}, "cue", -1).empty());
    for (const int arm : {-2, -1, 1, 2}) CHECK_THAT(refused(TMaze{}, "arm", arm), ContainsText("TMaze: cell"));
    const char* const places[] = {"paddle", "ball/x", "ball/y", "trail/x", "trail/y"};
    for (const char* const path : places) {
        CAPTURE(path);
        for (const int x : {-1, 10}) CHECK_THAT(refused(Breakout{}, path, x), ContainsText("Breakout: the paddle,"));
        for (const int x : {0, 9}) CHECK(refused(Breakout{}, path, x).empty());
    }
    for (const char* const path : {"direction/x", "direction/y"}) {
        for (const int x : {-2, 0, 2}) CHECK_THAT(refused(Breakout{}, path, x), ContainsText("Breakout: the paddle,"));
        CHECK(refused(Breakout{}, path, -1).empty());
    }
    CHECK_THAT(refused(Breakout{}, "bricks", std::uint32_t{1} << 30), ContainsText("Breakout: the paddle,"));
}

TEST_CASE("a Breakout that is restored while its ball goes through bricks does not take the next one") {
    for (const bool in_bricks : {false, true}) {
        CAPTURE(in_bricks);
        Breakout saved, here;
        saved.ball = {2, 4};
        saved.direction = {1, -1};
        saved.in_bricks = in_bricks;  // the target (3, 3) has a brick
        restore("test", image_of(saved), here);
        Rng rng;
        std::vector<float> observation(400);
        CHECK(here.step(0, rng, observation).reward == (in_bricks ? 0 : 1));
        CHECK(here.ball == Breakout::Place{3, in_bricks ? 3 : 4});
    }
}

TEST_CASE("CartPoleBatch goes on from its saved state however it is split") {
    const CartPoleBatch fresh({.count = 37, .seed = 4, .limit = 15});
    for (const Index before : {0, 1, 8, 40}) {
        for (const Index parts : {1, 2, 3}) CHECK(resumed_difference(fresh, before, 40, parts).empty());
    }
    CHECK(resumed_difference(CartPoleBatch({.count = 5, .limit = 0}), 20, 40).empty());
    CHECK(resumed_difference(fresh, 20, 40, 2, Episodes::restarted).empty());
    CartPoleBatch envs(fresh);
    CHECK(image_of(envs, Episodes::restarted).find("x") == nullptr);
}

TEST_CASE("CartPoleBatch of another count, seed or limit is not restored") {
    const CartPoleBatchOptions options{.count = 3, .seed = 4, .limit = 15};
    const auto refusal = [&](const CartPoleBatchOptions& other) {
        return refusal_of(CartPoleBatch(options), CartPoleBatch(other));
    };
    CHECK_THAT(refusal({.count = 2, .seed = 4, .limit = 15}), ContainsText("count is 3 where it was saved and 2 here"));
    CHECK_THAT(refusal({.count = 3, .seed = 5, .limit = 15}), ContainsText("seed is 4 where"));
    CHECK_THAT(refusal({.count = 3, .seed = 4, .limit = 16}), ContainsText("limit is 15 where"));
    CHECK(refusal(options).empty());
}
