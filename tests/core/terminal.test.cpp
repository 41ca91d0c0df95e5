#include "gradiva/core/terminal.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/disk.hpp"

#if __has_include(<sys/ioctl.h>) && __has_include(<fcntl.h>)
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#define HAS_PSEUDO_TERMINALS
#endif

using namespace gradiva;

namespace {

using File = std::unique_ptr<std::FILE, CloseFile>;

#ifdef HAS_PSEUDO_TERMINALS

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
    File file;

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
    PseudoTerminal(const PseudoTerminal&) = delete;
    PseudoTerminal& operator=(const PseudoTerminal&) = delete;

    void resize(unsigned short columns, unsigned short rows) const {
        winsize size{};
        size.ws_col = columns;
        size.ws_row = rows;
        ioctl(master, TIOCSWINSZ, &size);
    }
};

#endif

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

#ifdef HAS_PSEUDO_TERMINALS

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

TEST_CASE("text is counted and cut by characters, not by bytes") {
    CHECK(count_characters("") == 0);
    CHECK(count_characters("abc") == 3);
    CHECK(count_characters("▁█é") == 3);
    CHECK(first_characters("▁█é", 2) == "▁█");
    CHECK(first_characters("▁█é", 3) == "▁█é");
    CHECK(first_characters("▁█é", 9) == "▁█é");
    CHECK(first_characters("abc", 0).empty());
}
