// What `check_env` finds out by comparing: copies with each other, an environment with its own past, one seed with
// another; and what it sends to an environment that breaks at the edges.
#include "catch.hpp"

#include "gradiva/env/check_env.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/environments/acrobot.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/breakout.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/dial_lock.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/environments/mountain_car.hpp"
#include "gradiva/environments/mountain_car_continuous.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/environments/t_maze.hpp"
#include "helpers/environments.hpp"

#include <memory>
#include <random>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Keeps all rules; to be broken in one point each. Ends after 20 steps.
struct Right {
    int k = 0;
    Box observation_space() const { return {.size = 2, .low = {-10}, .high = {30}}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng& rng, std::span<float> o) { k = 0, observe(rng.uniform(), 0, o); }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        observe(rng.uniform(), action, o);
        return end();
    }
    static void observe(double first, double second, std::span<float> o) {
        o[0] = static_cast<float>(first), o[1] = static_cast<float>(second);
    }
    Outcome end() { return {.reward = 1, .terminated = ++k >= 20}; }
};

struct OwnGenerator : Right {  // all copies see the same numbers
    std::mt19937 generator{42};
    double draw() { return std::uniform_real_distribution<double>()(generator); }
    void reset(Rng&, std::span<float> o) { k = 0, observe(draw(), 0, o); }
    Outcome step(int action, Rng&, std::span<float> o) { return observe(draw(), action, o), end(); }
};
struct OwnGeneratorInStep : OwnGenerator {  // and the Rng for the start
    void reset(Rng& rng, std::span<float> o) { Right::reset(rng, o); }
};
struct OwnGeneratorForReward : OwnGenerator {
    void reset(Rng& rng, std::span<float> o) { Right::reset(rng, o); }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(action, rng, o);
        outcome.reward = draw();
        return outcome;
    }
};
struct SeededByAddress : OwnGenerator {
    void reset(Rng& rng, std::span<float> o) {
        generator.seed(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(this) >> 4));
        OwnGenerator::reset(rng, o);
    }
};
struct DistributionWithMemory : Right {  // std::normal_distribution keeps every second number
    std::normal_distribution<double> normal;
    void reset(Rng& rng, std::span<float> o) { k = 0, observe(std::clamp(normal(rng), -9.0, 9.0), 0, o); }
};
struct CopiesTheRng : Right {
    void reset(Rng& rng, std::span<float> o) {
        Rng own = rng;
        k = 0, observe(own.uniform(), 0, o);
    }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Rng own = rng;
        return observe(own.uniform(), action, o), end();
    }
};

struct SharedByPointer : Right {  // copies step each other
    std::shared_ptr<int> steps = std::make_shared<int>(0);
    void reset(Rng& rng, std::span<float> o) { *steps = 0, observe(rng.uniform(), 0, o); }
    Outcome step(int, Rng& rng, std::span<float> o) {
        ++*steps, observe(rng.uniform(), *steps, o);
        return {.reward = 1, .terminated = *steps >= 20};
    }
};
struct SharedAction : Right {  // copies show each other's action
    std::shared_ptr<int> last = std::make_shared<int>(0);
    void reset(Rng& rng, std::span<float> o) { k = 0, observe(rng.uniform(), *last = 0, o); }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        observe(rng.uniform(), *last, o);  // of the step before
        *last = action;
        return end();
    }
};
struct SharedByStatic : Right {
    static inline int position = 0;
    void reset(Rng&, std::span<float> o) { k = 0, position = 0, observe(0, 0, o); }
    Outcome step(int action, Rng&, std::span<float> o) { return observe(0, position += action, o), end(); }
};

struct SpaceChanges : Right {
    Box observation_space() const { return {.size = k < 5 ? 2 : 3, .low = {-10}, .high = {30}}; }
};
struct BoundsChange : Right {
    Box observation_space() const { return {.size = 2, .low = {-10}, .high = {k == 7 ? 31.0F : 30.0F}}; }
};
struct ActionSpaceGrows : Right {
    Discrete action_space() const { return {.n = k < 19 ? 2 : 3}; }
};

