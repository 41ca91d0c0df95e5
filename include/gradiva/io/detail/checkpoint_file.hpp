#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/train/run.hpp"
#include "gradiva/version.hpp"

// A training as a safetensors file: each array of its `StateImage` is a tensor of the same name.

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::string_view checkpoint_format_key = "gradiva.checkpoint";
inline constexpr std::string_view checkpoint_format = "1";
inline constexpr std::string_view checkpoint_episodes_key = "gradiva.episodes";

constexpr std::string_view name_of(Episodes episodes) { return episodes == Episodes::kept ? "kept" : "restarted"; }

/// Whether there is something of this name, of whatever kind.
inline bool is_there(const std::string& path) {
    std::error_code failed;
    const auto status = std::filesystem::symlink_status(path, failed);
    require(status.type() != std::filesystem::file_type::none, "Checkpoint: cannot look for '{}': {}", path,
            failed.message());
    return std::filesystem::exists(status);
}

/// The tensors of a file as state, which lies in the file's memory.
inline StateImage state_in(const SafetensorsFile& file) {
    StateImage image;
    for (const auto& [name, tensor] : file.tensors()) {
        StateArray& array = image.at(name);
        array.type = tensor.type;
        array.shape = tensor.shape;
        array.data = tensor.bytes.data();
        array.bytes = static_cast<Index>(tensor.bytes.size());
    }
    return image;
}

/// A checkpoint that was read.
class CheckpointFile {
public:
    /// Throws `Error` where the file is damaged, or no checkpoint with these episodes.
    CheckpointFile(const std::string& path, Episodes episodes)
        : file_(path), who_("Checkpoint '" + path + "' (remove it to begin anew)") {
        const std::string* const format = file_.find_text(checkpoint_format_key);
        require(format != nullptr, "{}: this file is no checkpoint; give the path of another, or remove it", who_);
        require(*format == checkpoint_format, "{}: its format is {} and this library reads {}", who_,
                printable(*format), checkpoint_format);
        require(file_.has_checksum(), "{}: its checksum is missing; it was changed by another program", who_);
        const std::string* const saved = file_.find_text(checkpoint_episodes_key);
        require(saved != nullptr && *saved == name_of(episodes),
                "{}: running episodes were {} in it and are {} here; give restart_episodes as where it was written",
                who_, saved == nullptr ? "not mentioned" : printable(*saved), name_of(episodes));
        image_ = state_in(file_);
    }

    const std::string& who() const { return who_; }
    const StateImage& image() const { return image_; }

private:
    SafetensorsFile file_;
    std::string who_;
    StateImage image_;
};

/// The state of a training, for use before it goes on. Throws `Error` where what users' parts show of theirs is wrong.
inline StateImage state_of(const Run& run, Episodes episodes) {
    StateImage image;
    StateWriter writer(image, episodes, ImageMemory::referred_to);
    run.visit_state(writer);
    return image;
}

/// Writes the file as a whole, with a copy `path`.`kept` where that is not empty, unless its checksum would be
/// `former`, that of the same state. Returns the checksum.
inline std::uint64_t write_checkpoint(const std::string& path, const Run& run, Episodes episodes,
                                      const std::string& kept, const std::optional<std::uint64_t>& former) {
    const StateImage image = state_of(run, episodes);
    SafetensorsWriter file;
    file.add_text(checkpoint_format_key, checkpoint_format);
    file.add_text(checkpoint_episodes_key, name_of(episodes));
    file.add_text("gradiva.version", version_text());
    file.add_text("algorithm", run.name());
    for (const StateArray& array : image.arrays()) file.add(array.path, array.type, array.shape, array.data);
    if (former && file.checksum() == *former) return *former;
    return file.write(path, kept);
}

}  // namespace GRADIVA_NAMESPACE::detail
