#include "gradiva/callbacks/doctor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/critic.hpp"

using namespace gradiva;

namespace {

/// Episodes of 8 steps that pay `scale` for action 1 at an even step and for action 0 at an odd one, and, unless
/// `pays`, nothing. Shows whether the step is even, a large number, and a constant.
struct Parity {
    static constexpr bool saved_as_bytes = true;
    double scale = 1;
    bool pays = true;
    int at = 0;

    Box observation_space() const { return {.size = 3}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        at = 0;
        observe(observation);
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        const bool right = (action == 1) == (at % 2 == 0);
        ++at;
        observe(observation);
        return {.reward = pays && right ? scale : 0, .terminated = at == 8};
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = at % 2 == 0 ? 1.0F : -1.0F;
        observation[1] = at % 2 == 0 ? 4000.0F : 3000.0F;
        observation[2] = 7;
    }
};

struct Training {
    Parity parity = {};
    PpoClipOptions options = {.horizon = 16, .minibatch = 32, .epochs = 4, .learning_rate = 3e-3};
    Mlp network = {.hidden = {8}, .inputs = Range{0, 1}};
    PolicyMeasures measures = {};  ///< of the first iteration

    /// The names of the rules that were broken, each once, in 200 iterations.
    std::vector<std::string_view> run(std::uint64_t seed) {
        Vectorized envs(parity, {.count = 4, .seed = seed});
        Actor actor(envs, network);
        Critic critic(envs, network);
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.9}, options);
        Doctor doctor(nullptr);
        const auto keep = [&](const Progress& progress) {
            if (progress.iteration == 1) measures = doctor.measures();
        };
        trainer.train({.steps = 200 * 64}, doctor, keep);
        std::vector<std::string_view> names;
        for (const Finding& finding : doctor.findings()) {
            if (finding.begins) names.push_back(finding.rule->name);
        }
        return names;
    }
};

bool has(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("the doctor says that nothing is paid, and finds no fault where a policy learns") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        CHECK(has(Training{.parity = {.pays = false}}.run(seed), "no_signal"));
        Training healthy;
        for (const std::string_view name : healthy.run(seed)) {
            const auto rule = std::find_if(std::begin(doctor_rules), std::end(doctor_rules),
                                           [&](const DoctorRule& r) { return r.name == name; });
            CAPTURE(std::string(name));
            CHECK(rule->severity == Severity::hint);
        }
    }
}

TEST_CASE("the doctor names value targets of extreme scale") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        Training training;
        training.parity.scale = 1e4;
        training.options.learning_rate = 1e-9;
        CHECK(has(training.run(seed), "value_targets_extreme"));
    }
}

TEST_CASE("the doctor names a policy that does not move") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        Training training;
        training.options.learning_rate = 1e-9;
        CHECK(has(training.run(seed), "kl_zero"));
    }
}

TEST_CASE("the doctor measures observations, units and what the policy makes of them") {
    Training training;
    training.run(1);
    CHECK(training.measures.observation_constant == 1);
    CHECK(training.measures.observation_extreme > 3000);
    CHECK(training.measures.observation_extreme < 4000);
    CHECK(training.measures.dead_units == 0);
    CHECK(training.measures.policy_information > 0);
    CHECK(std::isnan(training.measures.actions_at_bounds));

    Training saturated;
    saturated.network.inputs = Range{1, 2};
    saturated.run(1);
    CHECK(saturated.measures.dead_units > 0.5);
    CHECK(saturated.measures.policy_information < 1e-6);
}

TEST_CASE("the doctor of a resumed training counts its steps once, and of one without an end none") {
    const auto started = [](Index done, Index before) {
        Progress progress{.steps = done};
        Run run("PpoClip", progress, {.steps = 1000});
        const Index lifetime = before + done;
        run.count_steps_in(lifetime);
        Doctor doctor(nullptr);
        doctor.on_start(run);
        return image_of(doctor);
    };
    const StateImage fresh = started(0, 0), resumed = started(500, 0), later = started(0, 500);
    const auto equal = [](const StateImage& a, const StateImage& b) {
        for (std::size_t i = 0; i < a.arrays().size(); ++i) {
            const StateArray &l = a.arrays()[i], &r = b.arrays()[i];
            if (l.bytes != r.bytes || !std::equal(l.data, l.data + l.bytes, r.data)) return false;
        }
        return true;
    };
    CHECK(equal(fresh, resumed));
    CHECK_FALSE(equal(fresh, later));
    Progress progress;
    Run endless("PpoClip", progress, {.steps = std::numeric_limits<Index>::max()});
    CHECK_THROWS_WITH(Doctor(nullptr).on_start(endless), Catch::Matchers::Contains("give a Learner schedule_steps"));
}
