#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/train/run.hpp"
#include "gradiva/train/train_options.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

inline Index saved_count(std::string_view who, const StateImage& saved, const char* path) {
    const StateArray* const array = saved.find(path);
    require(array != nullptr && array->type == Dtype::i64 && array->bytes == sizeof(Index),
            "{}: {} is no number; give what a training has saved", who, path);
    Index count = 0;
    std::memcpy(&count, array->data, sizeof(count));
    return count;
}

/// The steps over which schedules run; 0: over others than are known here, those of a later call.
inline Index schedule_length(Index call, Index steps, Index schedule_steps) {
    if (schedule_steps > 0) return schedule_steps;
    return call == 0 ? steps : 0;
}

/// Throws `Error` where schedules would run otherwise than in the call that was saved.
inline void check_schedules(std::string_view who, const Run& run, const StateImage& saved) {
    const Index steps = saved_count(who, saved, "loop/total_steps");
    const Index schedule_steps = saved_count(who, saved, "loop/schedule_steps");
    const TrainOptions& here = run.options();
    if (here.steps == steps && here.schedule_steps == schedule_steps) return;
    const Index length = schedule_length(run.call(), steps, schedule_steps);
    const Index length_here = schedule_length(run.call(), here.steps, here.schedule_steps);
    if (length > 0 && length_here == length) return;
    StateImage now;
    StateWriter writer(now, Episodes::restarted);
    run.visit_state(writer);
    const std::string& schedule = writer.varying_schedule();
    if (schedule.empty()) return;
    require(length > 0, "{}: {} changes over the {} steps of this call, which are {} here; keep the steps", who,
            schedule, steps, here.steps);
    fail("{}: {} changes over {} steps, and here over {}; keep the steps, or set schedule_steps to {}", who, schedule,
         length, length_here > 0 ? length_here : here.steps, length);
}

/// Throws `Error` unless the callbacks have the state that was saved by an earlier call: that of all calls is in one
/// file.
inline void check_callbacks(std::string_view who, const Run& run, const StateImage& saved) {
    const StateImage now = image_of(run, Episodes::restarted);
    const auto check = [&](const StateImage& some, const StateImage& all, const char* text) {
        for (const StateArray& array : some.arrays()) {
            if (!array.path.starts_with("callbacks/") || all.find(array.path) != nullptr) continue;
            fail("{}: {} {}; give all calls of train that share a file the same callbacks", who, printable(array.path),
                 text);
        }
    };
    check(saved, now, "was saved by an earlier call of train and is not here");
    check(now, saved, "was not in the earlier call of train that was saved");
}

}  // namespace detail

/// Restores a training from what was saved in a call of `train`, from the `on_start` of a callback that saves it. When
/// that call is this one, it goes on, or ends at once if all its steps are done; a larger number of steps extends it.
/// When it was a later one, this call ends at once. When it was an earlier one, nothing is restored. Throws `Error`,
/// and restores nothing, where what was saved does not belong to this training: see `StateReader`; and where the steps
/// differ while a schedule runs over them.
inline void resume(std::string_view who, Run& run, const StateImage& saved, Episodes episodes) {
    const Index call = detail::saved_count(who, saved, "loop/call");
    if (call < run.call()) {
        detail::check_callbacks(who, run, saved);
        StateReader reader(who, saved, episodes, Compare::fixed_only);
        run.visit_state(reader);
        return;
    }
    if (call == run.call()) detail::check_schedules(who, run, saved);
    restore(who, saved, run, episodes);
    if (call > run.call() || run.progress().finished()) run.end_at_once();
}

}  // namespace GRADIVA_NAMESPACE
