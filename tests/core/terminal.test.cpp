#include "gradiva/core/terminal.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/disk.hpp"
#include "helpers/pseudo_terminal.hpp"

using namespace gradiva;
#ifdef GRADIVA_TEST_HAS_PSEUDO_TERMINALS
using gradiva_test::PseudoTerminal;
using gradiva_test::Values;
using gradiva_test::Variables;
#endif

namespace {

using File = std::unique_ptr<std::FILE, CloseFile>;

}  // namespace

TEST_CASE("a file shows plain text") {
    const File file(std::tmpfile());
    REQUIRE(file);
    const Terminal terminal = terminal_of(file.get());
    CHECK(!terminal.moves_cursor);
    CHECK(!terminal.colours);
    CHECK(!terminal.utf8);
    CHECK(terminal.columns >= 1);
    CHECK(terminal.rows >= 1);
}

#ifdef GRADIVA_TEST_HAS_PSEUDO_TERMINALS

TEST_CASE("a file is as wide as COLUMNS says, else 80") {
    const File file(std::tmpfile());
    REQUIRE(file);
    const auto columns = [&](const char* text) {
        const Variables variables(Values{{"COLUMNS", text}});
        return terminal_of(file.get()).columns;
    };
    CHECK(columns("17") == 17);
    for (const char* wrong : {"", "0", "-3", "many", "17x", "99999999999999999999"}) CHECK(columns(wrong) == 80);
    CHECK(columns(nullptr) == 80);
}

TEST_CASE("a terminal shows what TERM, NO_COLOR and the locale allow") {
    const PseudoTerminal pseudo(33, 12);
    REQUIRE(pseudo.file);
    const auto shows = [&](const Values& values) {
        const Variables variables(values);
        const Terminal terminal = terminal_of(pseudo.file.get());
        return std::string(terminal.moves_cursor ? "cursor " : "") + (terminal.colours ? "colours " : "") +
               (terminal.utf8 ? "utf8" : "");
    };
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "en_GB.UTF-8"}}) == "cursor colours utf8");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "en_GB.utf8"}}) == "cursor colours utf8");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "C"}}) == "cursor colours ");
    CHECK(shows({{"TERM", "xterm"}}) == "cursor colours ");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "C"}, {"LC_ALL", "C.UTF-8"}}) == "cursor colours utf8");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "C.UTF-8"}, {"LC_ALL", "C"}}) == "cursor colours ");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "C"}, {"LC_CTYPE", "C.UTF-8"}}) == "cursor colours utf8");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "C.UTF-8"}, {"NO_COLOR", "1"}}) == "cursor utf8");
    CHECK(shows({{"TERM", "xterm"}, {"LANG", "C.UTF-8"}, {"NO_COLOR", ""}}) == "cursor colours utf8");
    CHECK(shows({{"TERM", "dumb"}, {"LANG", "C.UTF-8"}}).empty());
    CHECK(shows({{"LANG", "C.UTF-8"}}).empty());
}

TEST_CASE("a terminal has the size of its window, now, else that of COLUMNS and LINES") {
    const PseudoTerminal pseudo(33, 12);
    REQUIRE(pseudo.file);
    const Variables variables(Values{{"TERM", "xterm"}, {"COLUMNS", "50"}, {"LINES", "40"}});
    Terminal terminal = terminal_of(pseudo.file.get());
    CHECK(terminal.columns == 33);
    CHECK(terminal.rows == 12);
    pseudo.resize(10, 3);
    read_window_size(pseudo.file.get(), terminal);
    CHECK(terminal.columns == 10);
    CHECK(terminal.rows == 3);
    pseudo.resize(0, 0);
    read_window_size(pseudo.file.get(), terminal);
    CHECK(terminal.columns == 50);
    CHECK(terminal.rows == 40);
}

#endif

TEST_CASE("text is counted by characters, not by bytes") {
    CHECK(count_characters("") == 0);
    CHECK(count_characters("abc") == 3);
    CHECK(count_characters("▁█é") == 3);
}

TEST_CASE("a line becomes shorter by whole parts, from the last on") {
    const std::vector<std::string> parts{"34 %", " 1024", " stéps", ", 7"};
    const auto line = [&](Index columns) { return parts_that_fit(parts, columns); };
    for (const Index columns : {-1, 0, 1, 3}) CHECK(line(columns).empty());
    for (const Index columns : {4, 5, 8}) CHECK(line(columns) == "34 %");
    for (const Index columns : {9, 14}) CHECK(line(columns) == "34 % 1024");
    for (const Index columns : {15, 17}) CHECK(line(columns) == "34 % 1024 stéps");
    for (const Index columns : {18, 1000}) CHECK(line(columns) == "34 % 1024 stéps, 7");
    CHECK(parts_that_fit({}, 10).empty());
    // What comes after a part that does not fit would be read as if it stood beside the one before.
    CHECK(parts_that_fit(std::vector<std::string>{"a", " long", " b"}, 4) == "a");
}
