#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <atomic>
#include <string>

#include <fmt/core.h>

#ifdef _WIN32
#include <process.h>
#include <cstdlib>
#else
#include <unistd.h>
#endif

namespace GRADIVA_NAMESPACE::detail {

/// The machine's name, of letters, digits, '-' and '_'; "host" where it has none.
inline std::string host_name() {
#ifdef _WIN32
    const char* const text = std::getenv("COMPUTERNAME");
    std::string name = text != nullptr ? text : "";
#else
    std::array<char, 256> text{};  // the last byte stays 0
    std::string name = gethostname(text.data(), text.size() - 1) == 0 ? text.data() : "";
#endif
    for (char& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        if (!plain) c = '_';
    }
    return name.empty() ? "host" : name;
}

/// A name that no other event file of a folder has, as TensorBoard looks for them: time in seconds, machine, process, a
/// number.
inline std::string event_file_name(double seconds) {
    static std::atomic<int> files = 0;
#ifdef _WIN32
    const int process = _getpid();
#else
    const auto process = getpid();
#endif
    return fmt::format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<long long>(seconds), host_name(), process,
                       files++);
}

}  // namespace GRADIVA_NAMESPACE::detail
