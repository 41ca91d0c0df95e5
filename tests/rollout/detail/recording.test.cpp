#include "gradiva/rollout/detail/recording.hpp"

#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/recorded_rollout.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;

namespace {

enum class End { terminated, truncated, open };

struct Length {
    int steps;
    End end;
};

/// Lines of environment n; its observations and rewards tell it from all others.
std::string lines(int n, const Length& length, int first_step = 0) {
    std::string text;
    for (int t = 0; t < length.steps; ++t) {
        const bool last = t + 1 == length.steps;
        text += fmt::format("{},{},{},{},-0.7,{},{},{},{}\n", n, first_step + t, n + 0.01 * t, t % 2, 1 + 0.1 * (n % 7),
                            last && length.end == End::terminated ? 1 : 0, last && length.end == End::truncated ? 1 : 0,
                            n + 0.01 * (t + 1));
    }
    return text;
}

const std::string header =
    "environment,step,observation_0,action_0,log_prob,reward,terminated,truncated,next_observation_0\n";

Rollout<float> read(const std::string& text) {
    const std::string path = gradiva_test::temporary_path("recording.csv");
    std::ofstream(path, std::ios::binary) << header << text;
    auto rollout = read_transitions(path, Box{.size = 1}, Discrete{.n = 2});
    std::filesystem::remove(path);
    return rollout;
}

Index room(const Rollout<float>& r) { return r.environments * r.horizon; }

/// One environment of many steps among many of few.
std::vector<Length> unequal(int count, int longest) {
    std::vector<Length> lengths;
    for (int n = 0; n < count; ++n) lengths.push_back({1 + n % 3, End(n % 3 == 0 ? 2 : n % 2)});
    lengths[static_cast<std::size_t>(count / 2)].steps = longest;
    return lengths;
}

std::string all_lines(const std::vector<Length>& lengths, int first_step = 0) {
    std::string text;
    for (std::size_t n = 0; n < lengths.size(); ++n) text += lines(static_cast<int>(n), lengths[n], first_step);
    return text;
}

}  // namespace

TEST_CASE("A rollout of very unequal environments takes no more room than four times its samples") {
    for (const int longest : {10, 100, 4000}) {
        const auto lengths = unequal(6000, longest);
        Index samples = 0;
        for (const Length& length : lengths) samples += length.steps;
        const auto r = read(all_lines(lengths));
        CAPTURE(longest, r.environments, r.horizon);
        CHECK(r.sample_count() == samples);
        CHECK(room(r) <= 4 * samples);
    }
}

TEST_CASE("Environments keep a column each where that leaves at most three quarters of a rollout empty") {
    CHECK(read(all_lines({{8, End::open}, {1, End::open}})).environments == 2);
    CHECK(read(all_lines({{4, End::open}, {4, End::open}, {3, End::open}})).environments == 3);
    // 8 environments of 8 steps against 8 + 7 + 1 samples, and one less
    std::vector<Length> lengths(8, {1, End::open});
    lengths[3].steps = 8;
    lengths[5].steps = 2;
    CHECK(read(all_lines(lengths)).environments == 8);
    lengths[5].steps = 1;
    CHECK(read(all_lines(lengths)).environments < 8);
    // One of 8 steps fills a column, 40 of one step five more.
    std::vector<Length> single(41, {1, End::terminated});
    single[0].steps = 8;
    CHECK(read(all_lines(single)).environments == 6);
}

TEST_CASE("Environments that share a column have the advantages that they have alone") {
    Critic critic(MlpNetwork<float>(1, 1, Mlp{.hidden = {8}}, Rng(1, Purpose::initialisation, 1)));
    for (float& weight : critic.weights()) weight += 0.2F;
    Threads threads(1);
    Estimator estimate(critic, threads);
    const Gae gae{.gamma = 0.99, .lambda = 0.95};
    for (const int first_step : {0, 7}) {
        const auto lengths = unequal(40, 50);
        auto together = read(all_lines(lengths, first_step));
        REQUIRE(together.environments < 40);
        estimate(together, gae);
        Index column = 0, t = 0, samples = 0, finished = 0, finished_steps = 0;
        for (std::size_t n = 0; n < lengths.size(); ++n) {
            auto alone = read(lines(0, lengths[n], first_step));
            // The same observations: those of environment 0, moved by n.
            for (Index i = 0; i <= alone.horizon; ++i) alone.observation(0, i) += static_cast<float>(n);
            for (Index i = 0; i < alone.final_observation.cols(); ++i) {
                alone.final_observation(0, i) += static_cast<float>(n);
            }
            for (Index i = 0; i < alone.horizon; ++i) {
                alone.reward(0, i) = static_cast<float>(1 + 0.1 * static_cast<double>(n % 7));
            }
            estimate(alone, gae);
            if (t + alone.horizon > together.horizon) {
                ++column;
                t = 0;
            }
            for (Index i = 0; i < alone.horizon; ++i, ++t, ++samples) {
                CAPTURE(n, i, column, t);
                REQUIRE(together.holds(t, column));
                const Index sample = t * together.environments + column;
                CHECK(together.observation(0, sample) == Catch::Approx(alone.observation(0, i)));
                CHECK(together.reward(column, t) == Catch::Approx(alone.reward(0, i)));
                CHECK(together.action.all().integers(0, sample) == alone.action.all().integers(0, i));
                CHECK(together.terminated(column, t) == alone.terminated(0, i));
                CHECK(together.advantage(column, t) == Catch::Approx(alone.advantage(0, i)).margin(1e-5));
                CHECK(together.value_target(column, t) == Catch::Approx(alone.value_target(0, i)).margin(1e-5));
            }
            finished += alone.finished.size();
            for (const FinishedEpisode& episode : alone.finished) finished_steps += episode.length;
        }
        for (const FinishedEpisode& episode : together.finished) finished_steps -= episode.length;
        CHECK(finished_steps == 0);
        CHECK(samples == together.sample_count());
        CHECK(together.finished.size() == finished);
        CHECK(together.starts_anew == (first_step == 0));
        CHECK_FALSE(together.whole_episodes);
    }
}

TEST_CASE("Whole episodes that share a column stay whole episodes of their own") {
    std::vector<Length> lengths;
    for (int n = 0; n < 60; ++n)
        lengths.push_back({n == 20 ? 40 : 1 + n % 2, n % 3 == 0 ? End::truncated : End::terminated});
    auto r = read(all_lines(lengths));
    REQUIRE(r.environments < 60);
    CHECK(r.whole_episodes);
    REQUIRE(r.finished.size() == 60);
    double steps = 0, sum = 0;
    for (const FinishedEpisode& episode : r.finished) {
        CHECK(episode.environment < r.environments);
        steps += static_cast<double>(episode.length);
        sum += episode.reward_sum;
    }
    CHECK(steps == static_cast<double>(r.sample_count()));
    double wanted = 0;
    for (int n = 0; n < 60; ++n) wanted += (1 + 0.1 * (n % 7)) * lengths[static_cast<std::size_t>(n)].steps;
    CHECK(sum == Catch::Approx(wanted));
}
