// A model of the physics engine MuJoCo (https://mujoco.org) as an environment.
#pragma once

#include <mujoco/mujoco.h>

#include <gradiva/core/check.hpp>
#include <gradiva/env/env.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace example {

/// A model in memory; all environments made of it share it.
using MujocoModel = std::shared_ptr<const mjModel>;

/// Left alone, MuJoCo ends the program when it meets an error and writes its warnings into a file. After this its
/// errors are thrown as `gradiva::Error`; warnings are counted in the simulation that raised them, where `MujocoEnv`
/// finds them. Handlers that the program has set before stay.
inline void catch_mujoco_errors() {
    if (mju_user_error == nullptr) mju_user_error = [](const char* text) { gradiva::fail("MuJoCo: {}", text); };
    if (mju_user_warning == nullptr) mju_user_warning = [](const char*) {};
}

namespace detail {

/// MuJoCo's words about an XML file, without its line breaks.
inline std::string one_line(std::string words) {
    while (!words.empty() && words.back() == '\n') words.pop_back();
    std::replace(words.begin(), words.end(), '\n', ' ');
    return words;
}

}  // namespace detail

/// Reads a model in MuJoCo's XML format (MJCF, or URDF). Throws `Error` with MuJoCo's words when the file is missing or
/// malformed, when simulating its first step raises a warning, and when there is nothing to move or nothing that moves.
inline MujocoModel load_mujoco_model(const std::string& path) {
    catch_mujoco_errors();
    char words[1000] = "";
    const MujocoModel model(mj_loadXML(path.c_str(), nullptr, words, sizeof words),
                            [](mjModel* loaded) { mj_deleteModel(loaded); });
    gradiva::require(model != nullptr, "load_mujoco_model: {} cannot be loaded: {}", path, detail::one_line(words));
    gradiva::require(words[0] == '\0', "load_mujoco_model: {} cannot be simulated: {}", path, detail::one_line(words));
    gradiva::require(model->nq > 0, "load_mujoco_model: {} has no joints; give a model with at least 1", path);
    gradiva::require(model->nu > 0, "load_mujoco_model: {} has no actuators; give a model with at least 1", path);
    return model;
}

/// The defaults are those of Gymnasium's HalfCheetah-v5.
struct MujocoOptions {
    gradiva::Index frame_skip = 5;         ///< simulated time steps per action, at least 1
    double forward_reward = 1;             ///< weight of the mean velocity of the first position coordinate, per second
    double control_cost = 0.1;             ///< weight of the sum of the squared actions
    double reset_noise = 0.1;              ///< uniform to either side of each position, deviation of each velocity
    gradiva::Index skipped_positions = 1;  ///< how many position coordinates, the first ones, are not observed

    void visit_state(gradiva::State& state) {
        state("frame_skip", frame_skip);
        state("forward_reward", forward_reward);
        state("control_cost", control_cost);
        state("reset_noise", reset_noise);
        state("skipped_positions", skipped_positions);
    }
};

/// Observes positions and velocities in MuJoCo's order, `qpos` without its first `skipped_positions` and `qvel`. An
/// action sets all actuators, within their control ranges where they have one. The reward of a step is
///   forward_reward * (change of qpos[0]) / (frame_skip * timestep) - control_cost * sum over i of action_i^2.
/// An episode never ends by itself: wrap it in a `TimeLimit`. A simulation that becomes unstable is an `Error`.
class MujocoEnv {
public:
    /// Throws `Error` on options out of range.
    explicit MujocoEnv(MujocoModel model, const MujocoOptions& options = {})
        : model_(std::move(model)), data_(mj_makeData(model_.get())), options_(options) {
        gradiva::require(data_ != nullptr, "MujocoEnv: no memory for the simulation; make the model smaller");
        gradiva::require(options.frame_skip >= 1, "MujocoEnv: frame_skip is {}; give at least 1", options.frame_skip);
        gradiva::require(options.reset_noise >= 0, "MujocoEnv: reset_noise is {}; give at least 0",
                         options.reset_noise);
        gradiva::require(options.skipped_positions >= 0 && options.skipped_positions <= model_->nq,
                         "MujocoEnv: skipped_positions is {}; give a number from 0 to {}, the model's positions",
                         options.skipped_positions, model_->nq);
    }

    MujocoEnv(const MujocoEnv& other)
        : model_(other.model_), data_(mj_copyData(nullptr, model_.get(), other.data_.get())), options_(other.options_) {
    }
    MujocoEnv(MujocoEnv&&) noexcept = default;
    MujocoEnv& operator=(const MujocoEnv& other) { return *this = MujocoEnv(other); }
    MujocoEnv& operator=(MujocoEnv&&) noexcept = default;
    ~MujocoEnv() = default;

    gradiva::Box observation_space() const { return {.size = model_->nq - options_.skipped_positions + model_->nv}; }

    gradiva::Box action_space() const {
        constexpr float infinity = std::numeric_limits<float>::infinity();
        gradiva::Box box{.size = model_->nu};
        for (gradiva::Index i = 0; i < box.size; ++i) {
            const bool limited = model_->actuator_ctrllimited[i] != 0;
            const mjtNum* range = model_->actuator_ctrlrange + 2 * i;
            box.low.push_back(limited ? static_cast<float>(range[0]) : -infinity);
            box.high.push_back(limited ? static_cast<float>(range[1]) : infinity);
        }
        return box;
    }

