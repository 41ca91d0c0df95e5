#include "gradiva/env/metrics.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/checked_envs.hpp"
#include "gradiva/env/clip_reward.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/measured.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Counts resets, and measures that behind what its environment measures. As in the comment of Wrapper.
template <class E>
struct Counted : Wrapper<E> {
    using Wrapper<E>::Wrapper;
    int resets = 0;

    static constexpr auto metric_names = metric_names_and<E>("resets");
    void metrics(std::span<double> out) const { write_metrics(this->wrapped(), out)[0] = resets; }
    void reset(Rng& rng, std::span<float> observation) {
        ++resets;
        this->wrapped().reset(rng, observation);
    }
};
template <class E>
Counted(E) -> Counted<E>;

/// What an environment measures where it stands.
template <class E>
std::vector<double> metrics_of(const E& env) {
    std::vector<double> all(to_size(metric_count<E>), not_a_number);
    CHECK(write_metrics(env, all).empty());
    return all;
}

template <class E>
std::vector<std::string> names_of() {
    return {metric_names_of<E>().begin(), metric_names_of<E>().end()};
}

using Names = std::vector<std::string>;

struct Unmeasured : Ticker {
    static constexpr std::array<std::string_view, 0> metric_names{};
    void metrics(std::span<double>) const {}
};

}  // namespace

TEST_CASE("an environment has as many metrics as names, which may be none, and at most 64") {
    STATIC_REQUIRE((HasMetrics<Measured> && metric_count<Measured> == 2));
    STATIC_REQUIRE((!HasMetrics<Ticker> && metric_count<Ticker> == 0));
    STATIC_REQUIRE((HasMetrics<Unmeasured> && metric_count<Unmeasured> == 0));
    STATIC_REQUIRE(is_env<Unmeasured>);
    CHECK(names_of<Measured>() == Names{"episode", "steps"});
    CHECK(names_of<Ticker>().empty());
    CHECK_NOTHROW(check_env(Unmeasured{}, {.independent_episodes = false}));
}

TEST_CASE("a name is not empty and has no character that ends a name elsewhere") {
    const auto valid = [](std::string_view name) { return detail::are_metric_names(std::array{name}); };
    CHECK(valid(std::string(64, 'a')));
    CHECK(!valid(std::string(65, 'a')));
    for (const char* name : {"a", "success", "m/s", "a.b-c_d", "50%", "<b>",
                             "gr\xC3\xB6\xC3\x9F"
                             "e"}) {
        CAPTURE(name);
        CHECK(valid(name));
    }
    for (const char* name : {"", "a b", "a,b", "a\"", "a=b", "a\nb", "\t", "a\x7F"}) {
        CAPTURE(name);
        CHECK(!valid(name));
    }
    using Two = std::array<std::string_view, 2>;
    CHECK(detail::are_metric_names(Two{"a", "b"}));
    CHECK(!detail::are_metric_names(Two{"a", "a"}));
    CHECK(!detail::are_metric_names(Two{"a", ""}));
}

TEST_CASE("wrappers hand metrics on exactly where their environment has them, and may add their own") {
    STATIC_REQUIRE(!HasMetrics<TimeLimit<Ticker>>);
    STATIC_REQUIRE(!detail::MentionsMetrics<FrameStack<Ticker>>);
    STATIC_REQUIRE(!detail::MentionsMetricNames<FrameStack<Ticker>>);
    Counted env(TimeLimit(FrameStack(ClipReward(Measured{}), 2), 2));
    using E = decltype(env);
    STATIC_REQUIRE(is_env<E>);
    CHECK(names_of<E>() == Names{"episode", "steps", "resets"});
    CHECK(names_of<Counted<Ticker>>() == Names{"resets"});
    CHECK(names_of<Vectorized<E>>() == names_of<E>());
    STATIC_REQUIRE(!detail::MentionsMetricNames<Vectorized<Ticker>>);
    Rng rng;
    std::array<float, 6> observation{};
    env.reset(rng, observation);
    env.reset(rng, observation);
    env.step(0, rng, observation);
    CHECK(metrics_of(env) == std::vector<double>{1, 1, 2});
    CHECK(metrics_of(env.wrapped()) == std::vector<double>{1, 1});
    std::vector<double> more(5, not_a_number);
    CHECK(write_metrics(env.wrapped(), more).data() == more.data() + 2);
}

namespace {

/// Two steps of `Measured` environments of these lengths by hand; the metrics that they write.
Matrix<double> written(Index rows) {
    static constexpr std::array<Index, 3> lengths{2, 3, 1};
    Vectorized envs(measured(lengths), {.count = 3});
    ActionBatch actions({.integers = 1}, 3);
    actions.all().integers.setZero();
    MatrixBuffer<float> observation(3, 3), final_observation(3, 3);
    MatrixBuffer<double> metrics(rows, 3);
    std::vector<double> reward(3);
    std::vector<std::uint8_t> terminated(3), truncated(3);
    envs.reset({0, 3}, observation.matrix());
    for (int t = 0; t < 2; ++t) {
        metrics.matrix().setConstant(-1);
        StepView out{observation.matrix(), final_observation.matrix(), reward, terminated, truncated, {nullptr, 0, 0},
                     metrics.matrix()};
        envs.step({0, 3}, std::as_const(actions).all(), out);
    }
    return metrics.matrix();
}

}  // namespace

TEST_CASE("Vectorized asks for metrics where an episode ended, before the reset, and where there is room for them") {
    const Matrix<double> metrics = written(2);
    CHECK((metrics(0, 0) == 0 && metrics(1, 0) == 2));
    CHECK((metrics(0, 1) == -1 && metrics(1, 1) == -1));
    CHECK((metrics(0, 2) == 201 && metrics(1, 2) == 1));
    CHECK(written(0).size() == 0);
}

