#include "gradiva/env/env_state.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/env/saved_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct NoMembers {
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> o) { o[0] = 0; }
    Outcome step(int, Rng&, std::span<float> o) { return o[0] = 0, Outcome{}; }
};

struct Shown : Ticker {
    void visit_state(State& state) {
        state.fixed("length", length);
        state("episode", episode);
        state("at", at);
    }
};

struct Bytes : Ticker {
    static constexpr bool saved_as_bytes = true;
};

struct Generic : Ticker {
    void visit_state(auto& state) { state("at", at); }
};

struct SaysNo : Ticker {
    static constexpr bool saved_as_bytes = false;
};

template <class E>
struct Renamed : Wrapper<E> {
    using Wrapper<E>::Wrapper;
};

template <class E>
struct Larger : Wrapper<E> {
    using Wrapper<E>::Wrapper;
    bool flag = false;
};

template <class E>
struct LargerAndShown : Larger<E> {
    using Larger<E>::Larger;
    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state("flag", this->flag);
    }
};

}  // namespace

TEST_CASE("the state of an environment can be saved where its type is empty or says how") {
    STATIC_REQUIRE(HasSavedState<NoMembers>);
    STATIC_REQUIRE(HasSavedState<Shown>);
    STATIC_REQUIRE(HasSavedState<Bytes>);
    STATIC_REQUIRE(HasSavedState<Generic>);
    STATIC_REQUIRE_FALSE(HasSavedState<Ticker>);
    STATIC_REQUIRE_FALSE(HasSavedState<SaysNo>);
    STATIC_REQUIRE(is_env<Shown> && is_env<Bytes> && is_env<Generic> && is_env<SaysNo>);
}

TEST_CASE("a wrapper has a state exactly where its environment has one, and shows what it adds") {
    STATIC_REQUIRE(HasSavedState<TimeLimit<Renamed<Shown>>>);
    STATIC_REQUIRE(HasSavedState<TimeLimit<Bytes>>);
    STATIC_REQUIRE(HasSavedState<Wrapper<NoMembers>>);
    STATIC_REQUIRE_FALSE(MentionsVisitState<Renamed<Ticker>>);
    STATIC_REQUIRE_FALSE(MentionsVisitState<TimeLimit<Ticker>>);
    STATIC_REQUIRE_FALSE(HasSavedState<TimeLimit<Renamed<Ticker>>>);
    STATIC_REQUIRE_FALSE(HasSavedState<Larger<Shown>>);
    STATIC_REQUIRE_FALSE(HasSavedState<Larger<NoMembers>>);
    STATIC_REQUIRE_FALSE(HasSavedState<TimeLimit<Larger<Shown>>>);
    STATIC_REQUIRE(HasSavedState<TimeLimit<LargerAndShown<Shown>>>);
    STATIC_REQUIRE_FALSE(HasSavedState<LargerAndShown<Ticker>>);
    STATIC_REQUIRE(is_env<Larger<Shown>>);  // that it cannot be saved matters only where it is
}

TEST_CASE("environments as one can be saved where each of them can") {
    STATIC_REQUIRE(HasSavedVectorState<Vectorized<TimeLimit<Shown>>>);
    STATIC_REQUIRE(HasSavedVectorState<Vectorized<NoMembers>>);
    STATIC_REQUIRE_FALSE(HasSavedVectorState<Vectorized<Ticker>>);
    STATIC_REQUIRE_FALSE(HasSavedVectorState<Vectorized<TimeLimit<Larger<Shown>>>>);
    STATIC_REQUIRE(explain_saved_vector_env<Vectorized<TimeLimit<Bytes>>>());
    struct Derived : Vectorized<Ticker> {};
    STATIC_REQUIRE(HasVisitState<Derived>);
    STATIC_REQUIRE_FALSE(HasSavedVectorState<Derived>);
}

TEST_CASE("an environment saved as bytes is restored from them, and an empty one has no pieces") {
    TimeLimit<Bytes> saved({}, 5), other({}, 5);
    saved.wrapped().id = 3;
    saved.wrapped().at = 2;
    const StateImage image = image_of(saved);
    CHECK(image.find("wrapped/bytes")->bytes == static_cast<Index>(sizeof(Bytes)));
    restore("test", image, other);
    CHECK(other.wrapped().id == 3);
    CHECK(other.wrapped().at == 2);
    TimeLimit<NoMembers> empty({}, 5);
    const StateImage of_empty = image_of(empty);
    CHECK(of_empty.arrays().size() == 2);
    CHECK(of_empty.find("limit")->fixed);
    CHECK(of_empty.find("steps") != nullptr);
}
