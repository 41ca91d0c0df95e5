// A saved policy controls: a pendulum, one action each millisecond, as a robot's control loop would.
//
//   pendulum_ppo_clip --save pendulum.safetensors
//   control_loop pendulum.safetensors
// Nothing in the loop allocates or waits for anything but the next tick; an observation that is not finite would be an
// Error before an action is written. The policy was trained with an action each 50 ms, and holds the pendulum with one
// each millisecond as well. Put your sensors in place of `observe`, and your motor in place of `push`.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <gradiva/io/saved_policy.hpp>
#include <numbers>
#include <thread>

#include "interrupt.hpp"
#include "numbers.hpp"
#include "program.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::string file = {};
    gradiva::Index ticks = 1000;
};

Options read_options(int argc, char** argv) {
    Options options;
    CLI::App app("A saved policy controls a pendulum, 1000 times a second");
    app.option_defaults()->always_capture_default();
    app.add_option("FILE", options.file, "a policy that pendulum_ppo_clip wrote by --save")->required();
    app.add_option("--ticks", options.ticks, "of 1 ms each")
        ->check(example::whole_number<gradiva::Index>(1, 1'000'000'000));
    example::parse(app, argc, argv);
    return options;
}

/// The pendulum of gradiva::Pendulum in the time steps of a control loop. It begins 0.3 rad from upright, and falls
/// unless it is held.
class Plant {
public:
    std::array<float, 3> observe() const {
        return {float(std::cos(theta_)), float(std::sin(theta_)), float(theta_dot_)};
    }

    void push(float torque, double seconds) {
        using P = gradiva::Pendulum;
        const double acceleration =
            1.5 * P::gravity / P::length * std::sin(theta_) + 3 / (P::mass * P::length * P::length) * double(torque);
        theta_dot_ = std::clamp(theta_dot_ + acceleration * seconds, -P::most_speed, P::most_speed);
        theta_ += theta_dot_ * seconds;
    }

    /// The angle from upright, in [0, pi].
    double off_upright() const { return std::abs(std::remainder(theta_, 2 * std::numbers::pi)); }

private:
    double theta_ = 0.3;
    double theta_dot_ = 0;
};

/// How long actions took, and how many ticks were over after their time.
struct Timing {
    Clock::duration sum{}, worst{};
    gradiva::Index ticks = 0, late = 0;
};

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

Timing control(gradiva::SavedPolicy& policy, Plant& plant, gradiva::Index ticks) {
    constexpr auto period = std::chrono::milliseconds(1);
    Timing timing;
    std::array<float, 1> torque{};
    gradiva::Episode episode = policy.begin();  // what the policy remembers, where it has a memory
    auto next = Clock::now();
    while (timing.ticks < ticks && example::interrupted == 0) {
        const std::array<float, 3> observation = plant.observe();
        const auto begin = Clock::now();
        policy.act(observation, episode, torque);
        const auto took = Clock::now() - begin;
        timing.sum += took;
        timing.worst = std::max(timing.worst, took);
        plant.push(torque[0], 1e-3);
        ++timing.ticks;
        next += period;
        if (Clock::now() > next) ++timing.late;
        std::this_thread::sleep_until(next);
    }
    return timing;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    return example::run([&] {
        gradiva::SavedPolicy policy(options.file);
        const gradiva::Pendulum pendulum;
        gradiva::require(
            policy.spaces() == gradiva::Spaces{pendulum.observation_space(), pendulum.action_space()},
            "control_loop: '{}' is no policy for Pendulum; give one that pendulum_ppo_clip wrote by --save",
            options.file);
        Plant plant;
        example::stop_on_interrupt();
        const Timing timing = control(policy, plant, options.ticks);
        fmt::print("ticks={} late_ticks={} mean_action_us={:.2f} worst_action_us={:.2f} off_upright={:.3f}\n",
                   timing.ticks, timing.late, microseconds(timing.sum) / double(timing.ticks),
                   microseconds(timing.worst), plant.off_upright());
    });
}