template <Index Says, Index Takes>
struct TakesFewer : Right {
    Discrete action_space() const { return {.n = Says}; }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        if (action >= Takes) throw std::out_of_range("unknown action");
        return Right::step(action, rng, o);
    }
};
struct FallsThrough : Right {  // does nothing with the last action, nor writes
    Discrete action_space() const { return {.n = 4}; }
    Outcome step(int action, Rng& rng, std::span<float> o) { return action == 3 ? end() : Right::step(action, rng, o); }
};
struct OneChoiceTooMany : Right {
    MultiDiscrete action_space() const { return {.n = {2, 3}}; }
    Outcome step(std::span<const int> action, Rng& rng, std::span<float> o) {
        if (action[1] == 2) throw 7;
        return Right::step(action[0], rng, o);
    }
};
template <std::size_t place>
struct OneTooManyAt : Right {
    MultiDiscrete action_space() const { return {.n = {3, 3, 3}}; }
    Outcome step(std::span<const int> action, Rng& rng, std::span<float> o) {
        if (action[place] == 2) throw std::runtime_error("no such choice");
        return Right::step(action[0], rng, o);
    }
};
struct HybridTooMany : Right {
    HybridSpace action_space() const { return {.choice = {.n = 3}, .box = {.size = 1}}; }
    Outcome step(HybridAction action, Rng& rng, std::span<float> o) {
        if (action.choice == 2) throw std::runtime_error("no such choice");
        return Right::step(0, rng, o);
    }
};

struct MaskChanges : Right {  // between two calls in one state
    mutable int calls = 0;
    void action_mask(std::span<std::uint8_t> legal) const { legal[static_cast<std::size_t>(++calls % 2)] = 0; }
};
struct MaskChangesLater : Right {
    mutable int calls = 0;
    void action_mask(std::span<std::uint8_t> legal) const { legal[0] = ++calls % 1000 == 0 ? 0 : 1; }
};
struct MaskOfZerosOnly : Right {  // leaves the ones that it finds
    void action_mask(std::span<std::uint8_t> legal) const { legal[static_cast<std::size_t>(k % 2)] = 0; }
};
struct MaskOf255 : Right {
    void action_mask(std::span<std::uint8_t> legal) const { legal[0] = 255; }
};
struct MaskThrows : Right {
    void action_mask(std::span<std::uint8_t>) const {
        if (k == 3) throw std::runtime_error("no mask");
    }
};

/// Breaks where `breaks(action)` says so, by a reward of NaN.
template <class Breaks>
struct BreaksAt : Right {
    Box box;
    Breaks breaks;
    BreaksAt(Box b, Breaks f) : box(std::move(b)), breaks(f) {}
    Box action_space() const { return box; }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(0, rng, o);
        if (breaks(action)) outcome.reward = std::numeric_limits<double>::quiet_NaN();
        return outcome;
    }
};

struct RewardBeyondFloat : Right {
    double reward = 1e39;
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(action, rng, o);
        outcome.reward = k == 11 ? reward : 0;
        return outcome;
    }
};

struct Curriculum : Right {  // each episode starts further on
    double stage = 0;
    void reset(Rng& rng, std::span<float> o) {
        stage = std::min(stage + 1, 20.0), k = 0, observe(rng.uniform(), stage, o);
    }
};
struct LeftOver : Right {  // forgets to set k
    void reset(Rng& rng, std::span<float> o) { observe(rng.uniform(), 0, o); }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        observe(rng.uniform(), action, o);
        return {.reward = 1, .terminated = ++k % 20 == 0};
    }
};

struct WearsOut : Right {  // pays less after 2000 steps, whatever resets there were
    int life = 0;
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(action, rng, o);
        outcome.reward = ++life > 2000 ? 0.5 : 1;
        return outcome;
    }
};

struct CountsResets : Right {  // and shows after many in which half of its life it is
    int resets = 0;
    void reset(Rng& rng, std::span<float> o) { k = 0, observe(rng.uniform(), ++resets > 100 ? 1 : 0, o); }
};

