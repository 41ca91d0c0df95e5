#include "gradiva/io/detail/page_text.hpp"

#include <string>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("text of a page has no markup, and nothing that XML cannot hold") {
    CHECK(detail::xml_text("caf\xC3\xA9 'x'") == "caf\xC3\xA9 'x'");
    CHECK(detail::xml_text("<a href=\"&\">") == "&lt;a href=&quot;&amp;&quot;&gt;");
    CHECK(detail::xml_text(std::string("a\0b\x1b\n", 5)) == "a?b??");
    CHECK(detail::xml_text("\xFF|\xEF\xBF\xBE|\xEF\xBF\xBF|\xEF\xBF\xBE") == "\xEF\xBF\xBD|?|?|?");
}

TEST_CASE("JSON of a page begins no tag") {
    CHECK(detail::page_json(R"({"a<":"</script><!-->&"})") == R"({"a\u003c":"\u003c/script>\u003c!-->&"})");
    CHECK(detail::page_json("").empty());
}
