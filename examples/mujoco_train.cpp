// A MuJoCo model learns to run by PPO, as Gymnasium's HalfCheetah does: forward, fast, with little force.
//
// What continuous control needs besides PPO itself: observations and rewards normalised by their running moments, and
// first actions that scatter little within their bounds. The rewards that are printed and logged are the raw ones.
// (Andrychowicz et al., "What Matters for On-Policy Deep Actor-Critic Methods?", 2021, which recommends both.)

#include <CLI/CLI.hpp>

#include "mujoco_env.hpp"
#include "numbers.hpp"
#include "program.hpp"

namespace {

struct Options : example::Options {
    std::string model = {};
    gradiva::Index episode = 1000;
    example::MujocoOptions task = {};
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    Options options;
    options.steps = 1'000'000;
    CLI::App app("A MuJoCo model learns to run by PPO; the defaults are those of Gymnasium's HalfCheetah-v5");
    app.option_defaults()->always_capture_default();
    app.add_option("--model", options.model, "the model, in MuJoCo's XML format");
    app.add_option("--frame-skip", options.task.frame_skip, "simulated time steps per action")
        ->check(example::whole_number<gradiva::Index>(1, 1'000'000));
    app.add_option("--forward-reward", options.task.forward_reward, "weight of the velocity of the first position")
        ->check(example::finite_number());
    app.add_option("--control-cost", options.task.control_cost, "weight of the sum of squared actions")
        ->check(example::finite_number());
    app.add_option("--reset-noise", options.task.reset_noise, "of the first state")->check(example::finite_number());
    app.add_option("--skip-positions", options.task.skipped_positions, "first positions that are not observed")
        ->check(example::whole_number<gradiva::Index>(0, 1'000'000));
    app.add_option("--episode", options.episode, "steps of an episode")
        ->check(example::whole_number<gradiva::Index>(1, 1'000'000'000));
    example::add_options(app, options);
    example::parse(app, argc, argv);
    return options;
}

example::MujocoModel load(const std::string& path) {
    gradiva::require(!path.empty(),
                     "mujoco_train: no model; give one by --model FILE.xml. HalfCheetah's is in the Python package "
                     "gymnasium:\n"
                     "  pip download --no-deps gymnasium==1.4.0\n"
                     "  unzip -j gymnasium-1.4.0-py3-none-any.whl gymnasium/envs/mujoco/assets/half_cheetah.xml\n"
                     "  mujoco_train --model half_cheetah.xml");
    return example::load_mujoco_model(path);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace gradiva;
    const Options options = read_options(argc, argv);
    return example::run([&] {
        TimeLimit task(example::MujocoEnv(load(options.model), options.task), options.episode);
        Vectorized envs(task, {.count = options.envs, .seed = options.seed});
        const Mlp mlp{.hidden = {64, 64}, .normalize_observations = true};
        Actor actor(envs, mlp, DiagonalGaussian<float>(envs.action_space().size, -1));  // log-std
        Critic critic(envs, mlp);
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.92},
                        {.clip = 0.2,
                         .horizon = 256,
                         .minibatch = std::min<Index>(64, 256 * options.envs),
                         .epochs = 10,
                         .learning_rate = Linear{3e-4, 0},
                         .normalize_rewards = true,
                         .threads = options.threads});
        auto json_log = example::train(trainer, options, task);
        example::save(options, actor, critic);
        example::print_result(options, evaluate(actor, task, {.episodes = 20, .seed = options.seed}), json_log);
    });
}
