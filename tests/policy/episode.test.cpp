#include "gradiva/policy/episode.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("an episode begins with a state of zeros in its policy's scalar type, and can begin again") {
    Episode episode = Episode::of<double>(3);
    CHECK(episode.state_size() == 3);
    CHECK(episode.state<float>().empty());
    const std::span<double> state = episode.state<double>();
    REQUIRE(state.size() == 3);
    CHECK(std::count(state.begin(), state.end(), 0.0) == 3);
    state[1] = 2;
    const Episode& fixed = episode;
    CHECK(fixed.state<double>()[1] == 2);
    CHECK(fixed.state<float>().empty());
    episode.restart();
    CHECK(std::count(state.begin(), state.end(), 0.0) == 3);
}

TEST_CASE("a copy of an episode has a state of its own, in the same place when it is assigned again") {
    Episode episode = Episode::of<float>(2);
    episode.state<float>()[0] = 1;
    Episode copy = episode;
    episode.state<float>()[0] = 5;
    CHECK(copy.state<float>()[0] == 1);
    const float* const place = copy.state<float>().data();
    copy = episode;
    CHECK(copy.state<float>()[0] == 5);
    CHECK(copy.state<float>().data() == place);
    const Episode taken = std::move(episode);
    CHECK(taken.state<float>()[0] == 5);
}

TEST_CASE("an episode of a policy without memory has no state") {
    Episode episode;
    CHECK(episode.state_size() == 0);
    episode.restart();
    CHECK(Episode::of<float>(0).state<float>().empty());
}
