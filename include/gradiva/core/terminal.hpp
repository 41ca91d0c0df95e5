#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif
#if __has_include(<sys/ioctl.h>)
#include <sys/ioctl.h>
#endif

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// What an output can show.
struct Terminal {
    bool moves_cursor = false;  ///< lines can be overwritten; false for files, pipes and dumb terminals
    bool colours = false;       ///< 256 colours
    bool utf8 = false;          ///< characters beyond ASCII
    Index columns = 80;         ///< of a line; at least 1
    Index rows = 24;            ///< at least 1
};

namespace detail {

inline std::string environment_variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// The number above 0 that a variable holds, else `fallback`.
inline Index number_of_variable(const char* name, Index fallback) {
    const std::string text = environment_variable(name);
    int number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && stop == text.data() + text.size() && number > 0 ? number : fallback;
}

/// Whether the locale that LC_ALL, LC_CTYPE and LANG name has UTF-8, the first that is set being the one that counts.
inline bool locale_has_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        std::string value = environment_variable(name);
        if (value.empty()) continue;
        std::transform(value.begin(), value.end(), value.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
    return false;
}

inline bool is_terminal([[maybe_unused]] std::FILE* file) {
#if __has_include(<unistd.h>)
    return isatty(fileno(file)) != 0;
#else
    return false;
#endif
}

}  // namespace detail

/// The size of the window of a terminal, now; where it says none, that of COLUMNS and LINES, else 80 x 24.
inline void read_window_size([[maybe_unused]] std::FILE* file, Terminal& terminal) {
    terminal.columns = detail::number_of_variable("COLUMNS", 80);
    terminal.rows = detail::number_of_variable("LINES", 24);
#if __has_include(<sys/ioctl.h>) && defined(TIOCGWINSZ)
    winsize size{};
    if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0) return;
    if (size.ws_col > 0) terminal.columns = size.ws_col;
    if (size.ws_row > 0) terminal.rows = size.ws_row;
#endif
}

/// What `file` can show. A file, a pipe, and a terminal whose TERM is "dumb" or not set show plain lines without
/// colours. A terminal has colours unless NO_COLOR is set to something; and UTF-8 where the locale has it.
inline Terminal terminal_of(std::FILE* file) {
    const std::string kind = detail::environment_variable("TERM");
    Terminal terminal{.moves_cursor = detail::is_terminal(file) && !kind.empty() && kind != "dumb"};
    terminal.colours = terminal.moves_cursor && detail::environment_variable("NO_COLOR").empty();
    terminal.utf8 = terminal.moves_cursor && detail::locale_has_utf8();
    read_window_size(file, terminal);
    return terminal;
}

/// How many characters UTF-8 text has.
inline Index count_characters(std::string_view text) {
    return static_cast<Index>(std::count_if(text.begin(), text.end(),
                                            [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The first of some parts of a line, together at most `columns` characters long: a line becomes shorter by whole
/// parts, so that no number loses digits. A part begins with what separates it from the one before. Empty where the
/// first does not fit.
inline std::string parts_that_fit(std::span<const std::string> parts, Index columns) {
    std::string line;
    for (const std::string& part : parts) {
        columns -= count_characters(part);
        if (columns < 0) break;
        line += part;
    }
    return line;
}

}  // namespace GRADIVA_NAMESPACE