namespace {

/// Ends after 5 steps; measures in a wrong way.
enum class Mistake { none, infinite, unwritten, beyond, before, by_call, changes };
struct Wrong {
    Mistake fault = Mistake::none;
    mutable int calls = 0;
    mutable double at = 0;

    static constexpr std::array<std::string_view, 2> metric_names{"first", "second"};
    void metrics(std::span<double> out) const {
        out[0] = fault == Mistake::by_call ? ++calls : 1;
        if (fault != Mistake::unwritten)
            out[1] = fault == Mistake::infinite ? std::numeric_limits<double>::infinity() : at;
        if (fault == Mistake::beyond) out.data()[2] = 0;
        if (fault == Mistake::before) out.data()[-1] = 0;
        if (fault == Mistake::changes) ++calls;
    }
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng& rng, std::span<float> o) {
        o[0] = static_cast<float>(at = rng.uniform()) + static_cast<float>(calls);
    }
    Outcome step(int, Rng&, std::span<float> o) {
        o[0] = static_cast<float>(++at);
        return {.reward = 1, .terminated = at > 5};
    }
};

}  // namespace

TEST_CASE("check_env tries metrics") {
    CHECK_NOTHROW(check_env(Wrong{}, {.steps = 500}));
    const auto error = [](Mistake fault) {
        try {
            check_env(Wrong{.fault = fault}, {.steps = 500, .independent_episodes = fault != Mistake::changes});
        } catch (const Error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK_THAT(error(Mistake::infinite), ContainsText("check_env: metric second after step 5 (action"));
    CHECK_THAT(error(Mistake::infinite), ContainsText("is inf, or was not written; write a finite number"));
    CHECK_THAT(error(Mistake::unwritten), ContainsText("is nan, or was not written"));
    CHECK_THAT(error(Mistake::beyond), ContainsText("writes outside its 2 elements"));
    CHECK_THAT(error(Mistake::before), ContainsText("writes outside its 2 elements"));
    CHECK_THAT(error(Mistake::by_call), ContainsText("two calls of metrics after step 5"));
    CHECK_THAT(error(Mistake::changes),
               ContainsText("check_env: an environment whose metrics are asked for more often gives other numbers"));
}

namespace {

/// One step an episode, with one metric, which environment 2 of 4 may fail to write, or write as infinite.
struct Many {
    double written = 0;
    bool writes = true;
    bool writes_beyond = false;

    static constexpr std::array<std::string_view, 1> metric_names{"height"};
    Index size() const { return 4; }
    std::uint64_t seed() const { return 0; }
    Index shards() const { return 4; }
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Range, MatrixRef<float> observation) { observation.setZero(); }
    void step(Range range, const ConstActionView&, StepView& out) {
        out.observation.setZero();
        out.final_observation.setZero();
        for (Index j = 0; j < range.size(); ++j) {
            out.reward[to_size(j)] = 0;
            out.terminated[to_size(j)] = 1;
            out.truncated[to_size(j)] = 0;
            if (range.begin + j != 2) out.metrics(0, j) = 7;
            if (range.begin + j == 2 && writes) out.metrics(0, j) = written;
        }
        if (writes_beyond && range.end < 4) out.metrics.data()[range.size()] = 7;
    }
};
static_assert(is_vector_env<Many>);

}  // namespace

TEST_CASE("check_env tries the metrics of environments as one") {
    CHECK_NOTHROW(check_env(Many{}, {.steps = 20}));
    CHECK_THROWS_WITH(check_env(Many{.written = not_a_number}, {.steps = 20}),
                      ContainsText("check_env: environment 2 gave metric height = nan in step 1"));
    CHECK_THROWS_WITH(check_env(Many{.writes = false}, {.steps = 20}), ContainsText("or did not write it"));
    CHECK_THROWS_WITH(check_env(Many{.writes_beyond = true}, {.steps = 20}),
                      ContainsText("writes what belongs to others"));
}

TEST_CASE("a metric that is not finite or not written is an error that names environment and metric") {
    const auto step = [](Many envs) {
        CheckedEnvs<Many, float> checked("test", envs, {1, 4});
        MatrixBuffer<float> observation(1, 3);
        MatrixBuffer<std::uint8_t> mask(0, 3);
        Buffer<float> reward(3);
        Buffer<std::uint8_t> terminated(3), truncated(3);
        ActionBatch actions({.integers = 1}, 3);
        const StepTarget<float> target{observation.matrix(), mask.matrix(), reward.data(), terminated.data(),
                                       truncated.data()};
        checked.reset({1, 4}, observation.matrix(), mask.matrix());
        std::vector<double> all;
        for (int t = 0; t < 2; ++t) {
            if (t == 1) envs.writes = envs.written != 5;  // after an episode in which it did
            checked.step({1, 4}, std::as_const(actions).all(), target);
            checked.for_each_ended({1, 4}, target,
                                   [&](Index, const auto&, auto, auto, std::span<const double> metrics) {
                                       all.insert(all.end(), metrics.begin(), metrics.end());
                                   });
        }
        return all;
    };
    CHECK(step({.written = 3}) == std::vector<double>{7, 3, 7, 7, 3, 7});
    CHECK_THROWS_WITH(step({.written = not_a_number}),
                      "test: environment 2 gave metric height = nan at the end of an episode, or did not write it; "
                      "write finite numbers");
    CHECK_THROWS_WITH(step({.written = -std::numeric_limits<double>::infinity()}),
                      ContainsText("environment 2 gave metric height = -inf"));
    CHECK_THROWS_WITH(step({.written = 5}), ContainsText("environment 2 gave metric height = nan"));
}
