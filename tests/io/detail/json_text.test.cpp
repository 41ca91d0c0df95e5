#include "gradiva/io/detail/json_text.hpp"

#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("text in JSON is what a JSON reader makes of it again") {
    std::string text;
    for (char c = 0; c < 127; ++c) text += c;
    text += "\x7F \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80";
    std::string out;
    detail::append_json(out, text);
    CHECK(nlohmann::json::parse(out).get<std::string>() == text);
}

TEST_CASE("numbers in JSON have all their digits") {
    std::string out;
    detail::append_json(out, std::uint64_t{0});
    out += ' ';
    detail::append_json(out, std::numeric_limits<std::uint64_t>::max());
    CHECK(out == "0 18446744073709551615");
}

TEST_CASE("is_utf8 agrees with the JSON reader on every short text of critical bytes") {
    const std::string critical(
        "\x00\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xFF", 25);
    const auto agrees = [](const std::string& text) {
        std::string json;
        detail::append_json(json, text);
        return nlohmann::json::accept(json) == detail::is_utf8(text);
    };
    for (const char a : critical) {
        for (const char b : critical) {
            for (const char c : critical) {
                if (!agrees({a}) || !agrees({a, b}) || !agrees({a, b, c})) FAIL("one of three bytes");
                if (static_cast<unsigned char>(a) < 0xF0) continue;
                for (const char d : critical) {
                    if (!agrees({a, b, c, d})) FAIL("one of four bytes");
                }
            }
        }
    }
}
