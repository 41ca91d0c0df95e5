#include "gradiva/rollout/recorded_rollout.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "helpers/small_disk.hpp"
#include "helpers/temporary_path.hpp"
#include "learning/matching.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A file of its own in the folder for temporary files, removed at the end.
struct TemporaryFile {
    explicit TemporaryFile(const std::string& name) : path(gradiva_test::temporary_path(name + ".csv")) {}
    ~TemporaryFile() { std::filesystem::remove(path); }

    void write(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }
    std::string text() const {
        std::ostringstream out;
        out << std::ifstream(path, std::ios::binary).rdbuf();
        return out.str();
    }

    std::string path;
};

/// Chooses uniformly and says so.
auto uniform(Index actions) {
    return [=](std::span<const float>, Rng& rng, ActionView& action) {
        action.integers(0, 0) = static_cast<int>(rng.below(actions));
        return -std::log(static_cast<double>(actions));
    };
}

/// Uniform on [-1, 1] in two dimensions.
double uniform_in_the_square(std::span<const float>, Rng& rng, ActionView& action) {
    for (Index i = 0; i < 2; ++i) action.reals(i, 0) = static_cast<float>(rng.uniform(-1, 1));
    return -2 * std::log(2.0);
}

template <class V, class Choose, class Collect>
Rollout<float> recorded(V& envs, Choose choose, const Collect& collect) {
    Threads threads;
    const Controller controller(envs, choose);
    Rollout rollout(envs, controller);
    Collector collector(envs, controller, threads);
    collect(collector, rollout);
    return rollout;
}

template <class Column>
bool same_bits(const Column& a, const Column& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

/// Everything that `collect` fills, but the observation after an episode's end at an environment's last sample: no
/// sample holds it. Those that ended in one time step are in order of environments.
void check_same(const Rollout<float>& a, const Rollout<float>& b, bool rewards_are_exact = true) {
    REQUIRE(a.environments == b.environments);
    REQUIRE(a.horizon == b.horizon);
    CHECK(a.observation_size == b.observation_size);
    CHECK(a.action_shape.integers == b.action_shape.integers);
    CHECK(a.action_shape.reals == b.action_shape.reals);
    CHECK(a.head.cols() == b.head.cols());
    REQUIRE(a.mask_size == b.mask_size);
    for (Index n = 0; n < a.environments; ++n) {
        for (Index t = 0; t < a.length[n]; ++t) {
            CHECK(same_bits(a.mask.column(t * a.environments + n), b.mask.column(t * a.environments + n)));
        }
    }
    CHECK(a.whole_episodes == b.whole_episodes);
    CHECK(a.length == b.length);
    CHECK(a.terminated == b.terminated);
    CHECK(a.truncated == b.truncated);
    CHECK(a.final_sample == b.final_sample);
    CHECK(same_bits(std::span(a.log_prob.data(), std::size_t(a.log_prob.matrix().size())),
                    std::span(b.log_prob.data(), std::size_t(b.log_prob.matrix().size()))));
    CHECK(same_bits(std::span(a.reward.data(), std::size_t(a.reward.matrix().size())),
                    std::span(b.reward.data(), std::size_t(b.reward.matrix().size()))));
    CHECK(a.log_ratio == b.log_ratio);
    REQUIRE(a.final_observation.cols() == b.final_observation.cols());
    for (Index i = 0; i < a.final_observation.cols(); ++i) {
        CHECK(same_bits(a.final_observation.column(i), b.final_observation.column(i)));
    }
    CHECK(a.action.all().integers == b.action.all().integers);
    CHECK(a.action.all().reals == b.action.all().reals);
    for (Index n = 0; n < a.environments; ++n) {
        const Index last = a.length[n] - 1;
        const bool ended = a.terminated(n, last) + a.truncated(n, last) > 0;
        for (Index t = 0; t < a.length[n] + (ended ? 0 : 1); ++t) {
            const Index column = t * a.environments + n;
            if (!same_bits(a.observation.column(column), b.observation.column(column))) {
                FAIL("observation of environment " << n << " at step " << t);
            }
        }
    }
    CHECK(b.observation.matrix().allFinite());
    REQUIRE(a.finished.size() == b.finished.size());
    for (Index i = 0; i < a.finished.size(); ++i) {
        CHECK(a.finished[i].environment == b.finished[i].environment);
        CHECK(a.finished[i].length == b.finished[i].length);
        if (rewards_are_exact) {
            CHECK(a.finished[i].reward_sum == b.finished[i].reward_sum);
        } else {
            CHECK(a.finished[i].reward_sum == Catch::Approx(b.finished[i].reward_sum).margin(1e-5));
        }
    }
}

const std::string header =
    "environment,step,observation_0,observation_1,action_0,log_prob,reward,terminated,truncated,"
    "next_observation_0,next_observation_1\n";
const Box two_numbers{.size = 2};
const Discrete three_actions{.n = 3};

Rollout<float> read(const std::string& text) {
    const TemporaryFile file("text");
    file.write(text);
    return read_transitions(file.path, two_numbers, three_actions);
}

/// That the text is refused, in a sentence that names the file and holds these parts.
void check_refused(const std::string& text, const std::vector<std::string>& parts) {
    const TemporaryFile file("refused");
    file.write(text);
    std::string what = "nothing";
    try {
        read_transitions(file.path, two_numbers, three_actions);
    } catch (const Error& error) {
        what = error.what();
    }
    CHECK_THAT(what, ContainsText("'" + file.path + "'"));
    for (const std::string& part : parts) CHECK_THAT(what, ContainsText(part));
}

const std::string good_line = "0,0,1,2,1,-1.5,0.5,0,0,3,4\n";

}  // namespace

