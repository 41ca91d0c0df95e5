#pragma once

#include "gradiva/core/namespace.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "gradiva/core/check.hpp"
#include "gradiva/core/disk.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Replaces a file as a whole: the bytes go to `path`.partial, and `commit` gives that the name `path`. A process that
/// is killed, or a machine that stops, at any moment leaves the former file or the new one. Errors throw an `Error`
/// that begins with `who`, and remove `path`.partial; they leave the former file, but for a folder that cannot be
/// synced, by when the new one has its name. A symbolic link is replaced, not followed.
class DurableFile {
public:
    DurableFile(const char* who, const std::string& path) : who_(who), path_(path), partial_(path + ".partial") {
        require(!path.empty(), "{}: the path is empty; give that of a file", who);
        std::error_code ignored;
        const auto status = std::filesystem::status(path, ignored);
        require(!std::filesystem::exists(status) || std::filesystem::is_regular_file(status),
                "{}: '{}' is no file that could be replaced ({}); give the path of a file", who, path,
                std::filesystem::is_directory(status) ? "it is a folder" : "it is a device, a pipe or the like");
        std::filesystem::remove(partial_, ignored);  // a leftover may be a link to a kept copy: not to be written into
        file_.reset(std::fopen(partial_.c_str(), "wb"));
        if (!file_) fail_with("open", partial_, errno, "give a path in a folder that exists and may be written");
    }
    DurableFile(const DurableFile&) = delete;
    DurableFile& operator=(const DurableFile&) = delete;

    /// Removes what was not committed.
    ~DurableFile() {
        if (committed_) return;
        file_.reset();
        std::error_code ignored;
        std::filesystem::remove(partial_, ignored);
    }

    void write(std::span<const std::byte> bytes) {
        if (bytes.empty()) return;
        errno = 0;
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
            fail_with("write", partial_, errno);
    }

    /// Brings the bytes to the disk and replaces `path`. With a `kept` name a hard link `path`.`kept` to the same bytes
    /// is made before, which later commits leave alone; it replaces a former one.
    void commit(std::string_view kept = {}) {
        errno = 0;
        if (std::fflush(file_.get()) != 0) fail_with("write", partial_, errno);
        if (!sync_file(file_.get())) fail_with("sync", partial_, errno);
        file_.reset();
        if (!kept.empty()) link(path_ + "." + std::string(kept));
        std::error_code failed;
        std::filesystem::rename(partial_, path_, failed);
        if (failed) fail_with("rename", partial_, failed.value(), "it should have become '" + path_ + "'");
        committed_ = true;
        if (!sync_folder_of(path_)) {
            fail_with("sync the folder of", path_, errno,
                      "the file is whole, but its name may be lost in a power failure");
        }
    }

private:
    void link(const std::string& name) {
        std::error_code failed;
        std::filesystem::remove(name, failed);
        if (!failed) std::filesystem::create_hard_link(partial_, name, failed);
        if (failed) {
            fail_with("link", name, failed.value(),
                      "a copy is kept as a hard link, which not every file system has; keep none or write elsewhere");
        }
    }

    [[noreturn]] void fail_with(const char* what, const std::string& name, int error,
                                const std::string& mend = "is the disk full? A former file is intact") const {
        fail("{}: cannot {} '{}': {}; {}", who_, what, name, error_text(error), mend);
    }

    const char* who_;
    std::string path_, partial_;
    std::unique_ptr<std::FILE, CloseFile> file_;
    bool committed_ = false;
};

}  // namespace GRADIVA_NAMESPACE::detail
