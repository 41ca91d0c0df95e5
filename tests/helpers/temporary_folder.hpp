// A folder for files of a test's own, which goes with all that is in it.
#pragma once

#include <filesystem>
#include <fstream>
#include <ios>
#include <set>
#include <sstream>
#include <string>

#include "helpers/temporary_path.hpp"

namespace gradiva_test {

class TemporaryFolder {
public:
    explicit TemporaryFolder(const std::string& name) : path_(temporary_path(name)) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directory(path_);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    const std::string& path() const { return path_; }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    /// The names of all that is in it.
    std::set<std::string> names() const {
        std::set<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(path_))
            all.insert(entry.path().filename().string());
        return all;
    }

private:
    std::string path_;
};

inline std::string read_text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

inline void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace gradiva_test
