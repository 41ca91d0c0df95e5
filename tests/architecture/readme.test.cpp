// What the README says of the headers is what they say.
#include "catch.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

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

/// `name = default` of each field, by struct, of all structs of options in trainers' headers.
std::map<std::string, Fields> options_in_headers() {
    std::map<std::string, Fields> structs;
    for (const char* header :
         {"ppo", "a2c", "trpo", "reinforce", "off_policy", "q_lambda", "analytic_policy_gradient"}) {
        std::istringstream lines(text_of(std::string("include/gradiva/train/") + header + ".hpp"));
        const std::regex begin("struct (\\w+Options) \\{"), field("    \\w+ (\\w+ = [^;]+);.*");
        Fields* open = nullptr;
        for (std::string line; std::getline(lines, line);) {
            std::smatch match;
            if (std::regex_match(line, match, begin)) open = &structs[match[1]];
            if (line == "};") open = nullptr;
            if (open != nullptr && std::regex_match(line, match, field)) open->push_back(match[1]);
        }
    }
    return structs;
}

/// The same by the README's table, whose rows begin with a trainer and its struct.
std::map<std::string, Fields> options_in_readme() {
    std::map<std::string, Fields> structs;
    std::istringstream lines(text_of("README.md"));
    const std::regex row("\\| `\\w+`, `(\\w+Options)` \\| (.*) \\|");
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, row)) structs[match[1]] = all_matches(match[2], std::regex("`([^`]+)`"));
    }
    return structs;
}

}  // namespace

TEST_CASE("The README lists every trainer's options, with their defaults, in the order of the headers") {
    const auto headers = options_in_headers(), readme = options_in_readme();
    CHECK(headers.size() == 8);
    for (const auto& [name, fields] : headers) {
        CAPTURE(name);
        CHECK(fields.size() >= 7);
        REQUIRE(readme.count(name) == 1);
        CHECK(readme.at(name) == fields);
    }
    CHECK(readme.size() == headers.size());
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
