#include "gradiva/core/description.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <nlohmann/json.hpp>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("a description keeps values by their paths, in the order in which they came first") {
    Description description;
    description.set("b", 1.5);
    description.set("a", std::string("text"));
    description.set("b", true);
    REQUIRE(description.entries.size() == 2);
    CHECK(description.entries[0].path == "b");
    CHECK(*description.find("b") == DescriptionValue(true));
    CHECK(*description.find("a") == DescriptionValue(std::string("text")));
    CHECK(description.find("c") == nullptr);
    Description other = description;
    CHECK(other == description);
    other.set("a", std::string("other"));
    CHECK(!(other == description));
}

TEST_CASE("a description is a flat object in JSON, which a JSON reader reads") {
    std::string json;
    append_json(json, Description{});
    CHECK(json == "{}");
    Description description;
    description.set("yes", true);
    description.set("count", std::int64_t{-3});
    description.set("seed", std::numeric_limits<std::uint64_t>::max());
    description.set("rate", 3e-4);
    description.set("infinite", std::numeric_limits<double>::infinity());
    description.set("name", std::string("<b>\"x\"\n\xFF"));
    description.set("widths", std::vector<double>{4, 64, 0.5, -std::numeric_limits<double>::infinity()});
    description.set("none", std::vector<double>{});
    json.clear();
    append_json(json, description);
    CHECK(json == R"({"yes":true,"count":-3,"seed":18446744073709551615,"rate":0.0003,"infinite":"inf",)"
                  R"("name":"<b>\"x\"\u000a)"
                  "\xEF\xBF\xBD"
                  R"(","widths":[4,64,0.5,"-inf"],"none":[]})");
    CHECK(nlohmann::json::parse(json)["seed"].get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
}