struct RemembersACut : Right {  // of an episode after so many steps, and shows it so much later
    int at, later;
    int since_cut = -1;
    RemembersACut(int steps, int delay) : at(steps), later(delay) {}
    void reset(Rng& rng, std::span<float> o) {
        if (k == at) since_cut = 0;
        if (k != at && k < 20) since_cut = -1;
        Right::reset(rng, o);
        if (since_cut == 0 && later == 0) o[1] = 1;
    }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(action, rng, o);
        if (since_cut >= 0 && ++since_cut == later) outcome.reward = 0;
        return outcome;
    }
};
struct EndsInTwoWays : Right {  // every second of all copies' episodes, and they differ in nothing else
    static inline int episodes = 0;
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(action, rng, o);
        if (outcome.terminated && ++episodes % 2 == 0) outcome = {.reward = 1, .truncated = true};
        return outcome;
    }
};
struct Counted : Right {
    bool random;
    std::shared_ptr<Index> steps = std::make_shared<Index>(0);
    explicit Counted(bool draws) : random(draws) {}
    void reset(Rng& rng, std::span<float> o) { k = 0, observe(random ? rng.uniform() : 0, 0, o); }
    Outcome step(int action, Rng&, std::span<float> o) { return ++*steps, observe(0, action, o), end(); }
};

struct LateLeak : Right {  // remembers that an episode was cut after its 15th step
    bool cut = false;
    void reset(Rng& rng, std::span<float> o) {
        cut = k > 15 && k < 20;
        Right::reset(rng, o);
    }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        Outcome outcome = Right::step(action, rng, o);
        if (cut) outcome.reward = 0;
        return outcome;
    }
};
struct KeepsTheSpan : Right {  // writes to the observation of reset
    std::span<float> kept;
    void reset(Rng& rng, std::span<float> o) { kept = o, Right::reset(rng, o); }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        kept[0] = 0;
        return Right::step(action, rng, o);
    }
};

/// Cannot be copied.
struct Unique : Right {
    std::unique_ptr<int> handle = std::make_unique<int>(0);
};

#define REFUSES(text, ...) CHECK_THROWS_WITH(check_env(__VA_ARGS__), ContainsText("check_env: ") && ContainsText(text))

}  // namespace

TEST_CASE("check_env accepts every environment that comes along") {
    CHECK_NOTHROW(check_env(Right{}));
    CHECK_NOTHROW(check_env(TimeLimit(CartPole{}, 500)));
    CHECK_NOTHROW(check_env(TimeLimit(Pendulum{}, 200)));
    CHECK_NOTHROW(check_env(TimeLimit(Acrobot{}, 500)));
    CHECK_NOTHROW(check_env(TimeLimit(MountainCar{}, 200)));
    CHECK_NOTHROW(check_env(TimeLimit(MountainCarContinuous{}, 999)));
    CHECK_NOTHROW(check_env(TimeLimit(MaskedGrid{}, 100)));
    CHECK_NOTHROW(check_env(TimeLimit(DialLock{}, 100)));
    CHECK_NOTHROW(check_env(TimeLimit(Archery{}, 100)));
    CHECK_NOTHROW(check_env(TimeLimit(TMaze{}, 63)));
    CHECK_NOTHROW(check_env(TimeLimit(Breakout{}, 1000)));
    CHECK_NOTHROW(check_env(FrameStack(TimeLimit(CartPole{}, 500), 4)));
}

TEST_CASE("check_env names randomness that does not come from the Rng") {
    REFUSES("not from a generator of the environment's own", OwnGenerator{});
    REFUSES("episodes begin differently, and in the same way under seeds 0 and 1", OwnGenerator{});
    REFUSES("not from a generator of the environment's own", OwnGeneratorInStep{});
    REFUSES("not from a generator of the environment's own", OwnGeneratorForReward{});
    REFUSES("two copies differ under seed 0", SeededByAddress{});
    REFUSES("gives other numbers under seed", DistributionWithMemory{});
    REFUSES("draw from the Rng that reset and step are given, not from a copy of it", CopiesTheRng{});
    REFUSES("seeds 8 and 9 give different numbers", CopiesTheRng{}, {.seed = 8});
    REFUSES("in the same way under seeds 8 and 9", OwnGenerator{}, {.seed = 8});
}

TEST_CASE("check_env names copies that share state") {
    REFUSES("two copies that are stepped in turn disturb each other, first in step 1;", SharedByPointer{});
    REFUSES("disturb each other", SharedAction{});
    REFUSES("disturb each other", SharedByStatic{});
}

