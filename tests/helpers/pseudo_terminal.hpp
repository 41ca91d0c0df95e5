#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/disk.hpp"

#if __has_include(<sys/ioctl.h>) && __has_include(<fcntl.h>) && __has_include(<poll.h>)
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#define GRADIVA_TEST_HAS_PSEUDO_TERMINALS

namespace gradiva_test {

using Values = std::vector<std::pair<const char*, const char*>>;

/// Variables of the environment for the time of a scope; nullptr: not set.
class Variables {
public:
    explicit Variables(const Values& values) {
        for (const char* name : {"TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG", "COLUMNS", "LINES"})
            set(name, nullptr);
        for (const auto& [name, value] : values) set(name, value);
    }
    ~Variables() {
        for (auto former = former_.rbegin(); former != former_.rend(); ++former) {
            write(former->first, former->second ? former->second->c_str() : nullptr);
        }
    }
    Variables(const Variables&) = delete;
    Variables& operator=(const Variables&) = delete;

private:
    void set(const char* name, const char* value) {
        const char* const former = std::getenv(name);
        former_.emplace_back(name, former == nullptr ? std::nullopt : std::optional<std::string>(former));
        write(name, value);
    }
    static void write(const char* name, const char* value) {
        if (value == nullptr) {
            unsetenv(name);
        } else {
            setenv(name, value, 1);
        }
    }

    std::vector<std::pair<const char*, std::optional<std::string>>> former_;
};

/// A terminal that nobody looks at.
struct PseudoTerminal {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    std::unique_ptr<std::FILE, gradiva::CloseFile> file;

    PseudoTerminal(unsigned short columns, unsigned short rows) {
        if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return;
        const char* const name = ptsname(master);
        if (name == nullptr) return;
        file.reset(std::fopen(name, "r+"));
        resize(columns, rows);
    }
    ~PseudoTerminal() {
        if (master >= 0) close(master);
    }
    /// What was written so far and not read.
    std::string shown() const {
        std::string text;
        char part[4096];
        for (pollfd ready{master, POLLIN, 0}; poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0;) {
            const auto bytes = ::read(master, part, sizeof part);
            if (bytes <= 0) break;
            text.append(part, static_cast<std::size_t>(bytes));
        }
        return text;
    }

    PseudoTerminal(const PseudoTerminal&) = delete;
    PseudoTerminal& operator=(const PseudoTerminal&) = delete;

    void resize(unsigned short columns, unsigned short rows) const {
        winsize size{};
        size.ws_col = columns;
        size.ws_row = rows;
        ioctl(master, TIOCSWINSZ, &size);
    }
};

}  // namespace gradiva_test

#endif
