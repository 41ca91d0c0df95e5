// What the library does about exceptions stands in two headers, so that it compiles and works without them.
#include "catch.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// Takes comments and what stands between quotes out of C++ code.
std::string without_comments_and_texts(const std::string& code) {
    std::string rest;
    for (std::size_t at = 0; at < code.size(); ++at) {
        const auto skip_to = [&](const char* end) { at = std::min(code.find(end, at + 2), code.size()); };
        const bool digit_before = at > 0 && std::isalnum(static_cast<unsigned char>(code[at - 1])) != 0;
        if (code.compare(at, 2, "//") == 0) {
            skip_to("\n");
        } else if (code.compare(at, 2, "/*") == 0) {
            skip_to("*/");
            ++at;
        } else if (code[at] == '"' || (code[at] == '\'' && !digit_before)) {
            const char quote = code[at];
            for (++at; at < code.size() && code[at] != quote; ++at) at += code[at] == '\\' ? std::size_t{1} : 0;
        } else {
            rest += code[at];
            continue;
        }
        rest += ' ';
    }
    return rest;
}

std::vector<std::string> words_of(const std::string& code) {
    std::vector<std::string> words(1);
    for (const char c : code) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
            words.back() += c;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    return words;
}

bool handles_exceptions(const std::string& code) {
    static const std::set<std::string> keywords{
        "throw", "try", "catch", "current_exception", "exception_ptr", "rethrow_exception", "__cpp_exceptions"};
    const auto words = words_of(without_comments_and_texts(code));
    return std::any_of(words.begin(), words.end(), [](const std::string& word) { return keywords.contains(word); });
}

}  // namespace

TEST_CASE("throw, try and catch stand in two headers only, and one names what they change") {
    const fs::path root = fs::path(GRADIVA_SOURCE_DIR) / "include" / "gradiva";
    std::set<std::string> found;
    int headers = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        ++headers;
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        if (handles_exceptions(text.str())) found.insert(entry.path().lexically_relative(root).generic_string());
    }
    CHECK(headers > 100);
    CHECK(found == std::set<std::string>{"core/check.hpp", "core/failure.hpp", "core/namespace.hpp"});
}

TEST_CASE("the search for exceptions sees code, and neither comments nor texts") {
    CHECK(handles_exceptions("if (wrong) throw Error(text);"));
    CHECK(handles_exceptions("try{ work(); }"));
    CHECK(handles_exceptions("} catch(...) {"));
    CHECK(handles_exceptions("std::exception_ptr failure;"));
    CHECK(handles_exceptions("/* why */ throw 7;"));
    CHECK(handles_exceptions("say(\"a \\\" quote\"); throw 7;"));
    CHECK(handles_exceptions("n = 1'000; throw 7; n = 1'000;"));
    CHECK_FALSE(handles_exceptions("// may throw, so try\nwork();"));
    CHECK_FALSE(handles_exceptions("/* throw */ work();"));
    CHECK_FALSE(handles_exceptions("say(\"try again, or catch it\");"));
    CHECK_FALSE(handles_exceptions("entry.retry(rethrow_all);"));
}