TEST_CASE("What was collected in a fixed number of steps is read back as the same rollout") {
    Vectorized envs(Wanderer{.terminates = 0.2, .truncates = 0.2}, {.count = 4, .seed = 5});
    const TemporaryFile file("steps");
    const auto rollout = recorded(envs, uniform(3), [](auto& collect, auto& r) { collect.steps(r, 50); });
    REQUIRE(rollout.final_sample.size() > 10);
    write_transitions(file.path, rollout);
    check_same(rollout, read_transitions(file.path, envs), false);
}

TEST_CASE("Whole episodes of different lengths are read back as the same rollout") {
    Vectorized envs([](Index i) { return Ticker{.id = i, .length = 2 + i, .truncates = i % 2 == 1}; }, {.count = 4});
    const TemporaryFile file("episodes");
    const auto rollout = recorded(envs, uniform(2), [](auto& collect, auto& r) { collect.episodes(r, 3); });
    REQUIRE(rollout.whole_episodes);
    REQUIRE(rollout.length[3] > rollout.length[0]);
    write_transitions(file.path, rollout);
    check_same(rollout, read_transitions(file.path, envs));
}

namespace {

/// Moves by its action in the plane, ends at random.
struct Plane {
    float x = 0, y = 0;
    Box observation_space() const { return {.size = 2}; }
    Box action_space() const { return {.size = 2, .low = {-1}, .high = {1}}; }
    void reset(Rng& rng, std::span<float> observation) {
        x = static_cast<float>(rng.normal());
        y = -0.0F;
        observe(observation);
    }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> observation) {
        x += action[0];
        y += action[1];
        observe(observation);
        return {.reward = rng.normal(), .terminated = rng.uniform() < 0.1, .truncated = rng.uniform() < 0.1};
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = x;
        observation[1] = y;
    }
};

}  // namespace

TEST_CASE("Actions of a Box are read back as they were") {
    Vectorized envs(Plane{}, {.count = 3, .seed = 2});
    const TemporaryFile file("box");
    const auto rollout = recorded(envs, uniform_in_the_square, [](auto& collect, auto& r) { collect.steps(r, 40); });
    write_transitions(file.path, rollout);
    check_same(rollout, read_transitions(file.path, envs), false);
}

