// What the README says of the headers is what they say.
#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "gradiva/train/progress.hpp"

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(fs::path(GRADIVA_SOURCE_DIR) / path).rdbuf();
    return text.str();
}

using Fields = std::vector<std::string>;

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
    std::vector<std::string> found;
    for (std::sregex_iterator i(text.begin(), text.end(), pattern), end; i != end; ++i) found.push_back((*i)[1]);
    return found;
}

}  // namespace

TEST_CASE("The README explains every column of a training log, and no other") {
    std::string section = text_of("README.md");
    section = section.substr(section.find("## Reading a training log"));
    section = section.substr(0, section.find("\n## "));
    const std::regex name("`(\\w+)`");
    Fields explained;
    std::istringstream rows(section.substr(section.find("|---|")));
    for (std::string line; std::getline(rows, line) && line.starts_with("|");) {
        for (const auto& column : all_matches(line.substr(0, line.find('|', 1)), name)) explained.push_back(column);
    }
    std::string others = section.substr(section.find("The others: "));
    others = std::regex_replace(others.substr(0, others.find(". ")), std::regex("\\([^)]*\\)"), "");
    for (const auto& column : all_matches(others, name)) explained.push_back(column);
    Fields columns;
    gradiva::for_each_field(gradiva::Progress{}, [&](const char* column, auto) { columns.emplace_back(column); });
    std::sort(explained.begin(), explained.end());
    std::sort(columns.begin(), columns.end());
    CHECK(explained == columns);
}

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
