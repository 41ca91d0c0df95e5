#pragma once

#include <cstring>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/train/run.hpp"

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

/// Throws `Error` where schedules would run otherwise because the call has other steps.
inline void check_extension(std::string_view who, Run& run, Index saved_steps) {
    if (run.options().steps == saved_steps || run.options().schedule_steps > 0) return;
    StateImage here;
    StateWriter writer(here);
    run.visit_state(writer);
    require(writer.varying_schedule().empty(),
            "{}: steps is {} here and was {}, over which {} changes; keep the steps, or set schedule_steps", who,
            run.options().steps, saved_steps, writer.varying_schedule());
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
        StateReader reader(who, saved, episodes, Compare::fixed_only);
        run.visit_state(reader);
        return;
    }
    if (call == run.call()) {
        detail::check_extension(who, run, detail::saved_count(who, saved, "loop/total_steps"));
    }
    restore(who, saved, run, episodes);
    if (call > run.call() || run.progress().finished()) run.end_at_once();
}

}  // namespace GRADIVA_NAMESPACE
