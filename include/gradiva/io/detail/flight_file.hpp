#pragma once

#include "gradiva/core/namespace.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/io/detail/checkpoint_file.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/rollout/step_watch.hpp"
#include "gradiva/train/run.hpp"
#include "gradiva/train/train_options.hpp"
#include "gradiva/version.hpp"

// The file of `FlightRecord`: the state of a training as in a checkpoint, without callbacks; what failed as texts.

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::string_view flight_format_key = "gradiva.flight_record";
inline constexpr std::string_view flight_format = "1";

/// Compiler and target, on which the bits of a training depend.
inline std::string build_text() {
#if defined(__FMA__) || defined(__aarch64__)
    constexpr bool has_fma = true;
#else
    constexpr bool has_fma = false;
#endif
#ifdef __OPTIMIZE__
    constexpr bool is_optimised = true;
#else
    constexpr bool is_optimised = false;
#endif
    return fmt::format("{}, vectors of {} bytes{}{}", __VERSION__, GRADIVA_VECTOR_BYTES, has_fma ? ", FMA" : "",
                       is_optimised ? ", optimised" : "");
}

inline std::string text_of(const std::optional<StepOfRollout>& step) {
    return step ? fmt::format(", environment {}, time step {} of the rollout", step->environment, step->t) : "";
}

/// What is written besides the state.
struct Flight {
    std::string algorithm = {};
    Index iterations = 1;  ///< from the state on, the last of which failed
    IterationFailure failure = {};
    bool is_of_this_build = true;
};

inline void write_flight(const std::string& path, const StateImage& image, const Flight& flight) {
    SafetensorsWriter file;
    file.add_text(flight_format_key, flight_format);
    file.add_text("gradiva.version", version_text());
    file.add_text("gradiva.build", build_text());
    file.add_text("algorithm", flight.algorithm);
    file.add_text("iterations", fmt::format("{}", flight.iterations));
    file.add_text("failure", printable(flight.failure.text));
    if (flight.failure.step) {
        file.add_text("failure.environment", fmt::format("{}", flight.failure.step->environment));
        file.add_text("failure.t", fmt::format("{}", flight.failure.step->t));
    }
    for (const StateArray& array : image.arrays()) file.add(array.path, array.type, array.shape, array.data);
    file.write(path);
}

/// A record that was read.
class FlightFile {
public:
    /// Throws `Error` where the file is damaged, or no record.
    explicit FlightFile(const std::string& path) : file_(path), who_("replay '" + path + "'") {
        const std::string* const format = file_.find_text(flight_format_key);
        require(format != nullptr, "{}: this file is no flight record; give one that FlightRecord wrote", who_);
        require(*format == flight_format, "{}: its format is {} and this library reads {}", who_, printable(*format),
                flight_format);
        require(file_.has_checksum(), "{}: its checksum is missing; it was changed by another program", who_);
        flight_.iterations = number("iterations");
        require(flight_.iterations >= 1, "{}: iterations is {}", who_, flight_.iterations);
        flight_.failure.text = text("failure");
        if (file_.find_text("failure.environment") != nullptr) {
            flight_.failure.step = StepOfRollout{number("failure.environment"), number("failure.t")};
        }
        flight_.is_of_this_build = text("gradiva.build") == build_text();
        image_ = state_in(file_);
    }

    const std::string& who() const { return who_; }
    const StateImage& image() const { return image_; }
    const Flight& flight() const { return flight_; }
    /// The options of the call of `train` that failed.
    TrainOptions options() const {
        const StoredPart loop(who_, image_, "loop");
        return {.steps = loop.number<Index>("total_steps"), .schedule_steps = loop.number<Index>("schedule_steps")};
    }

private:
    const std::string& text(const char* key) const {
        const std::string* const found = file_.find_text(key);
        require(found != nullptr, "{}: its text '{}' is missing", who_, key);
        return *found;
    }
    Index number(const char* key) const {
        const std::string& digits = text(key);
        Index value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        require(error == std::errc() && end == digits.data() + digits.size() && value >= 0,
                "{}: its text '{}' is {}, not a number", who_, key, printable(digits));
        return value;
    }

    SafetensorsFile file_;
    std::string who_;
    StateImage image_;
    Flight flight_;
};

}  // namespace GRADIVA_NAMESPACE::detail
