#pragma once

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE {

/// The version of the library. The build reads it from here.
inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;

}  // namespace GRADIVA_NAMESPACE
