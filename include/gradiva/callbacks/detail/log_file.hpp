#pragma once

#include "gradiva/core/namespace.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gradiva/core/record_file.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The file of a log, which is opened when the first training starts. In a training that is resumed, what was written
/// after the checkpoint is cut off.
class LogFile {
public:
    /// `who` is the prefix of error messages.
    LogFile(const char* who, std::string path) : who_(who), path_(std::move(path)) {}

    const std::string& path() const { return path_; }
    /// For a file that is not open.
    void set_path(std::string path) { path_ = std::move(path); }

    bool is_open() const { return file_.has_value(); }
    /// Whether a file that `open` opens goes on.
    bool is_resumed() const { return resumed_.bytes > 0; }

    /// Opens the file unless it is open. A new one begins with the record `first()`, and replaces an existing one.
    template <class First>
    void open(const First& first) {
        if (file_) return;
        if (is_resumed()) {
            file_.emplace(who_, path_, resumed_);
            return;
        }
        RecordFile file(who_, path_);
        file.add(first());
        file.flush();
        file_ = std::move(file);
    }

    /// Appends a record to the open file; it is in the file when this returns. Throws `Error` when that fails.
    void write(std::string_view record) {
        file_->add(record);
        file_->flush();
    }

    /// How far the file was written. What was written is on the disk then.
    void visit_state(State& state) {
        if (file_ && !state.restores()) file_->sync();
        RecordFilePosition position = file_ ? file_->position() : resumed_;
        state("bytes", position.bytes);
        state("crc64", position.crc64);
        if (!state.restores()) return;
        resumed_ = position;
        file_.reset();
    }

private:
    const char* who_;
    std::string path_;
    std::optional<RecordFile> file_;
    RecordFilePosition resumed_;  // where the next file goes on
};

}  // namespace GRADIVA_NAMESPACE::detail