    void reset(gradiva::Rng& rng, std::span<float> observation) {
        mj_resetData(model_.get(), data_.get());
        const double noise = options_.reset_noise;
        for (int i = 0; i < model_->nq; ++i) data_->qpos[i] += rng.uniform(-noise, noise);
        for (int i = 0; i < model_->nv; ++i) data_->qvel[i] += noise * rng.normal();
        mj_forward(model_.get(), data_.get());
        observe(observation);
    }

    gradiva::Outcome step(std::span<const float> action, gradiva::Rng&, std::span<float> observation) {
        double cost = 0;
        for (std::size_t i = 0; i < action.size(); ++i) {
            data_->ctrl[i] = action[i];
            cost += data_->ctrl[i] * data_->ctrl[i];
        }
        const double before = data_->qpos[0];
        for (gradiva::Index i = 0; i < options_.frame_skip; ++i) mj_step(model_.get(), data_.get());
        observe(observation);
        const double seconds = static_cast<double>(options_.frame_skip) * model_->opt.timestep;
        const double velocity = (data_->qpos[0] - before) / seconds;
        return {.reward = options_.forward_reward * velocity - options_.control_cost * cost};
    }

    /// MuJoCo's integration state: what its next step reads. All else in `data()` is computed by that step, but for
    /// what plugins remember elsewhere; of models with plugins MuJoCo before version 3 has more state than is saved
    /// here.
    void visit_state(gradiva::State& state) {
        state.fixed("options", options_);
        visit_model(state);
#if mjVERSION_HEADER >= 300
        constexpr unsigned int kind = mjSTATE_INTEGRATION;
        std::vector<mjtNum> integration(static_cast<std::size_t>(mj_stateSize(model_.get(), kind)));
        mj_getState(model_.get(), data_.get(), integration.data(), kind);
        state("integration", std::span(integration));
        if (state.restores()) mj_setState(model_.get(), data_.get(), integration.data(), kind);
#else
        const auto visit = [&](const char* name, mjtNum* values, int count) {
            state(name, std::span(values, static_cast<std::size_t>(count)));
        };
        state("time", data_->time);
        visit("qpos", data_->qpos, model_->nq);
        visit("qvel", data_->qvel, model_->nv);
        visit("act", data_->act, model_->na);
        visit("qacc_warmstart", data_->qacc_warmstart, model_->nv);
        visit("ctrl", data_->ctrl, model_->nu);
        visit("qfrc_applied", data_->qfrc_applied, model_->nv);
        visit("xfrc_applied", data_->xfrc_applied, 6 * model_->nbody);
        visit("mocap_pos", data_->mocap_pos, 3 * model_->nmocap);
        visit("mocap_quat", data_->mocap_quat, 4 * model_->nmocap);
        visit("userdata", data_->userdata, model_->nuserdata);
#endif
    }

    const mjModel& model() const { return *model_; }
    /// The simulation's state, for who wants to see or to set more than is observed.
    const mjData& data() const { return *data_; }
    mjData& data() { return *data_; }

private:
    struct Delete {
        void operator()(mjData* data) const { mj_deleteData(data); }
    };

    /// What tells most models apart: sizes, and what moves how.
    void visit_model(gradiva::State& state) const {
        state.fixed("model/nq", model_->nq);
        state.fixed("model/nv", model_->nv);
        state.fixed("model/nu", model_->nu);
        state.fixed("model/timestep", model_->opt.timestep);
        const auto compare = [&](const char* name, const mjtNum* values, int count) {
            state.fixed(name, std::span(values, static_cast<std::size_t>(count)));
        };
        compare("model/gravity", model_->opt.gravity, 3);
        compare("model/body_mass", model_->body_mass, model_->nbody);
        compare("model/body_inertia", model_->body_inertia, 3 * model_->nbody);
        compare("model/dof_damping", model_->dof_damping, model_->nv);
        compare("model/geom_friction", model_->geom_friction, 3 * model_->ngeom);
        compare("model/actuator_gear", model_->actuator_gear, 6 * model_->nu);
    }

    void observe(std::span<float> observation) const {
        check_warnings();
        check_state("qpos", data_->qpos, model_->nq);
        check_state("qvel", data_->qvel, model_->nv);
        const auto narrow = [](mjtNum x) { return static_cast<float>(x); };
        const auto next = std::transform(data_->qpos + options_.skipped_positions, data_->qpos + model_->nq,
                                         observation.begin(), narrow);
        std::transform(data_->qvel, data_->qvel + model_->nv, next, narrow);
    }

    /// MuJoCo answers a state that it cannot use by a warning and a reset of its own, which nobody would notice.
    void check_warnings() const {
        for (int kind = 0; kind < mjNWARNING; ++kind) {
            const mjWarningStat& warning = data_->warning[kind];
            if (warning.number == 0) continue;
            gradiva::fail(
                "MujocoEnv: MuJoCo warns: {} Mend the model, for example by a shorter timestep or smaller "
                "control ranges",
                mju_warningText(kind, warning.lastinfo));
        }
    }

    void check_state(const char* name, const mjtNum* values, int count) const {
        for (int i = 0; i < count; ++i) {
            gradiva::require(!mju_isBad(values[i]),
                             "MujocoEnv: the simulation is unstable, {}[{}] is {} at time {}; mend the model, for "
                             "example by a shorter timestep or smaller control ranges",
                             name, i, values[i], data_->time);
        }
    }

    MujocoModel model_;
    std::unique_ptr<mjData, Delete> data_;
    MujocoOptions options_;
};
static_assert(gradiva::is_env<MujocoEnv>);

}  // namespace example
