#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>

namespace GRADIVA_NAMESPACE {

/// The version of the library. The build reads it from here.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

/// "major.minor.patch".
inline std::string version_text() {
    return std::to_string(version_major) + '.' + std::to_string(version_minor) + '.' + std::to_string(version_patch);
}

}  // namespace GRADIVA_NAMESPACE
