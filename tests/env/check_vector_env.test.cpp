#include "catch.hpp"

#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "helpers/environments.hpp"

#include <memory>
#include <vector>

using namespace gradiva;

namespace {

/// How a `Walks` breaks the contract of VectorEnv.
enum class Fault {
    none,
    both_flags,
    flag_of_255,
    unwritten_flag,
    unwritten_observation,
    unwritten_final,
    unwritten_reset,
    unwritten_mask,
    mask_of_2,
    mask_changes,
    no_legal,
    huge_reward,
    unwritten_reward,
    out_of_bounds,
    writes_others,
    one_generator,
    never_ends,
    space_changes,
    no_shards,
    depends_on_range,
    reward_by_range,
    flags_by_number,
    rewards_beyond,
    unwritten_final_mask,
    action_space_changes,
    size_changes,
    no_environments,
    flags_by_range,
    final_by_range,
    mask_by_range,
    reset_by_range,
    second_reset_by_range,
    second_reset_unwritten,
};

/// Random walks that end beyond 3, or are cut off after 30 steps; choice 2 is legal where the walk stands above 0.
struct Walks {
    explicit Walks(Fault f) : fault(f) {
        for (std::uint64_t n = 0; n < 7; ++n) rngs.push_back(Rng(5, Purpose::environment, n));
    }
    Fault fault;
    std::vector<Rng> rngs;
    std::vector<double> at = std::vector<double>(7, 0);
    std::vector<int> steps = std::vector<int>(7, 0);
    mutable int calls = 0;

