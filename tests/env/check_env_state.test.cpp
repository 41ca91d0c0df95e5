// What `check_env` finds out about state that can be saved: whether it is all of it.
#include "catch.hpp"

#include <array>
#include <span>
#include <string>

#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"

using namespace gradiva;

namespace {

enum class Member { none, steps, episodes, total, paid, forbidden, copied };

/// Counts its steps, its episodes and the steps of all of them; ends after 6 steps. Its state leaves out, or does not
/// restore, what is `missing`.
template <Member missing>
struct Counting {
    int steps = 0, paid = 0, forbidden = 0;
    int episodes = 0, total = 0;
    int options = 3;

    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 3}; }
    void reset(Rng&, std::span<float> o) {
        ++episodes;
        steps = 0;
        observe(o);
    }
    Outcome step(int action, Rng& rng, std::span<float> o) {
        ++total;
        paid = (paid + action) % 4;
        forbidden = static_cast<int>(rng.below(3));
        const bool ends = ++steps == 6;
        observe(o);
        return {.reward = static_cast<double>(paid), .truncated = ends};
    }
    void action_mask(std::span<std::uint8_t> legal) const { legal[static_cast<std::size_t>(forbidden)] = 0; }

    void visit_state(State& state) {
        state.fixed("options", options);
        if (missing != Member::steps) state("steps", steps);
        if (missing != Member::episodes) state("episodes", episodes);
        if (missing != Member::total) state("total", total);
        if (missing != Member::forbidden) state("forbidden", forbidden);
        int copy = paid;
        if (missing != Member::paid) state("paid", missing == Member::copied ? copy : paid);
    }

private:
    void observe(std::span<float> o) const {
        o[0] = static_cast<float>(episodes);
        o[1] = static_cast<float>(total);
    }
};

struct Plain {
    int at = 0;
    static constexpr bool saved_as_bytes = true;

    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> o) {
        at = 0;
        o[0] = 0;
    }
    Outcome step(int, Rng&, std::span<float> o) {
        o[0] = static_cast<float>(++at);
        return {.terminated = at == 5};
    }
};

std::string error_of(const auto& env, const CheckEnvOptions& options) {
    try {
        check_env(env, options);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

template <Member missing>
std::string error_of_counting() {
    return error_of(Counting<missing>{}, {.steps = 300, .independent_episodes = false});
}

/// Two as one; if `complete` is false, the second is left out of the state.
struct Pair {
    std::array<Counting<Member::none>, 2> env;
    std::array<Rng, 2> rng{Rng(1, Purpose::environment, 0), Rng(1, Purpose::environment, 1)};
    bool complete = true;

    Index size() const { return 2; }
    std::uint64_t seed() const { return 1; }
    Index shards() const { return 2; }
    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 3}; }
    void reset(Range range, MatrixRef<float> o) {
        for (Index j = 0; j < range.size(); ++j) reset_one(range.begin + j, o, j);
    }
    void step(Range range, const ConstActionView& actions, StepView& out) {
        for (Index j = 0; j < range.size(); ++j) {
            const auto i = static_cast<std::size_t>(range.begin + j), k = static_cast<std::size_t>(j);
            const Outcome outcome = env[i].step(actions.integers(0, j), rng[i], {out.observation.col(j).data(), 2});
            out.reward[k] = outcome.reward;
            out.terminated[k] = outcome.terminated;
            out.truncated[k] = outcome.truncated;
            if (!outcome.truncated) continue;
            out.final_observation.col(j) = out.observation.col(j);
            reset_one(range.begin + j, out.observation, j);
        }
    }
    void visit_state(State& state) {
        state.each("rng", 2, [&](Index i) { rng[static_cast<std::size_t>(i)].visit_state(state); });
        state.each("env", complete ? 2 : 1, [&](Index i) { env[static_cast<std::size_t>(i)].visit_state(state); });
    }

private:
    void reset_one(Index i, MatrixRef<float>& o, Index j) {
        const auto k = static_cast<std::size_t>(i);
        env[k].reset(rng[k], {o.col(j).data(), 2});
    }
};

}  // namespace

TEST_CASE("check_env accepts state that is complete") {
    CHECK(error_of_counting<Member::none>().empty());
    CHECK(error_of(TimeLimit(Counting<Member::none>{}, 4), {.steps = 300, .independent_episodes = false}).empty());
    CHECK(error_of(Plain{}, {.steps = 300}).empty());
    CHECK(error_of(CartPoleBatch({.count = 3, .limit = 20}), {.steps = 300}).empty());
    CHECK(error_of(Vectorized(TimeLimit(Counting<Member::none>{}, 4), {.count = 3}), {.steps = 300}).empty());
    CHECK(error_of(Pair{}, {.steps = 300}).empty());
}

TEST_CASE("check_env says in which step what is missing in the state shows, and in what") {
    const auto begins = ContainsText("check_env: an environment that is restored as another was after step ");
    const auto advises = ContainsText("; let visit_state show all that reset, step and action_mask read and change");
    CHECK_THAT(error_of_counting<Member::steps>(), begins && ContainsText("where truncated is ") && advises);
    CHECK_THAT(error_of_counting<Member::episodes>(), begins && ContainsText("where observation[0] is ") && advises);
    CHECK_THAT(error_of_counting<Member::total>(), begins && ContainsText("where observation[1] is ") && advises);
    CHECK_THAT(error_of_counting<Member::paid>(), begins && ContainsText("where the reward is ") && advises);
    CHECK_THAT(error_of_counting<Member::forbidden>(), begins && ContainsText("where legal[") && advises);
}

TEST_CASE("check_env refuses state that is not restored") {
    CHECK_THAT(error_of_counting<Member::copied>(),
               ContainsText("check_env: paid of a restored environment is not what was saved; let visit_state show "
                            "members, not copies of them"));
}

TEST_CASE("check_env notices a mask that environments as one do not restore") {
    Vectorized envs(TimeLimit(Counting<Member::forbidden>{}, 4), {.count = 3});
    CHECK_THAT(error_of(envs, {.steps = 300}), ContainsText("environments that are restored as others were"));
}

TEST_CASE("check_env says which of several environments is missing in the state") {
    Pair pair;
    pair.complete = false;
    CHECK_THAT(error_of(pair, {.steps = 300}),
               ContainsText("check_env: environments that are restored as others were after step ") &&
                   ContainsText("environment 1 first, in step ") && ContainsText("; let visit_state show all"));
}
