#pragma once

#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "gradiva/callbacks/detail/event_file_name.hpp"
#include "gradiva/callbacks/detail/event_messages.hpp"
#include "gradiva/callbacks/detail/event_record.hpp"
#include "gradiva/callbacks/detail/log_file.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/core/protobuf_message.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes an event file of TensorBoard, `events.out.tfevents.TIME.HOST.PID.N`, into a folder,
/// which is created where it is absent. Give each run a folder of its own, in one folder for all runs: `tensorboard
/// --logdir runs` shows those below "runs".
///
/// Each iteration adds the numbers of `for_each_number` that are finite, as scalars in single precision under their
/// names, at the steps of all environments since the trainer was built. What the training is (see `Description`) are
/// the run's hyperparameters, with `mean_return` as their metric; a run ends as a failure after an exception.
///
/// The file is flushed after each iteration, and consists of whole records also after an interrupted run or on a full
/// disk, which is an `Error`. It is opened at the start of the first training that the log is given to; further
/// trainings go on in it, with the hyperparameters of the first. In a training that is resumed, what follows the
/// checkpoint is cut off and written again.
class TensorBoardLog {
public:
    /// Writes into `folder`; nothing is created before `on_start`.
    explicit TensorBoardLog(std::string folder) : folder_(std::move(folder)), file_("TensorBoardLog", "") {}

    static constexpr bool describes_run = true;

    /// Opens the file. Throws `Error` when it cannot be written.
    void on_start(const Run& run) {
        steps_before_ = run.lifetime_steps() - run.progress().steps;
        open(run.description());
        file_.cut_end();
    }

    /// Adds the numbers of an iteration; opens the file before, for callers that do not call `on_start`. Throws `Error`
    /// when that fails.
    void operator()(const Progress& progress) {
        open({});
        summary_.clear();
        for_each_number(progress, [&](std::string_view name, auto number) { add(name, static_cast<float>(number)); });
        detail::begin_event(event_, seconds(), steps_before_ + progress.steps).message(5, summary_);
        file_.write(event_record());
    }

    /// Writes whether the run succeeded. TensorBoard takes the first such record of a file: it is cut off when a
    /// further training starts, or one is resumed.
    void on_stop(const Run& run, Stop why) {
        const double now = seconds();
        summary_.clear().message(
            1, detail::hparams_value("_hparams_/session_end_info", detail::session_end(why != Stop::exception, now)));
        detail::begin_event(event_, now, steps_before_ + run.progress().steps).message(5, summary_);
        file_.write_end(event_record());
    }

    static constexpr std::string_view state_name = "tensorboard_log";
    /// The file's name, and how far it was written, but for how the run ended. What was written is on the disk then.
    void visit_state(State& state) {
        std::string name = std::filesystem::path(file_.path()).filename().string();
        state("file", name);
        file_.visit_state(state);
        if (state.restores()) file_.set_path(in_folder(name));
    }

private:
    static double seconds() {
        return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    }

    std::string in_folder(const std::string& name) const {
        return (std::filesystem::path(folder_) / std::filesystem::path(name).filename()).string();
    }

    void open(const Description& description) {
        if (file_.is_open()) return;
        if (!file_.is_resumed()) {
            std::error_code ignored;  // a folder that cannot be written is an error of the file
            std::filesystem::create_directories(folder_, ignored);
            file_.set_path(in_folder(detail::event_file_name(seconds())));
        }
        file_.open([&] { return first_records(description); });
    }

    /// The version of the format, and the hyperparameters.
    std::string first_records(const Description& description) {
        const double now = seconds();
        std::string records;
        detail::begin_event(event_, now, 0).text(3, "brain.Event:2");
        detail::append_record(records, event_.bytes());
        const auto add_plugin_data = [&](const char* tag, const ProtobufMessage& data) {
            summary_.clear().message(1, detail::hparams_value(tag, data));
            detail::append_record(records, detail::begin_event(event_, now, 0).message(5, summary_).bytes());
        };
        add_plugin_data("_hparams_/experiment", detail::experiment(description, now, "mean_return"));
        add_plugin_data("_hparams_/session_start_info", detail::session_start(description, now));
        return records;
    }

    /// Adds a Summary.Value.
    void add(std::string_view name, float number) {
        if (!std::isfinite(number)) return;
        tag_.clear();
        append_utf8(tag_, name);
        summary_.message(1, value_.clear().text(1, tag_).real(2, number).message(9, of_scalars_));
    }

    std::string_view event_record() {
        record_.clear();
        detail::append_record(record_, event_.bytes());
        return record_;
    }

    std::string folder_;
    detail::LogFile file_;
    Index steps_before_ = 0;  // of earlier calls of `train`
    const ProtobufMessage of_scalars_ = detail::plugin_metadata("scalars", {}, 1);
    ProtobufMessage event_, summary_, value_;
    std::string tag_, record_;
};

}  // namespace GRADIVA_NAMESPACE
