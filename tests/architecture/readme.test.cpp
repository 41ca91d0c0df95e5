// What the README says of the headers is what they say.
#include "catch.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(fs::path(GRADIVA_SOURCE_DIR) / path).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("The README names every folder of headers") {
    const std::string readme = text_of("README.md");
    const std::string table = readme.substr(readme.find("| folder | what is in it |"));
    for (const auto& entry : fs::directory_iterator(fs::path(GRADIVA_SOURCE_DIR) / "include/gradiva")) {
        if (!entry.is_directory()) continue;
        const std::string name = entry.path().filename().string();
        CAPTURE(name);
        CHECK(table.substr(0, table.find("\n\n")).find('`' + name + '`') != std::string::npos);
    }
}