TEST_CASE("check_env names spaces that change") {
    REFUSES("after step 5 (action ", SpaceChanges{});
    REFUSES("the observation space is Box(3), and was Box(2) at first", SpaceChanges{});
    REFUSES("after step 7 (action ", BoundsChange{});
    REFUSES("the action space is Discrete(3), and was Discrete(2) at first", ActionSpaceGrows{});
}

TEST_CASE("check_env says that an action space has too many actions") {
    REFUSES(
        "step 9 (action 2) threw: unknown action; no step with choice 2 has succeeded, others have: does the "
        "action space, Discrete(3), say one action too many?",
        TakesFewer<3, 2>{});
    REFUSES("say one action too many?", TakesFewer<5, 4>{});
    REFUSES("too many?", TakesFewer<6, 2>{});
    REFUSES("say one action too many?", FallsThrough{});
    REFUSES("was not written", FallsThrough{});
    REFUSES("(action [1, 2]) threw: what is no std::exception; no step with choice 2 has succeeded",
            OneChoiceTooMany{});
    REFUSES("threw: no such choice; no step with choice 2 has succeeded", HybridTooMany{});
    REFUSES("threw: no such choice; no step with choice 2 has succeeded", OneTooManyAt<0>{});
    REFUSES("threw: no such choice; no step with choice 2 has succeeded", OneTooManyAt<1>{});
    REFUSES("threw: no such choice; no step with choice 2 has succeeded", OneTooManyAt<2>{});
}

TEST_CASE("check_env names masks that change, or hold other numbers than 0 and 1") {
    REFUSES("two calls of action_mask after reset differ at choice 0", MaskChanges{});
    REFUSES("two calls of action_mask after step", MaskChangesLater{});
    REFUSES("gave a mask of 255 for choice 0", MaskOf255{});
    REFUSES("threw: no mask", MaskThrows{});
    CHECK_NOTHROW(check_env(MaskOfZerosOnly{}));
}

TEST_CASE("check_env sends the bounds of a Box, each alone and all at once, and its corners") {
    const Box box{.size = 2, .low = {-1, 2}, .high = {1, 3}}, half{.size = 1, .low = {5}}, free{.size = 1};
    const auto refuses = [](const Box& space, auto breaks) { REFUSES("is nan", BreaksAt(space, breaks)); };
    refuses(box, [](auto a) { return a[0] == -1 && a[1] == 2; });
    refuses(box, [](auto a) { return a[0] == 1 && a[1] == 3; });
    refuses(box, [](auto a) { return a[0] == -1 && a[1] == 3; });
    refuses(box, [](auto a) { return a[0] == 1 && a[1] > 2 && a[1] < 3; });
    refuses(box, [](auto a) { return a[0] > -1 && a[0] < 1 && a[1] == 2; });
    refuses(half, [](auto a) { return a[0] == 5; });
    refuses(free, [](auto a) { return a[0] > 5; });
    CHECK_NOTHROW(check_env(BreaksAt(box, [](auto a) { return a[0] < -1 || a[0] > 1 || a[1] < 2 || a[1] > 3; })));
}

TEST_CASE("check_env names a reward that float cannot hold") {
    REFUSES("the reward of step 11 (action ", RewardBeyondFloat{});
    REFUSES(") is -1e+300; return a number that is finite as a float", RewardBeyondFloat{{}, -1e300});
    CHECK_NOTHROW(check_env(RewardBeyondFloat{{}, 3e38}));
}

TEST_CASE("check_env wants reset to forget, unless it is told that episodes depend on each other") {
    REFUSES("let reset forget all that was before, or set independent_episodes to false", Curriculum{});
    CHECK_NOTHROW(check_env(Curriculum{}, {.independent_episodes = false}));
    REFUSES("an environment that was used gives other numbers under seed 0 than a fresh one, first in step 1; draw",
            WearsOut{});
    REFUSES("an environment that was used gives other numbers under seed 0 than a fresh one, first in step 0; draw",
            CountsResets{});
    REFUSES("gives other numbers under seed 8 than a fresh one", WearsOut{}, {.seed = 8});
    REFUSES("in the middle of an episode", LeftOver{}, {.steps = 1000});
    REFUSES("gives other numbers under seed 8 than a fresh one", LeftOver{}, {.steps = 1000, .seed = 8});
}

