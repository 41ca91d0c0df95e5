#include "../../examples/mujoco_env.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include <gradiva/core/threads.hpp>
#include <gradiva/env/check_env.hpp>
#include <gradiva/env/time_limit.hpp>
#include <gradiva/env/vectorized.hpp>

#include "catch.hpp"
#include "helpers/largest.hpp"
#include "helpers/resumed.hpp"
#include "helpers/temporary_path.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;
using example::load_mujoco_model;
using example::MujocoEnv;
using example::MujocoModel;
using example::MujocoOptions;
using gradiva_test::refusal_of;
using gradiva_test::resumed_difference;

namespace {

/// A file that holds a model for as long as a test lasts.
class ModelFile {
public:
    explicit ModelFile(const std::string& text) : path_(gradiva_test::temporary_path("model.xml")) {
        std::ofstream(path_) << text;
    }
    ModelFile(const ModelFile&) = delete;
    ModelFile& operator=(const ModelFile&) = delete;
    ~ModelFile() { std::filesystem::remove(path_); }

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

std::string body(const std::string& rest, const std::string& before = "") {
    return "<mujoco><option timestep='0.01' gravity='0 0 0'/>" + before +
           "<worldbody><body><joint name='x' type='slide' axis='1 0 0'/><joint name='y' type='slide' axis='0 1 0'/>"
           "<geom size='0.1' mass='2'/></body></worldbody>" +
           rest + "</mujoco>";
}

/// A mass of 2 kg that two forces push over a plane without friction: up to 3 N along x, any along y.
const std::string puck =
    body("<actuator><motor joint='x' ctrllimited='true' ctrlrange='-1 3'/><motor joint='y'/></actuator>",
         "<compiler autolimits='false'/>");

MujocoModel load(const std::string& text) {
    const ModelFile file(text);
    return load_mujoco_model(file.path());
}

std::string error_of(const auto& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no Error";
}

}  // namespace

TEST_CASE("A MuJoCo model's spaces follow from its joints and actuators") {
    const MujocoModel model = load(puck);
    const MujocoEnv env(model);
    CHECK(env.observation_space() == Box{.size = 3});
    CHECK(MujocoEnv(model, {.skipped_positions = 0}).observation_space().size == 4);
    CHECK(MujocoEnv(model, {.skipped_positions = 2}).observation_space().size == 2);
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK(env.action_space() == Box{.size = 2, .low = {-1, -infinity}, .high = {3, infinity}});
}

TEST_CASE("A mass under constant force moves, is observed and rewarded as Newton says") {
    MujocoEnv env(
        load(puck),
        {.frame_skip = 4, .forward_reward = 2, .control_cost = 0.25, .reset_noise = 0, .skipped_positions = 0});
    Rng rng;
    std::array<float, 4> observation{};
    env.reset(rng, observation);
    CHECK(observation == std::array<float, 4>{});
    const std::array action{3.0F, -8.0F};
    const Outcome outcome = env.step(action, rng, observation);
    // Semi-implicit Euler, n steps of h: v = n a h, x = a h^2 n (n + 1) / 2.
    const double h = 0.01, ax = 1.5, ay = -4, v = 4 * h, x = h * h * 10;
    CHECK(std::abs(observation[0] - ax * x) < 1e-7);
    CHECK(std::abs(observation[1] - ay * x) < 1e-7);
    CHECK(std::abs(observation[2] - ax * v) < 1e-7);
    CHECK(std::abs(observation[3] - ay * v) < 1e-7);
    CHECK(std::abs(outcome.reward - (2 * ax * x / (4 * h) - 0.25 * (9 + 64))) < 1e-9);
    CHECK_FALSE(outcome.terminated);
    CHECK_FALSE(outcome.truncated);
}

TEST_CASE("A MuJoCo episode starts with uniform noise on positions and normal noise on velocities") {
    MujocoEnv env(load(puck), {.reset_noise = 0.5, .skipped_positions = 0});
    Rng rng(1);
    std::array<float, 4> observation{};
    double most = 0, position_squares = 0, velocity_squares = 0;
    const int resets = 4000;
    for (int i = 0; i < resets; ++i) {
        env.reset(rng, observation);
        for (std::size_t k = 0; k < 2; ++k) {
            const double position = observation[k], velocity = observation[k + 2];
            most = std::max(most, std::abs(position));
            position_squares += position * position / (2 * resets);
            velocity_squares += velocity * velocity / (2 * resets);
        }
    }
    CHECK(most <= 0.5);
    // Within 4 standard errors of a variance: of x^2 they are sigma^2 sqrt(4/5 / n) and sigma^2 sqrt(2 / n).
    CHECK(std::abs(position_squares - 0.25 / 3) < 4 * 0.25 / 3 * std::sqrt(0.8 / (2 * resets)));
    CHECK(std::abs(velocity_squares - 0.25) < 4 * 0.25 * std::sqrt(2.0 / (2 * resets)));
}

TEST_CASE("A MuJoCo environment keeps the contract, and its copies go their own ways") {
    const MujocoEnv prototype(load(puck));
    CHECK_NOTHROW(check_env(TimeLimit(prototype, 50), {.steps = 500}));

    MujocoEnv first = prototype;
    Rng rng(1);
    std::array<float, 3> observation{}, copied{}, again{};
    first.reset(rng, observation);
    CHECK(first.data().geom_xpos[0] == first.data().qpos[0]);  // what follows from the state follows it
    MujocoEnv second = first;
    const std::array push{1.0F, 1.0F}, pull{-1.0F, 1.0F};
    first.step(push, rng, observation);
    second.step(pull, rng, copied);
    CHECK(observation != copied);
    second = first;
    first.step(push, rng, observation);
    second.step(push, rng, again);
    CHECK(observation == again);
    CHECK(&first.model() == &second.model());
}

TEST_CASE("A MuJoCo environment goes on from its saved state with the same bits") {
    const MujocoModel falling = load(
        "<mujoco><size nuserdata='2'/><worldbody><geom type='plane' size='5 5 1'/><body name='box' pos='0 0 0.15'>"
        "<freejoint/><geom type='box' size='0.1 0.1 0.1'/></body><body><joint name='arm' axis='0 1 0'/><geom "
        "fromto='0 0 1 0.5 0 1' type='capsule' size='0.05'/></body><body name='target' mocap='true' pos='1 1 1'>"
        "<geom size='0.1' contype='0' conaffinity='0'/></body></worldbody><equality><weld body1='box' body2='target'/>"
        "</equality><actuator><general joint='arm' dyntype='filter' dynprm='0.3'/></actuator></mujoco>");
    CHECK(resumed_difference(TimeLimit(MujocoEnv(falling), 40)).empty());
    MujocoEnv saved(falling), restored(falling);
    // What a program may set besides.
    saved.data().time = 3;
    saved.data().ctrl[0] = 2;
    saved.data().qfrc_applied[1] = 0.1;
    saved.data().xfrc_applied[7] = 0.2;
    saved.data().mocap_pos[2] = 0.5;
    saved.data().mocap_quat[1] = 0.1;
    saved.data().userdata[1] = 9;
#if mjVERSION_HEADER >= 300
    saved.data().eq_active[0] = 0;
#endif
    restore("test", image_of(saved), restored);
#if mjVERSION_HEADER >= 300
    CHECK(restored.data().eq_active[0] == 0);
#endif
    CHECK(restored.data().time == 3);
    CHECK(restored.data().ctrl[0] == 2);
    CHECK(restored.data().qfrc_applied[1] == 0.1);
    CHECK(restored.data().xfrc_applied[7] == 0.2);
    CHECK(restored.data().mocap_pos[2] == 0.5);
    CHECK(restored.data().mocap_quat[1] == 0.1);
    CHECK(restored.data().userdata[1] == 9);
}

TEST_CASE("A MuJoCo environment of another model or other options is not restored") {
    const MujocoEnv env(load(puck));
    const auto refusal = [&](const MujocoOptions& options) { return refusal_of(env, MujocoEnv(load(puck), options)); };
    CHECK(refusal({}).empty());
    CHECK_THAT(refusal({.frame_skip = 4}), ContainsText("options/frame_skip is 5 where it was saved and 4 here"));
    CHECK_THAT(refusal({.forward_reward = 2}), ContainsText("options/forward_reward is 1 where"));
    CHECK_THAT(refusal({.control_cost = 0}), ContainsText("options/control_cost is 0.1 where"));
    CHECK_THAT(refusal({.reset_noise = 0}), ContainsText("options/reset_noise is 0.1 where"));
    CHECK_THAT(refusal({.skipped_positions = 0}), ContainsText("options/skipped_positions is 1 where"));
    const auto other = [](const std::string& from, const std::string& to) {
        std::string text = puck;
        text.replace(text.find(from), from.size(), to);
        return MujocoEnv(load(text));
    };
    CHECK_THAT(refusal_of(env, other("timestep='0.01'", "timestep='0.02'")),
               ContainsText("model/timestep is 0.01 where it was saved and 0.02 here"));
    CHECK_THAT(refusal_of(env, other("<motor joint='y'/>", "")), ContainsText("model/nu is 2 where"));
    CHECK_THAT(refusal_of(env, other("gravity='0 0 0'", "gravity='0 0 1'")),
               ContainsText("model/gravity[2] is 0 where it was saved and 1 here"));
    CHECK_THAT(refusal_of(env, other("mass='2'", "mass='3'")),
               ContainsText("model/body_mass[1] is 2 where it was saved and 3 here"));
    CHECK_THAT(refusal_of(env, other("size='0.1' mass='2'", "size='0.2' mass='2'")),
               ContainsText("model/body_inertia["));
    CHECK_THAT(refusal_of(env, other("<joint name='y'", "<joint damping='2' name='y'")),
               ContainsText("model/dof_damping[1] is 0 where it was saved and 2 here"));
    CHECK_THAT(refusal_of(env, other("<geom", "<geom friction='0.5 0.1 0.1'")),
               ContainsText("model/geom_friction[0] is 1 where it was saved and 0.5 here"));
    CHECK_THAT(refusal_of(env, other("<motor joint='y'", "<motor gear='4' joint='y'")),
               ContainsText("model/actuator_gear[6] is 1 where it was saved and 4 here"));
    const std::string slide = "<joint name='y' type='slide' axis='0 1 0'/>";
    CHECK_THAT(refusal_of(env, other(slide, slide + "<joint type='slide' axis='0 0 1'/>")),
               ContainsText("model/nq is 2 where"));
    const MujocoEnv four(load(body("<actuator><motor joint='x'/></actuator>",
                                   "<worldbody><body pos='0 0 5'><joint type='ball'/><geom size='0.1'/></body>"
                                   "</worldbody>")));
    const MujocoEnv six(load(body("<actuator><motor joint='x'/></actuator>",
                                  "<worldbody><body pos='0 0 5'><joint type='slide'/><joint/><joint axis='1 0 0'/>"
                                  "<joint axis='0 1 0'/><geom size='0.1'/></body></worldbody>")));
    CHECK_THAT(refusal_of(four, six), ContainsText("model/nv is 5 where it was saved and 6 here"));
}

TEST_CASE("MuJoCo environments that threads step beside each other give what one thread gives", "[threads]") {
    const auto trace = [](Index threads) {
        Vectorized envs(MujocoEnv(load(puck)), {.count = 16, .seed = 1});
        Threads pool(threads);
        MatrixBuffer<float> observation(3, 16), last(3, 16);
        ActionBatch actions({.reals = 2}, 16);
        MatrixMap<float>(actions.all().reals).setConstant(0.5F);
        std::vector<double> rewards(16);
        std::vector<std::uint8_t> terminated(16), truncated(16);
        pool.run(envs.shards(), [&](Index shard) {
            const Range range = piece(16, envs.shards(), shard);
            envs.reset(range, observation.columns(range));
            const auto from = static_cast<std::size_t>(range.begin), count = static_cast<std::size_t>(range.size());
            StepView out{observation.columns(range), last.columns(range), std::span(rewards).subspan(from, count),
                         std::span(terminated).subspan(from, count), std::span(truncated).subspan(from, count)};
            for (int t = 0; t < 50; ++t) envs.step(range, std::as_const(actions).columns(range), out);
        });
        return std::pair(Matrix<float>(observation.matrix()), rewards);
    };
    const auto alone = trace(1), together = trace(3);
    CHECK(alone.first == together.first);
    CHECK(alone.second == together.second);
}

TEST_CASE("A model that MuJoCo cannot read is an Error with MuJoCo's words") {
    const std::string missing = error_of([] { load_mujoco_model("/nowhere/model.xml"); });
    CHECK_THAT(missing, ContainsText("/nowhere/model.xml cannot be loaded") && ContainsText("FILE_NOT_FOUND"));
    CHECK(missing.find('\n') == std::string::npos);
    CHECK_THAT(error_of([] { load("<mujoco><worldbody>"); }),
               ContainsText("cannot be loaded") && ContainsText("worldbody"));
    CHECK_THAT(error_of([] { load("<mujoco><rope/></mujoco>"); }),
               ContainsText("unrecognized element") && ContainsText("rope"));
}

TEST_CASE("A model whose first step raises a warning is an Error with MuJoCo's words") {
    std::string heavy = puck;
    heavy.replace(heavy.find("0 0 0"), 5, "1e30 0 0");
    CHECK_THAT(error_of([&] { load(heavy); }), ContainsText("cannot be simulated") && ContainsText("QACC at DOF 0"));
}

TEST_CASE("A model with nothing to move is an Error") {
    CHECK_THAT(error_of([] { load("<mujoco><worldbody><geom size='1'/></worldbody></mujoco>"); }),
               ContainsText("has no joints"));
    CHECK_THAT(error_of([] { load(body("")); }), ContainsText("has no actuators"));
}

TEST_CASE("MuJoCo options out of range are an Error that names them") {
    const MujocoModel model = load(puck);
    CHECK_THAT(error_of([&] { MujocoEnv(model, {.frame_skip = 0}); }), ContainsText("frame_skip is 0"));
    CHECK_THAT(error_of([&] { MujocoEnv(model, {.reset_noise = -1}); }), ContainsText("reset_noise is -1"));
    CHECK_THAT(error_of([&] { MujocoEnv(model, {.skipped_positions = 3}); }),
               ContainsText("skipped_positions is 3") && ContainsText("0 to 2"));
}

TEST_CASE("A simulation that becomes unstable is an Error without a log file, and a reset mends it") {
    std::filesystem::remove("MUJOCO_LOG.TXT");
    MujocoEnv env(load(body("<actuator><motor joint='y' gear='0 0 0 0 0 0'/><motor joint='x' gear='1e9'/></actuator>")),
                  {.frame_skip = 1});
    Rng rng(1);
    std::array<float, 3> observation{};
    env.reset(rng, observation);
    const std::array rest{0.0F, 0.0F}, push{0.0F, 1e9F};
    const std::array undefined{0.0F, std::numeric_limits<float>::quiet_NaN()};
    CHECK_THAT(error_of([&] { env.step(undefined, rng, observation); }), ContainsText("CTRL at ACTUATOR 1"));
    env.reset(rng, observation);
    CHECK_THAT(error_of([&] { env.step(push, rng, observation); }), ContainsText("QACC at DOF 0"));
    env.reset(rng, observation);
    CHECK_NOTHROW(env.step(rest, rng, observation));
    env.data().qvel[1] = 9e9;  // still allowed; what it leads to is not
    env.data().qpos[1] = 9.95e9;
    CHECK_THAT(error_of([&] { env.step(rest, rng, observation); }), ContainsText("qpos[1] is"));
    env.reset(rng, observation);
    CHECK_NOTHROW(env.step(rest, rng, observation));
    CHECK_FALSE(std::filesystem::exists("MUJOCO_LOG.TXT"));
}

TEST_CASE("An error inside MuJoCo neither ends the program nor writes a log file, and a reset mends it") {
    std::filesystem::remove("MUJOCO_LOG.TXT");
    // Enough memory for ten balls in the air, too little for their contacts with the ground.
    std::string balls = "<mujoco><size nstack='2000'/><worldbody><geom type='plane' size='50 50 1'/>";
    for (int i = 0; i < 10; ++i) {
        balls += "<body pos='" + std::to_string(i) + " 0 0.2'><joint name='z" + std::to_string(i) +
                 "' type='slide' axis='0 0 1'/><joint type='ball'/><geom size='0.1'/></body>";
    }
    MujocoEnv env(load(balls + "</worldbody><actuator><motor joint='z0'/></actuator></mujoco>"), {.reset_noise = 0});
    Rng rng;
    std::vector<float> observation(static_cast<std::size_t>(env.observation_space().size));
    const std::array rest{0.0F};
    for (int episode = 0; episode < 2; ++episode) {
        env.reset(rng, observation);
        CHECK_NOTHROW(env.step(rest, rng, observation));
        const std::string fallen = error_of([&] {
            for (int t = 0; t < 100; ++t) env.step(rest, rng, observation);
        });
        CHECK_THAT(fallen, ContainsText("MuJoCo: ") && ContainsText("tack overflow"));
    }
    CHECK_FALSE(std::filesystem::exists("MUJOCO_LOG.TXT"));
}

#ifdef GRADIVA_HALF_CHEETAH_XML
TEST_CASE("HalfCheetah equals Gymnasium's in observations and rewards, step by step and over a whole run") {
    const reference::Table table =
        reference::read_csv(GRADIVA_SOURCE_DIR "/tests/reference/half_cheetah_gymnasium.csv");
    REQUIRE(table.rows.size() == 201);
    const auto at = [&](std::size_t row, const char* name, std::size_t i = 0) {
        return table.rows[row][table.column(name) + i];
    };
    const bool whole_run = GENERATE(true, false);
    MujocoEnv env(load_mujoco_model(GRADIVA_HALF_CHEETAH_XML));
    REQUIRE(env.observation_space().size == 17);
    REQUIRE(env.action_space() == Box{.size = 6, .low = std::vector(6, -1.0F), .high = std::vector(6, 1.0F)});
    Rng rng;
    std::array<float, 17> observation{};
    env.reset(rng, observation);
    double largest = 0;
    for (std::size_t t = 1; t < table.rows.size(); ++t) {
        if (t == 1 || !whole_run) {
            env.data().qpos[0] = at(t - 1, "x");
            for (std::size_t i = 0; i < 8; ++i) env.data().qpos[i + 1] = at(t - 1, "o0", i);
            for (std::size_t i = 0; i < 9; ++i) env.data().qvel[i] = at(t - 1, "o8", i);
            mj_forward(&env.model(), &env.data());
        }
        std::array<float, 6> action{};
        for (std::size_t i = 0; i < 6; ++i) action[i] = static_cast<float>(at(t, "a0", i));
        const Outcome outcome = env.step(action, rng, observation);
        largest = gradiva_test::largest_of(largest, std::abs(outcome.reward - at(t, "reward")),
                                           std::abs(env.data().qpos[0] - at(t, "x")));
        for (std::size_t i = 0; i < 17; ++i) {
            largest = gradiva_test::largest_of(largest, std::abs(static_cast<double>(observation[i]) - at(t, "o0", i)));
        }
    }
    INFO("largest difference " << largest);
    CHECK(largest < 1e-5);
}
#endif