TEST_CASE("Written again, a rollout gives the same file") {
    Vectorized envs(Wanderer{}, {.count = 11, .seed = 3});
    const TemporaryFile first("first");
    const TemporaryFile second("second");
    write_transitions(first.path, recorded(envs, uniform(3), [](auto& c, auto& r) { c.steps(r, 20); }));
    write_transitions(second.path, read_transitions(first.path, envs));
    CHECK(first.text() == second.text());
}

TEST_CASE("A recording is written as it was read, line by line, whichever step its environments begin with") {
    const TemporaryFile file("by_line");
    for (const int step : {0, 1}) {
        const std::string text = fmt::format(
            "environment,step,observation_0,observation_1,observation_2,legal_0,legal_1,action_0,log_prob,reward,"
            "terminated,truncated,next_observation_0,next_observation_1,next_observation_2\n"
            "0,{0},1,2,0.5,1,0,0,-0.25,1.5,0,0,3,4,5\n"
            "0,{1},3,4,5,0,1,1,-0.5,0.125,0,1,6,7,8\n"
            "0,{2},9,9.5,-9,1,1,0,0,2,1,0,,,\n"
            "1,{0},-1,1.00000001e-07,3.00000006e+20,1,1,1,-1.75,-2,0,1,12,13,14\n"
            "1,{1},15,16,17,1,1,0,-1,0,0,0,18,19,20\n",
            step, step + 1, step + 2);
        file.write(text);
        const auto rollout = read_transitions(file.path, Masked{.n = 2});
        write_transitions(file.path, rollout);
        CHECK(file.text() == text);
    }
}

TEST_CASE("An actor's rollout keeps all but the heads") {
    Vectorized envs(Wanderer{}, {.count = 2, .seed = 4});
    const Actor actor(envs, Mlp{.hidden = {8}});
    Threads threads;
    Rollout rollout(envs, actor);
    Collector collect(envs, actor, threads);
    collect.episodes(rollout, 2);
    const TemporaryFile file("actor");
    write_transitions(file.path, rollout);
    const auto again = read_transitions(file.path, envs);
    CHECK(again.head_size == 0);
    check_same(rollout, again, false);
}

TEST_CASE("Extreme floats are read back to the bit") {
    const TemporaryFile file("extreme");
    Vectorized envs(Wanderer{}, {.count = 1});
    auto rollout = recorded(envs, uniform(3), [](auto& collect, auto& r) { collect.steps(r, 3); });
    using Limits = std::numeric_limits<float>;
    const float values[] = {-0.0F,    Limits::denorm_min(),      -Limits::max(), Limits::min(),
                            1.0F / 3, std::nextafter(1.0F, 2.0F)};
    for (Index i = 0; i < 6; ++i) rollout.observation.data()[i] = values[i];
    write_transitions(file.path, rollout);
    check_same(rollout, read_transitions(file.path, envs), false);
}

TEST_CASE("Lines of several environments may alternate, and lines may end as on Windows") {
    const auto r = read(
        "environment, step, observation_0, observation_1, action_0, log_prob, reward, terminated, "
        "truncated, next_observation_0, next_observation_1\r\n"
        "0,0,1,2,1,-1.5,0.5,0,0,3,4\r\n"
        "1,7,10,20,2,-1,1,0,1,30,40\r\n"
        "0,1,3,4,0,-0.5,2,1,0,,\r\n");
    CHECK(r.environments == 2);
    CHECK(r.horizon == 2);
    CHECK(r.length[0] == 2);
    CHECK(r.length[1] == 1);
    CHECK(r.action.all().integers(0, 0) == 1);
    CHECK(r.action.all().integers(0, 1) == 2);
    CHECK(r.action.all().integers(0, 2) == 0);
    CHECK(r.terminated(0, 1) == 1);
    CHECK(r.truncated(1, 0) == 1);
    CHECK(r.final_sample[0] == 1);
    CHECK(r.final_observation(1, 0) == 40);
    CHECK(r.terminated(1, 1) == 1);
    REQUIRE(r.finished.size() == 2);
    CHECK(r.finished[1].reward_sum == 2.5);
    CHECK(r.finished[1].length == 2);
    CHECK_FALSE(r.whole_episodes);  // environment 1 starts in the middle of an episode
}