TEST_CASE("check_env cuts episodes late too, and notices who writes to an earlier observation") {
    REFUSES("steps and a reset in the middle of an episode", LateLeak{});
    REFUSES("writes to the observation of an earlier call; write to the one that the call is given", KeepsTheSpan{});
}

TEST_CASE("check_env cuts episodes after few steps, in their middle and before their end, and looks on for 50 steps") {
    for (const int steps : {1, 2, 3, 5, 8, 13, 10, 19}) {  // of 20
        for (const int later : {0, 1, 50}) {
            REFUSES(fmt::format("check_env: after {} steps and a reset in the middle of an episode, an environment "
                                "gives other numbers under seed 0 than a fresh one, first in step {};",
                                steps, later),
                    RemembersACut(steps, later), {.steps = 1000});
        }
    }
}

TEST_CASE("check_env names copies that differ in nothing but the way in which episodes end") {
    EndsInTwoWays::episodes = 0;
    REFUSES("gives other numbers under seed 0 than a fresh one, first in step 20;", EndsInTwoWays{}, {.steps = 20});
}

TEST_CASE("check_env takes no more steps than it needs") {
    const auto steps = [](bool random, const CheckEnvOptions& options) {
        const Counted env(random);
        check_env(env, options);
        return *env.steps;
    };
    // A run, another with a third between its steps, one more of at most 1000, then 61 before resets and 8 times 50
    // after them; where nothing is random, another seed for at most 1000.
    CHECK(steps(true, {.steps = 100}) == 100 + 2 * 100 + 100 + 61 + 8 * 50);
    CHECK(steps(true, {.steps = 1500}) == 1500 + 2 * 1500 + 1000 + 61 + 8 * 50);
    CHECK(steps(false, {.steps = 100}) == 100 + 2 * 100 + 2 * 100 + 61 + 8 * 50);
    CHECK(steps(false, {.steps = 1500}) == 1500 + 2 * 1500 + 2 * 1000 + 61 + 8 * 50);
    // No more steps before a reset, or after it, than are asked for. An episode that ends is enough.
    CHECK(steps(true, {.steps = 20}) == 4 * 20 + 61 + 8 * 20);
    CHECK_THROWS_WITH(steps(true, {.steps = 19}), ContainsText("no episode ended within 19 steps"));
}

TEST_CASE("check_env takes environments from a factory, also such as cannot be copied") {
    Index made = 0;
    CHECK_NOTHROW(check_env([&](Index i) {
        made = std::max(made, i + 1);
        return Unique{};
    }));
    CHECK(made == 2);
    CHECK_NOTHROW(check_env([](Index) { return Right{}; }, {.steps = 100}));
    REFUSES("disturb each other", [shared = SharedByPointer{}](Index) { return shared; });
    REFUSES(
        "environments 0 and 1 of the factory have the observation spaces Box(1) and Box(1) and the action spaces "
        "Discrete(2) and Discrete(3)",
        [](Index i) {
            return Bandit{.rewards = i == 0 ? std::vector<double>{1, 2} : std::vector<double>{1, 2, 3}};
        });
}

TEST_CASE("An observation may have a constant, low = high, and an action may not") {
    struct Constant : Right {
        Box observation_space() const { return {.size = 2, .low = {0, 5}, .high = {1, 5}}; }
        void reset(Rng& rng, std::span<float> o) { k = 0, observe(rng.uniform(), 5, o); }
        Outcome step(int, Rng& rng, std::span<float> o) { return observe(rng.uniform(), 5, o), end(); }
    };
    CHECK_NOTHROW(check_env(Constant{}));
    CHECK_NOTHROW(Vectorized(Constant{}, {.count = 2}));
    CHECK_NOTHROW(FrameStack(Constant{}, 2));
    struct Pinned : Right {
        Box action_space() const { return {.size = 1, .low = {2}, .high = {2}}; }
        Outcome step(std::span<const float>, Rng& rng, std::span<float> o) { return Right::step(0, rng, o); }
    };
    REFUSES("the action space has low = 2 and high = 2 at element 0; give low < high", Pinned{});
}