    bool is(Fault f) const { return fault == f; }
    Index size() const { return is(Fault::no_environments) ? 0 : is(Fault::size_changes) && calls > 9 ? 8 : 7; }
    std::uint64_t seed() const { return 5; }
    Index shards() const { return is(Fault::no_shards) ? 0 : 7; }
    Box observation_space() const {
        return {.size = 2, .low = {is(Fault::space_changes) && calls > 9 ? -99.0F : -50.0F}, .high = {50}};
    }
    Discrete action_space() const { return {.n = is(Fault::action_space_changes) && calls > 9 ? 4 : 3}; }
    void reset(Range range, MatrixRef<float> observation) {
        const bool again = steps[place(range, 0)] > 0;
        for (Index j = 0; j < range.size(); ++j) start(place(range, j), observation, j);
        const bool by_range = is(Fault::reset_by_range) || (is(Fault::second_reset_by_range) && again);
        if (by_range && range.begin > 0) observation(0, 0) += 0.001F;
        if (is(Fault::second_reset_unwritten) && again) observation(1, 0) = std::numeric_limits<float>::quiet_NaN();
    }
    void step(Range range, const ConstActionView& actions, StepView& out) {
        for (Index j = 0; j < range.size(); ++j) step_one(range, actions, out, j);
        if (is(Fault::writes_others) && range.end < 7) out.observation.data()[2 * range.size()] = 0;
        if (is(Fault::flags_by_number) && range.begin > 0) *(out.terminated.data() - 1) = 0;
        if (is(Fault::rewards_beyond) && range.end < 7) *(out.reward.data() + range.size()) = 0;
    }
    void action_mask(Range range, MatrixMap<std::uint8_t> legal) const {
        ++calls;
        for (Index j = 0; j < range.size(); ++j) {
            mask_one(place(range, j), legal, j);
            if (is(Fault::unwritten_mask)) legal(1, j) = 255;
            if (is(Fault::mask_of_2)) legal(1, j) = 2;
            if (is(Fault::mask_by_range) && range.begin > 0) legal(1, j) = 0;
            if (is(Fault::no_legal) && steps[place(range, j)] == 4) legal.col(j).setZero();
            if (is(Fault::mask_changes)) legal(1, j) = calls % 2 == 0 ? 1 : 0;
        }
    }

private:
    static std::size_t place(Range range, Index j) { return static_cast<std::size_t>(range.begin + j); }
    Rng& rng(std::size_t n) { return rngs[is(Fault::one_generator) ? 0 : n]; }
    void mask_one(std::size_t n, MatrixMap<std::uint8_t>& legal, Index j) const {
        legal(0, j) = legal(1, j) = 1;
        legal(2, j) = at[n] > 0 ? 1 : 0;
    }
    void start(std::size_t n, MatrixRef<float>& observation, Index j) {
        at[n] = rng(n).uniform(-1, 1);
        steps[n] = 0;
        observe(n, observation, j);
        if (is(Fault::unwritten_reset)) observation(1, j) = std::numeric_limits<float>::quiet_NaN();
    }
    void observe(std::size_t n, MatrixRef<float>& observation, Index j) const {
        observation(0, j) = static_cast<float>(at[n]);
        observation(1, j) = static_cast<float>(steps[n]);
    }
    void step_one(Range range, const ConstActionView& actions, StepView& out, Index j) {
        const std::size_t n = place(range, j), k = static_cast<std::size_t>(j);
        at[n] += 0.5 * (actions.integers(0, j) - 1) + rng(n).uniform(-0.1, 0.1);
        if (is(Fault::depends_on_range)) at[n] += 0.001 * static_cast<double>(range.begin);
        ++steps[n];
        const bool ends = std::abs(at[n]) > 3 && !is(Fault::never_ends);
        const bool cut = steps[n] == (is(Fault::never_ends) ? 30'000 : 30) && !ends;
        if (is(Fault::never_ends)) at[n] = std::clamp(at[n], -40.0, 40.0), steps[n] = 1;
        if (!is(Fault::unwritten_reward)) out.reward[k] = is(Fault::huge_reward) && steps[n] == 3 ? 1e39 : at[n];
        if (is(Fault::reward_by_range)) out.reward[k] += 0.001 * static_cast<double>(range.begin);
        if (!is(Fault::unwritten_flag)) out.terminated[k] = ends ? (is(Fault::flag_of_255) ? 255 : 1) : 0;
        out.truncated[k] = cut || (ends && is(Fault::both_flags)) ? 1 : 0;
        if (!is(Fault::unwritten_observation)) observe(n, out.observation, j);
        if (is(Fault::out_of_bounds) && steps[n] == 5) out.observation(0, j) = 51;
        if (!ends && !cut) return;
        if (!is(Fault::unwritten_final)) observe(n, out.final_observation, j);
        if (cut && !is(Fault::unwritten_final_mask)) mask_one(n, out.final_mask, j);
        if (is(Fault::final_by_range) && range.begin > 0) out.final_observation(0, j) += 0.001F;
        if (is(Fault::flags_by_range) && range.begin > 0 && ends) {
            std::swap(out.terminated[k], out.truncated[k]);
            mask_one(n, out.final_mask, j);
        }
        start(n, out.observation, j);
    }
};

/// The same, not to be copied.
struct UniqueWalks : Walks {
    using Walks::Walks;
    std::unique_ptr<int> handle = std::make_unique<int>(0);
};

/// Copies share where they stand.
struct SharedWalks {
    std::shared_ptr<Walks> walks = std::make_shared<Walks>(Fault::none);
    Index size() const { return walks->size(); }
    std::uint64_t seed() const { return 0; }
    Index shards() const { return 1; }
    Box observation_space() const { return walks->observation_space(); }
    Discrete action_space() const { return walks->action_space(); }
    void reset(Range range, MatrixRef<float> observation) { walks->reset(range, observation); }
    void step(Range range, const ConstActionView& actions, StepView& out) {
        Matrix<std::uint8_t> room(3, range.size());
        StepView own = out;
        new (&own.final_mask) MatrixMap<std::uint8_t>(room.data(), 3, range.size());
        walks->step(range, actions, own);
    }
};

}  // namespace

TEST_CASE("check_env accepts sound vectors of environments, also such as cannot be copied") {
    CHECK_NOTHROW(check_env(Walks(Fault::none)));
    UniqueWalks unique(Fault::none);
    CHECK_NOTHROW(check_env(unique));
    CHECK_NOTHROW(check_env(CartPoleBatch({.count = 20, .seed = 1})));
    CHECK_NOTHROW(check_env(Vectorized(TimeLimit(MaskedGrid{}, 40), {.count = 5}), {.steps = 500}));
    const Vectorized many(gradiva_test::Corridor{}, {.count = 3});
    CHECK_NOTHROW(check_env(many, {.steps = 1000, .seed = 9}));
}

TEST_CASE("check_env names what a vector of environments does wrong, whether it is copied or not") {
    const std::vector<std::pair<Fault, const char*>> faults = {
        {Fault::both_flags, "is both terminated and truncated"},
        {Fault::flag_of_255, "gave terminated = 255 and truncated = 0 in step "},
        {Fault::unwritten_flag,
         "gave terminated = 255 and truncated = 0 in step 1, or did not write them; write 0 or 1"},
        {Fault::unwritten_observation, "gave observation[0] = nan in step (step 1), or did not write it"},
        {Fault::unwritten_final, "gave observation[0] = nan in the last observation (step "},
        {Fault::unwritten_final_mask,
         "gave a mask of 255 for choice 0 in the last step of an episode, or did not write it"},
        {Fault::unwritten_reset, "gave observation[1] = nan in reset (step 0), or did not write it"},
        {Fault::unwritten_mask, "gave a mask of 255 for choice 1 in reset"},
        {Fault::mask_of_2, "gave a mask of 2 for choice 1 in reset"},
        {Fault::mask_changes, "two calls of action_mask after reset (step 0) differ for environment "},
        {Fault::no_legal, "without a legal action in step"},
        {Fault::huge_reward,
         "gave a reward of 1e+39 in step 3, or did not write it; give a number that is finite as a float"},
        {Fault::unwritten_reward, "gave a reward of nan in step 1"},
        {Fault::out_of_bounds, "gave observation[0] = 51 in step (step 5), outside [-50, 50]"},
        {Fault::never_ends, "no episode ended within 200 steps"},
        {Fault::space_changes, "the spaces or their bounds, or the number of environments, are others than at first"},
        {Fault::action_space_changes, "the spaces or their bounds, or the number of environments, are others"},
        {Fault::size_changes, "the spaces or their bounds, or the number of environments, are others than at first"},
        {Fault::no_environments, "there are 0 environments; give at least 1"},
        {Fault::no_shards, "shards() is 0; give at least 1"},
        {Fault::second_reset_unwritten, "gave observation[1] = nan in reset (step 200), or did not write it"},
    };
    for (const auto& [fault, text] : faults) {
        CAPTURE(text);
        CHECK_THROWS_WITH(check_env(Walks(fault), {.steps = 200}), ContainsText("check_env: ") && ContainsText(text));
        UniqueWalks unique(fault);
        CHECK_THROWS_WITH(check_env(unique, {.steps = 200}), ContainsText("check_env: ") && ContainsText(text));
    }
    for (const Fault fault : {Fault::writes_others, Fault::flags_by_number, Fault::rewards_beyond}) {
        CHECK_THROWS_WITH(check_env(Walks(fault)), ContainsText("writes what belongs to others"));
    }
    for (const Fault fault : {Fault::one_generator, Fault::depends_on_range, Fault::reward_by_range,
                              Fault::flags_by_range, Fault::final_by_range, Fault::mask_by_range}) {
        CHECK_THROWS_WITH(check_env(Walks(fault)),
                          ContainsText("check_env: of two copies that are stepped in turn, one as a whole and one in 3 "
                                       "parts, environment "));
    }
    CHECK_THROWS_WITH(check_env(Walks(Fault::reset_by_range)), ContainsText("differs, first in step 0;"));
    CHECK_THROWS_WITH(check_env(Walks(Fault::second_reset_by_range), {.steps = 200}),
                      ContainsText("differs, first in step 201;"));
    CHECK_THROWS_WITH(check_env(SharedWalks{}), ContainsText("let copies and environments share nothing"));
}

TEST_CASE("check_env sends a vector of environments real numbers as policies sample them, beyond bounds too") {
    struct Strict {
        bool clips;
        Index size() const { return 1; }
        std::uint64_t seed() const { return 0; }
        Index shards() const { return 1; }
        Box observation_space() const { return {.size = 1}; }
        Box action_space() const { return {.size = 1, .low = {-1}, .high = {1}}; }
        void reset(Range, MatrixRef<float> observation) { observation(0, 0) = 0; }
        void step(Range, const ConstActionView& actions, StepView& out) {
            const float action = actions.reals(0, 0);
            if (!clips && (action < -1 || action > 1)) throw std::out_of_range("beyond the motor's range");
            out.observation(0, 0) = out.final_observation(0, 0) = std::clamp(action, -1.0F, 1.0F);
            out.reward[0] = 0, out.terminated[0] = 1, out.truncated[0] = 0;
        }
    };
    CHECK_NOTHROW(check_env(Strict{true}));
    CHECK_THROWS_WITH(check_env(Strict{false}), ContainsText("check_env: step (step ") &&
                                                    ContainsText(") of environments 0 to 0 threw: beyond the motor's"));
}

TEST_CASE("check_env tries a Vectorized of what cannot be copied") {
    struct Unique : gradiva_test::Corridor {
        std::unique_ptr<int> handle = std::make_unique<int>(0);
    };
    Vectorized envs([](Index) { return Unique{}; }, {.count = 3});
    static_assert(!std::is_copy_constructible_v<decltype(envs)> && std::is_move_constructible_v<decltype(envs)>);
    static_assert(std::is_copy_constructible_v<Vectorized<gradiva_test::Corridor>>);
    CHECK_NOTHROW(check_env(envs, {.steps = 1000}));
}

TEST_CASE("A factory that returns a reference makes copies of what it refers to") {
    gradiva_test::Corridor one;
    Vectorized envs([&](Index) -> gradiva_test::Corridor& { return one; }, {.count = 2});
    CHECK(&envs[0] != &envs[1]);
    CHECK_NOTHROW(check_env([&](Index) -> const gradiva_test::Corridor& { return one; }));
}

TEST_CASE("A vector of environments is tried until a million of their steps, with an episode that ended") {
    CHECK(detail::is_tried(1000, 1000, 1));
    CHECK(!detail::is_tried(1000, 999, 1));
    CHECK(!detail::is_tried(1000, 1000, 0));
}

TEST_CASE("A step view without room for masks has none") {
    MatrixBuffer<float> observation(2, 3);
    const StepView view{observation.matrix(), observation.matrix(), {}, {}, {}};
    CHECK(view.final_mask.data() == nullptr);
    CHECK(view.final_mask.rows() == 0);
    CHECK(view.final_mask.cols() == 0);
}