TEST_CASE("Whole episodes are what starts at step 0 and ends with a flag, in every environment") {
    const std::string ends = "0,1,3,4,1,-1,0,1,0,,\n";
    CHECK(read(header + good_line + ends).whole_episodes);
    CHECK_FALSE(read(header + good_line).whole_episodes);
    CHECK_FALSE(read(header + good_line + ends + "1,0,1,2,1,-1,0,0,0,3,4\n").whole_episodes);
    CHECK_FALSE(read(header + "0,1,1,2,1,-1,0,1,0,,\n").whole_episodes);
    // Two environments, each of which may start within an episode and stop within one.
    for (int kind = 0; kind < 16; ++kind) {
        const int starts[] = {kind & 1, (kind >> 1) & 1}, stops[] = {(kind >> 2) & 1, (kind >> 3) & 1};
        std::string text = header;
        for (const int n : {0, 1}) {
            for (int t = 0; t < 2; ++t) {
                const bool ended = t == 1 && stops[n] == 0;
                text += fmt::format("{},{},{},0,1,-1,0,{},0,{},0\n", n, starts[n] + t, t, ended ? 1 : 0, t + 1);
            }
        }
        CAPTURE(text);
        const auto r = read(text);
        CHECK(r.starts_anew == (starts[0] + starts[1] == 0));
        CHECK(r.whole_episodes == (kind == 0));
        CHECK(r.finished.size() == 2 - stops[0] - stops[1]);
    }
}

TEST_CASE("A recording that stops in mid-episode has the same advantages alone and beside a longer one") {
    const auto transition = [](int environment, int t) {
        return fmt::format("{},{},{},0,-0.7,1,0,0,{}\n", environment, t + 1, t * 0.1 + environment,
                           (t + 1) * 0.1 + environment);
    };
    std::string alone =
        "environment,step,observation_0,action_0,log_prob,reward,terminated,truncated,next_observation_0\n";
    for (int t = 0; t < 3; ++t) alone += transition(0, t);
    std::string beside = alone;
    for (int t = 0; t < 6; ++t) beside += transition(1, t);
    Critic critic(MlpNetwork<float>(1, 1, Mlp{}, Rng(1, Purpose::initialisation, 1)));
    for (float& weight : critic.weights()) weight += 0.3F;
    Threads threads(1);
    const TemporaryFile file("unequal"), again("unequal_again");
    const float expected[] = {2.26F, 1.55F, 0.80F};
    for (const std::string& text : {alone, beside}) {
        file.write(text);
        auto rollout = read_transitions(file.path, Box{.size = 1}, Discrete{.n = 2});
        for (int round = 0; round < 2; ++round) {
            Estimator(critic, threads)(rollout, Gae{.gamma = 0.99, .lambda = 0.95});
            for (Index t = 0; t < 3; ++t) CHECK(rollout.advantage(0, t) == Catch::Approx(expected[t]).margin(0.01));
            CHECK(!rollout.starts_anew);
            CHECK(rollout.finished.empty());
            write_transitions(again.path, rollout);
            rollout = read_transitions(again.path, Box{.size = 1}, Discrete{.n = 2});
        }
    }
}

TEST_CASE("A recording keeps whether its environments had just been reset") {
    Vectorized envs(TimeLimit(Wanderer{}, 9), {.count = 3, .seed = 4});
    Threads threads;
    const Controller controller(envs, uniform(3));
    Rollout rollout(envs, controller);
    Collector collect(envs, controller, threads);
    const TemporaryFile file("starts");
    for (const bool anew : {true, false}) {
        collect.steps(rollout, 7);
        write_transitions(file.path, rollout);
        CHECK(read_transitions(file.path, envs).starts_anew == anew);
    }
    collect.episodes(rollout, 2);
    write_transitions(file.path, rollout);
    CHECK(read_transitions(file.path, envs).starts_anew);
    CHECK(read_transitions(file.path, envs).whole_episodes);
}

