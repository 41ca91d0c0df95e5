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
        cut_end();
        file_->add(record);
        file_->flush();
    }

    /// Appends a record that stands at the end only: the next one, or `cut_end`, cuts it off, and so does a training
    /// that goes on from what is saved meanwhile.
    void write_end(std::string_view record) {
        cut_end();
        const RecordFilePosition before = file_->position();
        write(record);
        before_end_ = before;
    }

    /// Cuts off what `write_end` has written last. Throws `Error` when that fails.
    void cut_end() {
        if (!before_end_) return;
        file_->cut_back(*before_end_);
        before_end_.reset();
    }

    /// How far the file was written, but for its end. What was written is on the disk then.
    void visit_state(State& state) {
        if (file_ && !state.restores()) file_->sync();
        RecordFilePosition position = before_end_ ? *before_end_ : file_ ? file_->position() : resumed_;
        state("bytes", position.bytes);
        state("crc64", position.crc64);
        if (!state.restores()) return;
        resumed_ = position;
        before_end_.reset();
        file_.reset();
    }

private:
    const char* who_;
    std::string path_;
    std::optional<RecordFile> file_;
    RecordFilePosition resumed_;                    // where the next file goes on
    std::optional<RecordFilePosition> before_end_;  // of the open file, while it has an end
};

}  // namespace GRADIVA_NAMESPACE::detail
