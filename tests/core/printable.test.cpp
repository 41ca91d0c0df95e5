#include "gradiva/core/printable.hpp"

#include <string>

#include "catch.hpp"

using gradiva::printable;

TEST_CASE("text from a file is shown without control characters, and not much of it") {
    CHECK(printable("a name, \xC3\xA4") == "a name, \xC3\xA4");
    CHECK(printable("\x1B[2Ja\nb\x7F") == "?[2Ja?b?");
    CHECK(printable(std::string(80, 'x')) == std::string(80, 'x'));
    std::string cut(80, 'x');
    cut += "...";  // not by operator+, of which GCC 12 warns wrongly
    CHECK(printable(std::string(81, 'x')) == cut);
    CHECK(printable("") == "");
}