TEST_CASE("A file that is cut short is refused") {
    check_refused(header + good_line + "0,1,3,4,1,-1.", {"line 3", "the file ends in the middle", "0,1,3,4,1,-1."});
    check_refused(header + good_line + "0,1,3,4,1,-1,0,0,0,3,4", {"line 3", "the file ends in the middle"});
    check_refused("", {"line 1", "the file ends"});
    check_refused(header, {"holds no transition"});
    check_refused(header + "0,1,3,4\n", {"line 2", "has 4 cells", "column 5, action_0, is missing", "write all 11"});
    check_refused(header + "0,0,1,2,1,-1.5,0.5,0,0,3,4,5\n", {"line 2", "has 12 cells", "'5'"});
    check_refused(header + "\n", {"line 2", "column 2, step, is missing"});
}

TEST_CASE("Columns that are missing, or of another size, are refused") {
    check_refused("environment,step,observation_0,observation_1,action_0,reward,terminated,truncated\n",
                  {"line 1", "column 6 is 'reward' where 'log_prob' belongs", header.substr(0, header.size() - 1)});
    check_refused("environment,step,observation_0,action_0\n",
                  {"column 4 is 'action_0' where 'observation_1' belongs"});
    check_refused("environment,step,observation_0,observation_1,observation_2\n",
                  {"column 5 is 'observation_2' where 'action_0' belongs", "observations of 2 numbers"});
    check_refused(header.substr(0, header.size() - 1) + ",more\n", {"column 12 is 'more' where '' belongs"});
}

TEST_CASE("The columns of a large observation are named by the first and the last") {
    const TemporaryFile file("large");
    file.write("environment,step,reward\n");
    CHECK_THROWS_WITH(read_transitions(file.path, Box{.size = 7056}, MultiDiscrete{{2, 2}}),
                      ContainsText("name the columns environment,step,observation_0,...,observation_7055,action_0,"
                                   "action_1,log_prob,reward,terminated,truncated,next_observation_0,...,"
                                   "next_observation_7055"));
    // Up to 40 columns are all named; of more, three or more of a kind by the first and the last.
    CHECK_THROWS_WITH(read_transitions(file.path, Box{.size = 16}, MultiDiscrete{{2, 2}}),
                      ContainsText("observation_0,observation_1,observation_2,observation_3,"));
    CHECK_THROWS_WITH(read_transitions(file.path, Box{.size = 16}, MultiDiscrete{{2, 2, 2}}),
                      ContainsText("name the columns environment,step,observation_0,...,observation_15,action_0,...,"
                                   "action_2,log_prob,reward,terminated,truncated,next_observation_0,...,"
                                   "next_observation_15"));
    CHECK_THROWS_WITH(read_transitions(file.path, Box{.size = 1}, MultiDiscrete{std::vector<Index>(40, 2)}),
                      ContainsText("name the columns environment,step,observation_0,action_0,...,action_39,log_prob,"
                                   "reward,terminated,truncated,next_observation_0"));
}

TEST_CASE("Cells that are no numbers, or not finite, are refused by line, column and value") {
    check_refused(header + good_line + "0,1,3,x,1,-1,0,0,0,3,4\n",
                  {"line 3, column 4: observation_1 is 'x'", "write a number"});
    check_refused(header + "0,0,1,2,1,-1,,0,0,3,4\n", {"line 2, column 7: reward is ''"});
    check_refused(header + "0,0,1,2,1.5,-1,0,0,0,3,4\n", {"column 5: action_0 is '1.5'", "whole number"});
    check_refused(header + "0,0,1,2,1,-1,0,yes,0,3,4\n", {"column 8: terminated is 'yes'", "write 0 or 1"});
    check_refused(header + "0,0,nan,2,1,-1,0,0,0,3,4\n", {"column 3: observation_0 is 'nan'", "finite"});
    check_refused(header + "0,0,1,2,1,-1,inf,0,0,3,4\n", {"column 7: reward is 'inf'", "finite"});
    check_refused(header + "0,0,1,2,1,-1,1e39,0,0,3,4\n", {"column 7: reward is '1e39'", "32-bit"});
    check_refused(header + "0,0,1,2,1,nan,0,0,0,3,4\n", {"column 6: log_prob is 'nan'", "finite"});
    check_refused(header + "0,0,1,2,1,-inf,0,0,0,3,4\n",
                  {"column 6: log_prob is '-inf'", "record the finite log-probability"});
    check_refused(header + "0,0,1,2,1,0.33,0,0,0,3,4\n", {"column 6: log_prob is '0.33'", "logarithm"});
    check_refused(header + "0,0,1,2,1,-1,0,0,1,3,nan\n", {"column 11: next_observation_1 is 'nan'"});
    check_refused(header + "0,0,1,2,1,-1,0,0,0,,\n", {"column 10: next_observation_0 is ''"});
    check_refused(header + "0,0,1,2,1,-1,0,1,0,3,\n", {"column 11: next_observation_1 is ''"});
}

