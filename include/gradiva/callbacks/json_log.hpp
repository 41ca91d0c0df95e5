#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gradiva/callbacks/detail/log_file.hpp"
#include "gradiva/callbacks/detail/run_json.hpp"
#include "gradiva/core/crc32c.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/train/evaluate.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes a file of JSON lines. The first line has the format's version, what the training is
/// (see `Description`), and the names of the numbers:
///
///   {"gradiva_log":1,"description":{"algorithm":"PpoClip","environment":"TimeLimit<CartPole>",...},
///    "columns":["iteration","steps",...]}
///   {"iteration":1,"steps":1024,...}
///   {"evaluation":{"mean_return":500,...}}
///
/// Then there is one line per iteration, with the numbers of `for_each_number` that are finite, in the shortest digits
/// that give the number again. The file is flushed after each line, and consists of complete lines also after an
/// interrupted run or on a full disk, which is an `Error`. It is opened, and an existing one replaced, at the start of
/// the first training that the log is given to; further trainings append their lines, after one of
/// {"description":{...}} where it has become another. In a training that is resumed, the lines after the checkpoint are
/// cut off and written again.
class JsonLog {
public:
    /// Writes to `path`; nothing is opened before `on_start`.
    explicit JsonLog(std::string path) : file_("JsonLog", std::move(path)) {}

    static constexpr bool describes_run = true;

    /// Opens the file. Throws `Error` when it cannot be written.
    void on_start(const Run& run) {
        const bool first = !file_.is_open() && !file_.is_resumed();
        const Description description = run.description();
        open(description, run.progress());
        line_ = "{";
        detail::append_json_name(line_, "description");
        append_json(line_, description);
        line_ += "}\n";
        const auto checksum = crc32c(line_);
        if (!first && checksum != description_) file_.write(line_);
        description_ = checksum;
    }

    /// Writes a line; opens the file before, for callers that do not call `on_start`. Throws `Error` when that fails.
    void operator()(const Progress& progress) {
        open({}, progress);
        line_ = "{";
        for_each_number(progress, [&](std::string_view name, auto number) { add(name, number); });
        line_ += "}\n";
        file_.write(line_);
    }

    /// Writes a line with the result of an evaluation, such as one after the training. Throws `Error` when that fails.
    void evaluation(const Evaluation& evaluation) {
        open({}, {});
        line_ = "{";
        detail::append_json_name(line_, "evaluation");
        line_ += '{';
        for_each_number(evaluation, [&](std::string_view name, auto number) { add(name, number); });
        line_ += "}}\n";
        file_.write(line_);
    }

    static constexpr std::string_view state_name = "json_log";
    /// How far the file was written, and a checksum of the last description in it. What was written is on the disk
    /// then.
    void visit_state(State& state) {
        file_.visit_state(state);
        state("description", description_);
    }

private:
    template <class Number>
    void add(std::string_view name, Number number) {
        if (!std::isfinite(static_cast<double>(number))) return;
        detail::append_json_name(line_, name);
        append_json(line_, number);
    }

    void open(const Description& description, const Progress& progress) {
        file_.open([&] { return line_ = detail::json_header(description, progress); });
    }

    detail::LogFile file_;
    std::string line_;
    std::uint32_t description_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
