#include "gradiva/io/detail/stored_part.hpp"

#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using namespace gradiva;
using Catch::Matchers::Contains;

namespace {

struct Whole {
    bool flag = true;
    double number = 2;
    std::uint8_t byte = 1;
    std::vector<float> floats = {1, 2.5F};
    std::string text = "abc";

    void visit_state(State& state) {
        state.within("part", [&] {
            state("flag", flag);
            state("number", number);
            state("byte", byte);
            state("floats", floats);
            state("text", text);
        });
    }
};

}  // namespace

TEST_CASE("pieces of a stored part are read by their types, and others are refused by their path") {
    Whole whole;
    const StateImage image = image_of(whole);
    const std::string who = "file";
    const detail::StoredPart part(who, image, "part");
    CHECK(part.flag("flag"));
    CHECK(part.number<double>("number") == 2);
    CHECK(part.text("text") == "abc");
    CHECK(part.numbers<float>("floats") == std::vector<float>{1, 2.5F});
    CHECK(part.finite_numbers("floats") == std::vector<double>{1, 2.5});
    CHECK(part.has("byte"));
    CHECK(!part.has("other"));
    for (const char* other : {"number", "byte", "floats", "text"}) {
        CHECK_THROWS_WITH(part.flag(other), Contains("file: part/" + std::string(other) + " is not true or false"));
    }
    CHECK_THROWS_WITH(part.flag("other"), Contains("part/other is missing"));
    CHECK_THROWS_WITH(part.number<float>("number"), Contains("part/number has the type"));
    CHECK_THROWS_WITH(part.number<float>("floats"), Contains("part/floats has 2 numbers, not 1"));
    CHECK_THROWS_WITH(part.text("number"), Contains("part/number is no text"));
    whole.floats[1] = std::numeric_limits<float>::infinity();
    const StateImage infinite = image_of(whole);
    CHECK_THROWS_WITH(detail::StoredPart(who, infinite, "part").finite_numbers("floats"),
                      Contains("part/floats[1] is inf"));
}