TEST_CASE("Spaces that cannot be are refused before a file is opened") {
    CHECK_THROWS_WITH(read_transitions("missing.csv", two_numbers, Discrete{.n = 0}),
                      ContainsText("read_transitions: the action space is Discrete with n = 0"));
    CHECK_THROWS_WITH(read_transitions("missing.csv", Box{.size = 0}, three_actions),
                      ContainsText("read_transitions: the observation space is a Box of size 0"));
}

TEST_CASE("Actions outside the space are refused") {
    check_refused(header + "0,0,1,2,3,-1,0,0,0,3,4\n", {"column 5: action_0 is '3'", "Discrete(3)", "from 0 to 2"});
    check_refused(header + "0,0,1,2,-1,-1,0,0,0,3,4\n", {"column 5: action_0 is '-1'"});
}

TEST_CASE("Rollouts of masked and of combined actions are read back as they were") {
    const auto first_legal = [](std::span<const float>, std::span<const std::uint8_t> legal, Rng&, ActionView& action) {
        int choice = 0;
        while (legal[static_cast<std::size_t>(choice)] == 0) ++choice;
        action.integers(0, 0) = choice;
        return 0.0;
    };
    const TemporaryFile file("combined");
    Vectorized masked(Masked{.n = 4}, {.count = 3, .seed = 1});
    const auto rollout = recorded(masked, first_legal, [](auto& collect, auto& r) { collect.episodes(r, 2); });
    write_transitions(file.path, rollout);
    CHECK_THAT(file.text(), ContainsText("observation_4,legal_0,legal_1,legal_2,legal_3,action_0,log_prob"));
    const auto again = read_transitions(file.path, masked);
    check_same(rollout, again, false);
    // No mask is recorded where an episode was cut short, or after a last sample: any action may be legal there.
    REQUIRE(again.final_mask.cols() > 0);
    CHECK(again.final_mask.cols() == rollout.final_mask.cols());
    CHECK(again.final_mask.rows() == 4);
    CHECK((again.final_mask.matrix().array() == 1).all());
    for (Index n = 0; n < 3; ++n) {
        for (const std::uint8_t legal : again.mask.column(again.length[n] * 3 + n)) CHECK(legal == 1);
    }

    Vectorized hybrid(TimeLimit(Matching<HybridSpace>{{{3}, {.size = 2}}}, 5), {.count = 2, .seed = 1});
    const auto any = [](std::span<const float>, Rng& rng, ActionView& action) {
        action.integers(0, 0) = static_cast<int>(rng.below(3));
        action.reals.col(0) << 0.25F, static_cast<float>(rng.normal());
        return -1.5;
    };
    const auto combined = recorded(hybrid, any, [](auto& collect, auto& r) { collect.episodes(r, 4); });
    write_transitions(file.path, combined);
    check_same(combined, read_transitions(file.path, hybrid), false);
}

