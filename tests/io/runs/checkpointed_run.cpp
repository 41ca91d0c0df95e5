// One training with a checkpoint, for tests that stop, kill and resume it in fresh processes.
//   checkpointed_run ROW FILE [steps=N] [threads=N] [stop=ITERATION] [fail=ITERATION] [every=ITERATIONS] [log=FILE]
//     [second=STEPS]
// Prints the iteration that was reached and hashes of all state, then in a second line how many episodes were truncated
// by this process.
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gradiva/core/state_difference.hpp"
#include "gradiva/gradiva.hpp"
#include "gradiva/io.hpp"
#include "own_parts.hpp"
#include "train/walks.hpp"

using namespace gradiva;

namespace {

struct Arguments {
    std::string file;
    Index steps = 4000, threads = 1, stop = -1, fail = 0, every = 10, second = 0;
    std::string log;
};

/// Stops before the first iteration, or after one.
struct StopAt {
    Index iteration;
    bool on_start(const Run&) const { return iteration != 0; }
    bool operator()(const Progress& progress) const { return progress.iteration != iteration; }
};

/// Trains, with all that can be given besides; prints what was reached.
template <class Trainer, class A>
void train(Trainer& trainer, const A& actor, const Arguments& arguments) {
    BestActor best(actor, {.at_least_episodes = 3});
    std::optional<CsvLog> log;
    if (!arguments.log.empty()) log.emplace(arguments.log);
    const StopAt stop{arguments.stop};
    const auto failing = [&](const Progress& progress) {
        require(progress.iteration != arguments.fail, "failed as asked for");
    };
    Index truncated = 0;
    const auto count = [&](const Progress& progress, const auto& trained) {
        if constexpr (requires { trained.rollout(); }) {
            truncated += trained.rollout().truncated.matrix().template cast<Index>().sum();
        } else {
            truncated = progress.episodes;  // all that AnalyticPolicyGradient ends
        }
    };
    const Checkpoint checkpoint(arguments.file, {.every_seconds = 1000, .every_iterations = arguments.every});
    Progress last = trainer.train({.steps = arguments.steps}, Checkpoint(checkpoint), best, log, failing, count, stop,
                                  StopOnSignal{});
    if (arguments.second > 0 && last.finished()) {
        last = trainer.train({.steps = arguments.second}, Checkpoint(checkpoint), best, log, failing, count, stop,
                             StopOnSignal{});
    }
    fmt::print("{} {:016x} {:016x}\n{}\n", last.iteration, hash_of(image_of(trainer)), hash_of(image_of(best)),
               truncated);
}

void ppo_clip(const Arguments& arguments) {
    Vectorized envs(TimeLimit(CartPole{}, 40), {.count = 4, .seed = 7});
    const Mlp mlp{.hidden = {8}, .normalize_observations = true};
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    PpoClip trainer(envs, actor, critic, Gae{},
                    {.horizon = 32,
                     .minibatch = 64,
                     .epochs = 2,
                     .learning_rate = Linear{1e-2, 0},
                     .normalize_rewards = true,
                     .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void ppo_kl(const Arguments& arguments) {
    Vectorized envs(TimeLimit(FrameStack(Pendulum{}, 2), 25), {.count = 3, .seed = 7});
    Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {8}}});
    SharedCritic critic(actor);
    PpoKl trainer(envs, actor, critic, Gae{},
                  {.horizon = 16, .minibatch = 16, .epochs = 2, .learning_rate = 1e-2, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void a2c(const Arguments& arguments) {
    Vectorized envs(TimeLimit(MaskedGrid{}, 15), {.count = 4, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    A2c trainer(envs, actor, critic, NStep{.n = 3}, {.threads = arguments.threads});
    train(trainer, actor, arguments);
}

void trpo(const Arguments& arguments) {
    Vectorized envs(TimeLimit(Pendulum{}, 20), {.count = 2, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}, .normalize_observations = true},
                SquashedGaussian<double>(envs.action_space()));
    Critic<MlpNetwork<double>> critic(envs, Mlp{.hidden = {8}});
    Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 30, .minibatch = 20, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void reinforce(const Arguments& arguments) {
    Vectorized envs(TimeLimit(DialLock{}, 10), {.count = 3, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}});
    Reinforce trainer(envs, actor, RewardToGo{}, {.episodes = 2, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void off_policy(const Arguments& arguments) {
    CartPoleBatch envs({.count = 5, .seed = 7, .limit = 30});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    OffPolicy trainer(envs, actor, critic, VTrace{},
                      {.horizon = 12, .store = 3, .replays = 2, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void q_lambda(const Arguments& arguments) {
    Vectorized envs([](Index i) { return OwnCart(i); }, {.count = 3, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}}, EpsilonGreedy<float>(2));
    QLambda trainer(envs, actor, {.horizon = 16, .minibatch = 16, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void multi_binary(const Arguments& arguments) {
    Vectorized envs(TimeLimit(Switches{}, 9), {.count = 3, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    OffPolicy trainer(envs, actor, critic, VTrace{},
                      {.horizon = 20, .store = 3, .replays = 1, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

void analytic(const Arguments& arguments) {
    Vectorized envs(Pendulum{}, {.count = 20, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 5, .episode = 17, .threads = arguments.threads});
    train(trainer, actor, arguments);
}

/// A trainer of a user's own, whose update fits the critic only.
void own_trainer(const Arguments& arguments) {
    Vectorized envs(TimeLimit(Archery{}, 12), {.count = 4, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    struct Fit {
        ValueRegression<Critic<MlpNetwork<float>>, Adam<float>> regression;
        UpdateReport operator()(const Rollout<float>& rollout, double progress) {
            return regression(rollout, progress);
        }
        void visit_state(State& state) { state("regression", regression); }
    };
    Trainer trainer({.name = "Fit", .horizon = 10, .threads = arguments.threads}, envs, actor, critic, Gae{},
                    [&](Threads& threads) {
                        return Fit{{critic, {}, {}, threads, 7}};
                    });
    train(trainer, actor, arguments);
}

/// The update of a user's trainer may be a part of the library.
void value_regression(const Arguments& arguments) {
    Vectorized envs(TimeLimit(Archery{}, 12), {.count = 4, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}});
    Critic critic(envs, Mlp{.hidden = {8}});
    Trainer trainer({.name = "Fit", .horizon = 10, .threads = arguments.threads}, envs, actor, critic, Gae{},
                    [&](Threads& threads) { return ValueRegression(critic, Adam<float>{}, {}, threads, 7); });
    train(trainer, actor, arguments);
}

/// With a network of a user's own.
void state_dependent(const Arguments& arguments) {
    Vectorized envs(TimeLimit(Pendulum{}, 20), {.count = 3, .seed = 7});
    Actor actor(envs, OwnLayers{.units = 8}, StateDependentGaussian<float>(1));
    Critic critic(envs, OwnLayers{});
    A2c trainer(envs, actor, critic, Gae{}, {.threads = arguments.threads});
    train(trainer, actor, arguments);
}

/// With a VectorEnv of a user's own.
void hybrid_beta(const Arguments& arguments) {
    const HybridSpace space{.choice = {.n = 2}, .box = {.size = 1, .low = {-1}, .high = {2}}};
    auto envs = gradiva_test::walks_of(space);
    Actor actor(envs, Mlp{.hidden = {8}}, Hybrid<float, Beta<float>>(2, Beta<float>(space.box)));
    Critic critic(envs, Mlp{.hidden = {8}});
    A2c trainer(envs, actor, critic, Gae{}, {.threads = arguments.threads});
    train(trainer, actor, arguments);
}

const std::map<std::string_view, void (*)(const Arguments&)> rows{{"ppo_clip", ppo_clip},
                                                                  {"ppo_kl", ppo_kl},
                                                                  {"a2c", a2c},
                                                                  {"trpo", trpo},
                                                                  {"reinforce", reinforce},
                                                                  {"off_policy", off_policy},
                                                                  {"q_lambda", q_lambda},
                                                                  {"analytic", analytic},
                                                                  {"own_trainer", own_trainer},
                                                                  {"multi_binary", multi_binary},
                                                                  {"value_regression", value_regression},
                                                                  {"state_dependent", state_dependent},
                                                                  {"hybrid_beta", hybrid_beta}};

/// Environments that cannot be saved. Prints hashes of all but running episodes: where the training starts, and at the
/// end.
void restarted(const Arguments& arguments) {
    Vectorized envs([](Index i) { return UnsavedCart(i); }, {.count = 3, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {8}, .normalize_observations = true});
    Critic critic(envs, Mlp{.hidden = {8}});
    A2c trainer(envs, actor, critic, Gae{}, {.normalize_rewards = true, .threads = arguments.threads});
    struct Start {
        decltype(trainer)& of;
        std::uint64_t hash = 0;
        void on_start(const Run&) { hash = hash_of(image_of(of, Episodes::restarted)); }
        void operator()(const Progress&) const {}
    } start{trainer};
    const Progress last = trainer.train({.steps = arguments.steps}, Checkpoint(arguments.file, restart_episodes), start,
                                        StopAt{arguments.stop});
    fmt::print("{} {:016x} {:016x}\n0\n", last.iteration, start.hash, hash_of(image_of(trainer, Episodes::restarted)));
}

Arguments read(int argc, char** argv) {
    Arguments arguments;
    arguments.file = argv[2];
    const std::map<std::string_view, Index*> numbers{{"steps", &arguments.steps}, {"threads", &arguments.threads},
                                                     {"stop", &arguments.stop},   {"fail", &arguments.fail},
                                                     {"every", &arguments.every}, {"second", &arguments.second}};
    for (int i = 3; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const std::size_t equals = argument.find('=');
        require(equals != argument.npos, "{}: name=value", argument);
        const std::string_view name = argument.substr(0, equals), value = argument.substr(equals + 1);
        if (name == "log") {
            arguments.log = value;
        } else {
            Index& number = *numbers.at(name);
            require(std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc{},
                    "{}: a number", argument);
        }
    }
    return arguments;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        for (const auto& [name, run] : rows) fmt::print("{}\n", name);
        return 0;
    }
    try {
        const auto run = std::string_view(argv[1]) == "restarted" ? restarted : rows.at(argv[1]);
        run(read(argc, argv));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
