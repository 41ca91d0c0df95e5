// This program, started again as a process of its own. POSIX.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <gradiva/core/check.hpp>
#include <string>
#include <vector>

extern char** environ;

namespace cartpole_solve {

/// A pipe that no child inherits by itself.
class Pipe {
public:
    Pipe() {
        gradiva::require(pipe(ends_) == 0, "cartpole_solve: no pipe to a child process; close some files");
        for (const int end : ends_) fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close(ends_[0]);
        close_writing_end();
    }

    int writing_end() const { return ends_[1]; }

    void close_writing_end() {
        if (ends_[1] >= 0) close(ends_[1]);
        ends_[1] = -1;
    }

    /// All that is written until nobody has the writing end open any more.
    std::string read_all() {
        close_writing_end();
        std::string text;
        char block[256];
        for (;;) {
            const ssize_t count = read(ends_[0], block, sizeof block);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return text;
            text.append(block, static_cast<std::size_t>(count));
        }
    }

private:
    int ends_[2] = {-1, -1};
};

inline double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

/// What is left of a process that has ended.
struct Ended {
    std::string output = {};
    double cpu_seconds = 0;  ///< that processors worked for it, start and end included
};

/// Runs this program, whose main got `program` as its first argument, with other arguments, and waits until it has
/// ended. Throws `Error` when it cannot be started or fails.
inline Ended run_again(const std::string& program, std::vector<std::string> arguments) {
    // Linux knows the file, wherever it was started from and whatever it was called.
    const bool has_link = std::filesystem::exists("/proc/self/exe");
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);

    Pipe output;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output.writing_end(), STDOUT_FILENO);
    pid_t child = 0;
    const int failure =
        posix_spawnp(&child, has_link ? "/proc/self/exe" : program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    gradiva::require(failure == 0, "cartpole_solve: cannot start {} again; start it by its full path", program);

    Ended ended{.output = output.read_all()};
    int status = 0;
    rusage usage{};
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) continue;
    gradiva::require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "cartpole_solve: a child process failed: {}",
                     ended.output);
    ended.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    return ended;
}

}  // namespace cartpole_solve