TEST_CASE("An illegal action, or one outside a combined space, is refused") {
    const TemporaryFile file("illegal");
    file.write(
        "environment,step,observation_0,observation_1,legal_0,action_0,log_prob,reward,terminated,truncated,"
        "next_observation_0,next_observation_1\n0,0,1,0,0,0,-1,0,1,0,,\n");
    CHECK_THROWS_WITH(read_transitions(file.path, Masked{.n = 1}),
                      ContainsText("action_0 is '0'; legal_0 is 0: an illegal action cannot have been taken"));
    file.write(
        "environment,step,observation_0,action_0,action_1,log_prob,reward,terminated,truncated,next_observation_0\n"
        "0,0,1,2,2,-1,0,1,0,\n");
    CHECK_THROWS_WITH(
        read_transitions(file.path, Box{.size = 1}, MultiDiscrete{{3, 2}}),
        ContainsText("action_1 is '2'; the action space is MultiDiscrete(3, 2): give a number from 0 to 1"));
}

TEST_CASE("Steps that do not follow each other are refused") {
    check_refused(header + good_line + "0,2,3,4,1,-1,0,0,0,3,4\n",
                  {"line 3, column 2: step is '2'", "the next step of environment 0 is 1"});
    check_refused(header + "0,0,1,2,1,-1,0,1,0,,\n0,0,1,2,1,-1,0,1,0,,\n",
                  {"line 3", "count on through the ends of episodes"});
    check_refused(header + "0,-1,1,2,1,-1,0,1,0,,\n", {"step is '-1'"});
    check_refused(header + good_line + "2,0,3,4,1,-1,0,0,0,3,4\n", {"environment is '2'", "the next new one is 1"});
    check_refused(header + "-1,0,3,4,1,-1,0,0,0,3,4\n", {"environment is '-1'"});
}

TEST_CASE("No step follows the largest that there is") {
    const std::string last = "0,9223372036854775807,1,2,1,-1.5,0.5,0,0,3,4\n";
    CHECK(read(header + last).sample_count() == 1);
    for (const char* step : {"9223372036854775807", "0", "1"}) {
        check_refused(header + last + "0," + step + ",3,4,1,-1,0,0,0,3,4\n",
                      {"line 3, column 2: step is '" + std::string(step) + "'",
                       "no step can follow step 9223372036854775807 of environment 0"});
    }
    check_refused(header + "0,9223372036854775806,1,2,1,-1.5,0.5,0,0,3,4\n0,0,3,4,1,-1,0,0,0,3,4\n",
                  {"the next step of environment 0 is 9223372036854775807"});
    check_refused(header + "0,9223372036854775808,1,2,1,-1.5,0.5,0,0,3,4\n",
                  {"step is '9223372036854775808'", "a whole number from", "to 9223372036854775807"});
}

TEST_CASE("Numbers too small for a float or a double are 0, too large ones are refused as such") {
    for (const char* small : {"1e-50", "1e-400", "-1e-400", "0.001e-400"}) {
        const auto r = read(header + fmt::format("0,0,{},2,1,-1,{},0,0,3,4\n", small, small));
        CHECK(r.observation(0, 0) == 0);
        CHECK(r.reward(0, 0) == 0);
    }
    for (const char* large : {"1e39", "1e400", "-1e400"}) {
        check_refused(header + fmt::format("0,0,1,2,1,-1,{},0,0,3,4\n", large),
                      {fmt::format("reward is '{}'", large), "record finite numbers, in the range of a 32-bit float"});
    }
    check_refused(header + "0,0,1,2,1,-1e400,0,0,0,3,4\n", {"log_prob is '-1e400'", "finite"});
}

TEST_CASE("A byte order mark before the first line is skipped, and only there") {
    CHECK(read("\xEF\xBB\xBF" + header + good_line).observation(1, 0) == 2);
    check_refused(header + "\xEF\xBB\xBF" + good_line, {"line 2, column 1: environment is"});
    check_refused("\xEF\xBB\xBF\xEF\xBB\xBF" + header + good_line, {"line 1: column 1 is"});
}

