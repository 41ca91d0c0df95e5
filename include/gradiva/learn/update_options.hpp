#pragma once

#include <cmath>
#include <limits>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// The minibatch size of one minibatch per rollout.
inline constexpr Index all_samples = std::numeric_limits<Index>::max();

/// Options of `Updater` and `MinibatchDescent`.
struct UpdateOptions {
    Index minibatch = 64;               ///< samples per gradient step, at least 1
    Index epochs = 10;                  ///< passes over the rollout, at least 1
    Schedule learning_rate = 3e-4;      ///< at least 0
    Schedule entropy = 0.0;             ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;     ///< c_V: weight of the value loss, at least 0
    Schedule value_clip = 0.0;          ///< clip range of V - V_old in the value loss, see `value_loss`; 0: no clipping
    double max_gradient_norm = 0.5;     ///< clips the joint gradient of actor and critic; 0: no clipping
    double target_kl = 0;               ///< ends an update where a minibatch's KL exceeds 1.5 times it; 0: never
    bool normalize_advantage = true;    ///< per minibatch, to mean 0 and standard deviation 1
    std::string_view name = "Updater";  ///< prefix of error messages

    /// Throws `Error` on a value out of range.
    void check() const {
        require(minibatch >= 1, "{}: minibatch is {}; give at least 1 sample", name, minibatch);
        require(epochs >= 1, "{}: epochs is {}; give at least 1 pass over the rollout", name, epochs);
        require(learning_rate.is_finite() && learning_rate.smallest() >= 0,
                "{}: learning_rate is {}; give a number of at least 0", name, learning_rate.smallest());
        require(entropy.is_finite(), "{}: entropy is {}; give a finite number", name, entropy.smallest());
        require(std::isfinite(value_coefficient) && value_coefficient >= 0,
                "{}: value_coefficient is {}; give a number of at least 0", name, value_coefficient);
        require(value_clip.is_finite() && value_clip.smallest() >= 0,
                "{}: value_clip is {}; give a number of at least 0, where 0 is no clipping", name,
                value_clip.smallest());
        require(target_kl >= 0, "{}: target_kl is {}; give a number of at least 0, where 0 is no limit", name,
                target_kl);
        require(max_gradient_norm >= 0,
                "{}: max_gradient_norm is {}; give a number of at least 0, where 0 is no clipping", name,
                max_gradient_norm);
    }

    void visit_state(State& state) {
        state("minibatch", minibatch);
        state("epochs", epochs);
        state("learning_rate", learning_rate);
        state("entropy", entropy);
        state("value_coefficient", value_coefficient);
        state("value_clip", value_clip);
        state("max_gradient_norm", max_gradient_norm);
        state("target_kl", target_kl);
        state("normalize_advantage", normalize_advantage);
    }
};

/// The `UpdateOptions` of a trainer: copies each field that the trainer's options have too, by its name. `name` is the
/// prefix of error messages. Without `minibatch` and `epochs` an update is one gradient step on the whole rollout;
/// without `normalize_advantage` advantages are not normalised; the other fields have the defaults of `UpdateOptions`.
template <class Options>
UpdateOptions update_options(std::string_view name, const Options& options) {
    UpdateOptions update{.minibatch = all_samples, .epochs = 1, .normalize_advantage = false, .name = name};
    if constexpr (requires { options.minibatch; }) update.minibatch = options.minibatch;
    if constexpr (requires { options.epochs; }) update.epochs = options.epochs;
    if constexpr (requires { options.learning_rate; }) update.learning_rate = options.learning_rate;
    if constexpr (requires { options.entropy; }) update.entropy = options.entropy;
    if constexpr (requires { options.value_coefficient; }) update.value_coefficient = options.value_coefficient;
    if constexpr (requires { options.value_clip; }) update.value_clip = options.value_clip;
    if constexpr (requires { options.max_gradient_norm; }) update.max_gradient_norm = options.max_gradient_norm;
    if constexpr (requires { options.target_kl; }) update.target_kl = options.target_kl;
    if constexpr (requires { options.normalize_advantage; }) update.normalize_advantage = options.normalize_advantage;
    return update;
}

}  // namespace GRADIVA_NAMESPACE
