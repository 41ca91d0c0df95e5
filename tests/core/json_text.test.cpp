#include "gradiva/core/json_text.hpp"

#include <cstdint>
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
    append_json(out, text);
    CHECK(nlohmann::json::parse(out).get<std::string>() == text);
}

TEST_CASE("numbers in JSON have all their digits") {
    std::string out;
    append_json(out, std::uint64_t{0});
    out += ' ';
    append_json(out, std::numeric_limits<std::uint64_t>::max());
    CHECK(out == "0 18446744073709551615");
}

TEST_CASE("is_utf8 agrees with the JSON reader on every short text of critical bytes") {
    const std::string critical(
        "\x00\x41\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xDF\xE0\xE1\xEC\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5\xFF", 25);
    const auto agrees = [](const std::string& text) {
        // Quotes and control characters are escaped; what follows them is the same.
        std::string json = "\"";
        for (const char c : text) json += c == 0 ? '0' : c;
        return nlohmann::json::accept(json + '"') == is_utf8(text);
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

TEST_CASE("each byte that belongs to no character becomes the replacement character") {
    const std::string replacement = "\xEF\xBF\xBD";
    const auto both = [](const std::string& text) {
        std::string plain, json;
        append_utf8(plain, text);
        append_json(json, text);
        CHECK(nlohmann::json::parse(json).get<std::string>() == plain);
        CHECK(is_utf8(plain));
        return plain;
    };
    CHECK(both("a\xFFz") == "a" + replacement + "z");
    CHECK(both("\xE2\x82") == replacement + replacement);
    CHECK(both("\xC3\xA9\xED\xA0\x80") == "\xC3\xA9" + replacement + replacement + replacement);
    CHECK(both("<b>\"&\\\n") == "<b>\"&\\\n");
    CHECK(both("").empty());
}

TEST_CASE("numbers in JSON are the shortest that give the number again, and texts where they are not finite") {
    const auto json = [](auto value) {
        std::string out;
        append_json(out, value);
        return out;
    };
    CHECK(json(0.1) == "0.1");
    CHECK(json(0.1F + 0.0) == "0.10000000149011612");
    CHECK(json(1.0) == "1");
    CHECK(json(-2.5e-300) == "-2.5e-300");
    CHECK(json(std::numeric_limits<double>::quiet_NaN()) == "\"nan\"");
    CHECK(json(std::numeric_limits<double>::infinity()) == "\"inf\"");
    CHECK(json(-std::numeric_limits<double>::infinity()) == "\"-inf\"");
    CHECK(json(std::int64_t{-12345678901}) == "-12345678901");
    CHECK(json(true) == "true");
    CHECK(json(false) == "false");
    CHECK(json("text") == "\"text\"");
    for (const double number : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456789012345680.0}) {
        CHECK(nlohmann::json::parse(json(number)).get<double>() == number);
    }
}