TEST_CASE("A recording on a full disk ends with a whole line") {
    Vectorized envs(Wanderer{}, {.count = 50, .seed = 4});
    const auto rollout = recorded(envs, uniform(3), [](auto& collect, auto& r) { collect.steps(r, 100); });
    const TemporaryFile file("full");
    {
        const SmallDisk disk(100'000);
        CHECK_THROWS_WITH(write_transitions(file.path, rollout), ContainsText("is the disk full?"));
    }
    const auto read_back = read_transitions(file.path, envs);
    CHECK(read_back.sample_count() > 500);
    CHECK(read_back.reward(0, 0) == rollout.reward(0, 0));
}

TEST_CASE("An observation that does not go on from the one before is refused") {
    check_refused(header + good_line + "0,1,3,5,1,-1,0,0,0,3,4\n",
                  {"line 3, column 4: observation_1 is '5'", "line 2, the step before", "next_observation_1 = 4",
                   "mark that step"});
    check_refused(header + "0,0,1,2,1,-1,0,1,1,3,4\n", {"truncated is '1'", "write 0"});
    CHECK(read(header + "0,0,1,2,1,-1,0,1,0,3,4\n0,1,7,8,1,-1,0,0,0,3,4\n").observation(0, 1) == 7);
}

TEST_CASE("Paths that cannot be read or written are refused") {
    CHECK_THROWS_WITH(read_transitions("/no/such/file.csv", two_numbers, three_actions),
                      ContainsText("cannot open '/no/such/file.csv'"));
#if defined(__GLIBCXX__)  // other standard libraries take a folder for an empty file, or do not open it
    const std::string folder = std::filesystem::temp_directory_path().string();
    CHECK_THROWS_WITH(read_transitions(folder, two_numbers, three_actions),
                      ContainsText("reading '" + folder + "' failed at line 1"));
#endif
    Vectorized envs(Ticker{}, {.count = 1});
    const auto rollout = recorded(envs, uniform(2), [](auto& collect, auto& r) { collect.steps(r, 2); });
    CHECK_THROWS_WITH(write_transitions("/no/such/folder/file.csv", rollout), ContainsText("cannot write"));
    CHECK_THROWS_WITH(read_transitions("x.csv", Box{.size = 0}, three_actions), ContainsText("size 0"));
}

namespace {

struct Worth {
    double before;
    double after;
};

/// Learns the corridor from recorded steps of a uniform controller alone.
Worth learn_from_recording(std::uint64_t seed, int updates) {
    const TimeLimit corridor(Corridor{}, 40);
    const TemporaryFile file("learning");
    {
        Vectorized recorded_envs(corridor, {.count = 16, .seed = seed});
        write_transitions(file.path,
                          recorded(recorded_envs, uniform(2), [](auto& collect, auto& r) { collect.steps(r, 200); }));
    }
    Rollout<float> rollout = read_transitions(file.path, corridor);

    const Vectorized envs(corridor, {.count = 1, .seed = seed});  // for its spaces and seed
    Actor actor(envs, Mlp{.hidden = {16}});
    Critic critic(envs, Mlp{.hidden = {16}});
    Threads threads;
    Reweigher reweigh(actor, threads);
    Estimator estimate(critic, threads);
    Updater update(actor, critic, PolicyGradient{}, Adam(),
                   {.minibatch = all_samples, .epochs = 1, .learning_rate = 0.01, .normalize_advantage = true}, threads,
                   seed);
    const EvaluateOptions sampled{.episodes = 200, .greedy = false, .seed = seed};
    Worth worth{.before = evaluate(actor, corridor, sampled).mean_return, .after = 0};
    for (int i = 0; i < updates; ++i) {
        reweigh(rollout);
        estimate(rollout, VTrace{.gamma = 0.95});
        update(rollout);
    }
    worth.after = evaluate(actor, corridor, sampled).mean_return;
    return worth;
}

}  // namespace

TEST_CASE("The corridor is learned from recorded steps of a uniform controller") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const Worth worth = learn_from_recording(seed, 50);
        CAPTURE(seed, worth.before, worth.after);
        CHECK(worth.after > worth.before + 0.1);
        CHECK(worth.after > 0.9);
    }
}
