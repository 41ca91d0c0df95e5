#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/rollout/step_watch.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/train_options.hpp"

namespace GRADIVA_NAMESPACE {

/// Why a call of `train` ends.
enum class Stop {
    steps,      ///< all steps are done, whatever callbacks return
    callback,   ///< a callback, or its `on_start`, returned false
    exception,  ///< an environment, the update or a callback threw; `train` rethrows the exception
};

/// An iteration that has thrown.
struct IterationFailure {
    std::string text = {};                   ///< of the exception
    bool is_error = true;                    ///< whether it is an `Error`
    std::optional<StepOfRollout> step = {};  ///< that has thrown; none where it was no step of an environment
};

/// A call of `train`, as its callbacks see it. A callback is called after each iteration, with `(const Progress&)` or
/// `(const Progress&, const Trainer&)`, and may have these members; callbacks are called in the order in which they
/// were given to `train`:
///
/// - `on_start(Run&)`, once before the first iteration; if it returns false, no iteration runs;
/// - `before_iteration(Run&)`, before each iteration;
/// - `after_iteration(Run&)`, after all callbacks were called with the report of an iteration;
/// - `on_stop(const Run&, Stop)`, once at the end, also after an exception; not if the `on_start` of this callback, or
///   of one before it, threw. What it throws while an exception propagates is dropped; after one that throws, those
///   of callbacks that save the training get `Stop::exception`;
/// - `visit_state(State&)`, for callbacks that have state; its pieces belong to those of the training. One with `static
///   constexpr std::string_view state_name` names its part of the paths, others are called "callback";
/// - `static constexpr Episodes saves_run`, for callbacks that save and restore the training. Their `on_start` is called
///   before those of all others, their other members after, wherever they stand in the call of `train`;
/// - `static constexpr bool describes_run = true`, for callbacks that ask `Run::description`.
class Run {
public:
    /// Of the call number `call`, from 0, of a trainer's `train` with these options.
    Run(std::string_view name, const Progress& progress, const TrainOptions& options = {}, Index call = 0)
        : name_(name), progress_(progress), options_(options), call_(call) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// The name of the trainer.
    std::string_view name() const { return name_; }
    /// The report of the last complete iteration; before the first one of this call, the state of the trainer.
    const Progress& progress() const { return progress_; }
    const TrainOptions& options() const { return options_; }
    /// How many calls of `train` had ended before this one, without an exception.
    Index call() const { return call_; }

    /// Visits the whole training: environments, actor, critic, the trainer's other parts, loop, progress, callbacks.
    /// Only in trainings with a callback that says `saves_run`.
    void visit_state(State& state) const {
        GRADIVA_ASSERT(visit_ != nullptr);
        visit_(visitor_, state, true);
    }

    /// The same without the callbacks: what the next iteration depends on.
    void visit_training(State& state) const {
        GRADIVA_ASSERT(visit_ != nullptr);
        visit_(visitor_, state, false);
    }

    /// The failure of an iteration that has thrown, for `on_stop`; none where a callback has. Only in trainings with a
    /// callback that says `saves_run`.
    const std::optional<IterationFailure>& failure() const { return failure_; }
    void fail(IterationFailure failure) { failure_ = std::move(failure); }

    /// For `on_stop`: what is added to the text of the `Error` that `train` throws.
    void add_to_error(const std::string& note) const { note_ += note_.empty() ? note : "; " + note; }
    const std::string& note() const { return note_; }

    /// What the training is: `describe` of the trainer, before it the name of the algorithm as "algorithm", after it
    /// the options of this call of `train` as "train/steps" and "train/schedule_steps". In trainings without a callback
    /// that says `describes_run`, and of trainers without `visit_state`, it has nothing of the trainer but its name.
    Description description() const {
        Description description;
        description.set("algorithm", std::string(name_));
        if (describe_ != nullptr) describe_(describer_, description);
        description.set("train/steps", std::int64_t{options_.steps});
        description.set("train/schedule_steps", std::int64_t{options_.schedule_steps});
        return description;
    }

    /// The steps of all environments together since the trainer was built, up to the last complete iteration.
    Index lifetime_steps() const { return lifetime_steps_ != nullptr ? *lifetime_steps_ : progress_.steps; }

    /// To be called by the `on_start` of a callback that has restored a training which is complete: `train` returns its
    /// progress, and calls no other callback.
    void end_at_once() { ends_at_once_ = true; }
    bool ends_at_once() const { return ends_at_once_; }

    /// Lets `visit_state` call `visit(state, true)`, and `visit_training` `visit(state, false)`; it must outlive this
    /// object.
    template <class Visit>
    void visit_by(const Visit& visit) {
        visitor_ = &visit;
        visit_ = [](const void* visitor, State& state, bool with_callbacks) {
            (*static_cast<const Visit*>(visitor))(state, with_callbacks);
        };
    }

    /// Lets `description` call `add(description)`, which must outlive this object.
    template <class Add>
    void describe_by(const Add& add) {
        describer_ = &add;
        describe_ = [](const void* adder, Description& description) { (*static_cast<const Add*>(adder))(description); };
    }

    /// Lets `lifetime_steps` read `steps`, which must outlive this object.
    void count_steps_in(const Index& steps) { lifetime_steps_ = &steps; }

private:
    std::string_view name_;
    const Progress& progress_;
    TrainOptions options_;
    Index call_;
    bool ends_at_once_ = false;
    const void* visitor_ = nullptr;
    void (*visit_)(const void* visitor, State& state, bool with_callbacks) = nullptr;
    std::optional<IterationFailure> failure_;
    mutable std::string note_;
    const void* describer_ = nullptr;
    void (*describe_)(const void* describer, Description& description) = nullptr;
    const Index* lifetime_steps_ = nullptr;
};

}  // namespace GRADIVA_NAMESPACE
