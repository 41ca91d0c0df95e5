// The reference job in RLtools: PPO on Pendulum-v1 for 307,200 steps. Prints one JSON object with the seconds of every
// training and the greedy returns that came of it.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// The mux selects the BLAS kernels; without it every product is a scalar loop.
#include <rl_tools/operations/cpu_mux.h>

#include <rl_tools/nn/optimizers/adam/instance/operations_generic.h>

#include <rl_tools/nn/operations_cpu_mux.h>

#include <rl_tools/nn/layers/standardize/operations_generic.h>
#include <rl_tools/nn_models/mlp_unconditional_stddev/operations_generic.h>
#include <rl_tools/nn_models/sequential/operations_generic.h>

#include <rl_tools/nn/optimizers/adam/operations_generic.h>

#include <rl_tools/rl/environments/pendulum/operations_cpu.h>

#include <rl_tools/rl/algorithms/ppo/loop/core/config.h>
#include <rl_tools/rl/algorithms/ppo/loop/core/operations_generic.h>
#include <rl_tools/rl/components/on_policy_runner/operations_cpu.h>
#include <rl_tools/rl/utils/evaluation/operations_generic.h>

#ifdef RL_TOOLS_BACKEND_ENABLE_OPENBLAS
extern "C" {
int openblas_get_num_threads();
char* openblas_get_corename();
}
#endif

namespace {

namespace rlt = rl_tools;

using Device = rlt::devices::DEVICE_FACTORY<>;
using Index = Device::index_t;
using Types = rlt::numeric_types::Policy<float>;
using Random = Device::SPEC::RANDOM::ENGINE<>;
using Pendulum = rlt::rl::environments::Pendulum<rlt::rl::environments::pendulum::Specification<float, Index>>;

constexpr Index iterations = 75;
constexpr Index test_episodes = 100;

/// The numbers of the job; what is not named here is RLtools' default and agrees with the job.
struct Parameters : rlt::rl::algorithms::ppo::loop::core::DefaultParameters<Types, Index, Pendulum> {
    static constexpr Index N_ENVIRONMENTS = 4;
    static constexpr Index ON_POLICY_RUNNER_STEPS_PER_ENV = 1024;
    static constexpr Index DATASET_SIZE = N_ENVIRONMENTS * ON_POLICY_RUNNER_STEPS_PER_ENV;
    static constexpr Index EPISODE_STEP_LIMIT = 200;
    static constexpr Index BATCH_SIZE = 256;
    static constexpr Index ACTOR_HIDDEN_DIM = 64;
    static constexpr Index ACTOR_NUM_LAYERS = 3;  // two hidden layers and the output
    static constexpr Index CRITIC_HIDDEN_DIM = 64;
    static constexpr Index CRITIC_NUM_LAYERS = 3;
    static constexpr auto ACTOR_ACTIVATION_FUNCTION = rlt::nn::activation_functions::ActivationFunction::RELU;
    static constexpr auto CRITIC_ACTIVATION_FUNCTION = rlt::nn::activation_functions::ActivationFunction::RELU;
    static constexpr bool NORMALIZE_OBSERVATIONS = false;

    struct OPTIMIZER_PARAMETERS : rlt::nn::optimizers::adam::DEFAULT_PARAMETERS_TENSORFLOW<Types> {
        static constexpr float ALPHA = 1e-3F;
    };

    struct PPO_PARAMETERS : rlt::rl::algorithms::ppo::DefaultParameters<Types, Index, BATCH_SIZE> {
        static constexpr float GAMMA = 0.9F;
        static constexpr float LAMBDA = 0.95F;
        static constexpr float EPSILON_CLIP = 0.2F;
        static constexpr float INITIAL_ACTION_STD = 2;
        static constexpr float ACTION_ENTROPY_COEFFICIENT = 0;
        static constexpr bool NORMALIZE_ADVANTAGE = true;
        static constexpr Index N_EPOCHS = 2;
    };
};

constexpr Index steps = iterations * Parameters::DATASET_SIZE;
static_assert(steps == 307'200);

using Config = rlt::rl::algorithms::ppo::loop::core::Config<Types, Index, Random, Pendulum, Parameters>;

/// One training; its memory lives as long as it does.
class Training {
public:
    explicit Training(Index seed) {
        rlt::init(device_);
        rlt::malloc(device_, state_);
        rlt::init(device_, state_, seed);
    }
    Training(const Training&) = delete;
    Training& operator=(const Training&) = delete;
    ~Training() { rlt::free(device_, state_); }

    /// Runs all iterations; returns the seconds that they took.
    double run() {
        const auto start = std::chrono::steady_clock::now();
        for (Index iteration = 0; iteration < iterations; ++iteration) rlt::step(device_, state_);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }

    /// Mean return of the means of the policy over fresh episodes.
    double greedy_return() {
        using Evaluation = rlt::rl::utils::evaluation::Specification<Types, Index, Pendulum, test_episodes,
                                                                     Parameters::EPISODE_STEP_LIMIT>;
        rlt::rl::utils::evaluation::Result<Evaluation> result;
        rlt::rl::utils::evaluation::NoData<rlt::rl::utils::evaluation::DataSpecification<Evaluation>> no_data;
        Random random;
        rlt::init(device_, random, 1);
        Pendulum pendulum;
        rlt::evaluate(device_, pendulum, state_.ui, rlt::get_actor(state_), result, no_data, random,
                      rlt::Mode<rlt::mode::Evaluation<>>{});
        return result.returns_mean;
    }

private:
    Device device_;
    rlt::rl::algorithms::ppo::loop::core::State<Config> state_;
};

struct Options {
    Index runs = 1;
    Index seed = 1;
};

long positive(const char* text) {
    const long value = std::strtol(text, nullptr, 10);
    if (value > 0) return value;
    std::fprintf(stderr, "'%s' must be a whole number above zero\n", text);
    std::exit(2);
}

Options read_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--runs") options.runs = static_cast<Index>(positive(argv[i + 1]));
        if (name == "--seed") options.seed = static_cast<Index>(positive(argv[i + 1]));
    }
    return options;
}

void print(const char* name, const std::vector<double>& values) {
    std::printf("\"%s\": [", name);
    for (std::size_t i = 0; i < values.size(); ++i) std::printf("%s%.6f", i == 0 ? "" : ", ", values[i]);
    std::printf("], ");
}

#ifdef RL_TOOLS_BACKEND_ENABLE_OPENBLAS
int threads() { return openblas_get_num_threads(); }
const char* kernels() { return openblas_get_corename(); }
#else
int threads() { return 1; }
const char* kernels() { return "scalar loops"; }
#endif

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    std::vector<double> seconds;
    std::vector<double> greedy_returns;
    for (Index run = 0; run < options.runs; ++run) {
        Training training(options.seed + run);
        seconds.push_back(training.run());
        greedy_returns.push_back(training.greedy_return());
    }
    std::printf("{");
    print("seconds", seconds);
    print("greedy_returns", greedy_returns);
    std::printf("\"steps\": %zu, \"threads\": %d, \"kernels\": \"%s\"}\n", steps, threads(), kernels());
}
