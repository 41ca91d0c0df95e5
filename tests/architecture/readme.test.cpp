// What the README says of the headers is what they say.
#include "catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gradiva/train/log_columns.hpp"

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(fs::path(GRADIVA_SOURCE_DIR) / path).rdbuf();
    return text.str();
}

/// The numbers of a struct and what the comments behind them say.
void add_comments(const fs::path& header, std::map<std::string, std::string>& comments) {
    const std::string text = text_of(header);
    const std::regex field("\\n    (?:double|Index) (\\w+) = [^;\\n]+; +///< ([^\\n]+)");
    for (std::sregex_iterator i(text.begin(), text.end(), field), end; i != end; ++i) comments[(*i)[1]] = (*i)[2];
}

/// A line of code without what stands around it and the comment behind it.
std::string bare(const std::string& line) {
    const std::string code = std::regex_replace(line, std::regex(" *//.*$"), "");
    return code.substr(std::min(code.find_first_not_of(' '), code.size()));
}

/// The lines of C++ in a text's blocks of code.
std::vector<std::string> lines_of_cpp(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    bool is_cpp = false;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("```")) {
            is_cpp = line == "```cpp";
        } else if (is_cpp && !bare(line).empty()) {
            lines.push_back(bare(line));
        }
    }
    return lines;
}

/// Checks that the program has each line of C++ that the text shows; returns how many there are.
std::size_t check_shown(const std::string& text, const std::string& program_path) {
    std::istringstream program(text_of(program_path));
    std::set<std::string> run;
    for (std::string line; std::getline(program, line);) run.insert(bare(line));
    std::size_t shown = 0;
    for (const std::string& line : lines_of_cpp(text)) {
        CAPTURE(line);
        CHECK(run.contains(line));
        ++shown;
    }
    return shown;
}

}  // namespace

TEST_CASE("The README explains every column of a training log in its order, by the comment of its field") {
    std::map<std::string, std::string> comments;
    add_comments("include/gradiva/learn/update_report.hpp", comments);
    add_comments("include/gradiva/train/progress.hpp", comments);
    const std::string readme = text_of("README.md");
    std::istringstream rows(readme.substr(readme.find("| column | what it is |")));
    std::string row;
    std::getline(rows, row);
    std::getline(rows, row);
    for (const gradiva::LogColumn& column : gradiva::log_columns) {
        std::getline(rows, row);
        const std::string expected = fmt::format("| `{}` | {} | ", column.name(), comments[column.name()]);
        INFO("the README lacks this row:\n" << expected);
        CHECK(row.substr(0, expected.size()) == expected);
    }
    std::getline(rows, row);
    CHECK(row.empty());
}

TEST_CASE("Every column of a training log has the name of its field") {
    const std::string text = text_of("include/gradiva/train/log_columns.hpp");
    const std::regex line("\\n    \\{\"(\\w+)\", &\\w+::(\\w+)");
    std::size_t lines = 0;
    for (std::sregex_iterator i(text.begin(), text.end(), line), end; i != end; ++i, ++lines) CHECK((*i)[1] == (*i)[2]);
    CHECK(lines == std::size(gradiva::log_columns));
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

TEST_CASE("What is shown in C++ of saved and exported policies stands in a program that runs") {
    const std::string readme = text_of("README.md");
    const std::size_t begin = readme.find("## A trained policy in another program");
    REQUIRE(begin != readme.npos);
    const std::string section = readme.substr(begin, readme.find("\n## ", begin) - begin);
    const std::string program = "tests/io/deployment.program.cpp";
    CHECK(check_shown(section, program) + check_shown(text_of("docs/deployment.md"), program) > 15);
    CHECK(check_shown(text_of("docs/embedding.md"), "tests/agents/embedding.program.cpp") > 15);
}

TEST_CASE("What is shown in C++ of networks stands in a program that runs") {
    CHECK(check_shown(text_of("docs/networks.md"), "tests/policy/own_network.program.cpp") > 60);
}
