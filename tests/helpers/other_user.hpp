// Something that has to fail for want of a permission, done by a user who is not root.
#pragma once

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>

#include "gradiva/core/check.hpp"

namespace gradiva_test {

/// The text of the `Error` that `body()` throws in a child process that is not root's; "" where it throws none, nothing
/// where root cannot become another user here.
template <class Body>
std::optional<std::string> error_of_other_user(const Body& body) {
    constexpr uid_t nobody = 65534;
    constexpr int not_possible = 17;
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setgid(nobody) != 0 || setuid(nobody) != 0)) {
            std::_Exit(not_possible);
        }
        std::string text;
        try {
            body();
        } catch (const gradiva::Error& error) {
            text = error.what();
        }
        std::_Exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    close(ends[1]);
    std::array<char, 1000> text{};
    const ssize_t size = read(ends[0], text.data(), text.size());
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == not_possible) return {};
    if (status != 0 || size < 0) std::abort();
    return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace gradiva_test
