#include "gradiva/core/description_writer.hpp"
#include "gradiva/core/type_name.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/core/visit_part.hpp"

using namespace gradiva;

namespace {

enum class Fruit { apple, pear };

/// An object that shows `visit(state)`.
template <class Visit>
struct Part {
    Visit visit;
    void visit_state(State& state) { visit(state); }
};

template <class Visit>
Description description_by(const Visit& visit) {
    Part<Visit> part{visit};
    return description_of(part);
}

/// What is said of one fixed value.
template <class T>
DescriptionValue described(const T& value) {
    const Description description = description_by([&](State& state) { state.fixed("value", value); });
    REQUIRE(description.entries.size() == 1);
    return description.entries[0].value;
}

DescriptionValue text(const char* value) { return std::string(value); }

struct Options {
    double rate = 0.5;
    bool quick = true;
    void visit_state(State& state) {
        state("rate", rate);
        state("quick", quick);
    }
};

struct WithoutState {
    int own = 0;
};

struct Grown : Options {
    int own = 0;
};

}  // namespace

TEST_CASE("what is fixed is described, what is state is not") {
    double position = 1;
    Options options;
    const Description description = description_by([&](State& state) {
        CHECK(state.describes());
        CHECK(!state.restores());
        state("position", position);
        state("options", options);
        state.fixed("fixed", options);
        state.within("inside", [&] { state.fixed("mass", 2.5); });
    });
    REQUIRE(description.entries.size() == 3);
    CHECK(description.entries[0].path == "fixed/rate");
    CHECK(*description.find("fixed/rate") == DescriptionValue(0.5));
    CHECK(*description.find("fixed/quick") == DescriptionValue(true));
    CHECK(*description.find("inside/mass") == DescriptionValue(2.5));
}

TEST_CASE("values are described as numbers, names, texts and lists") {
    CHECK(described(true) == DescriptionValue(true));
    CHECK(described(std::int8_t{-3}) == DescriptionValue(std::int64_t{-3}));
    CHECK(described(std::uint32_t{4'000'000'000}) == DescriptionValue(std::int64_t{4'000'000'000}));
    CHECK(described(std::int16_t{-300}) == DescriptionValue(std::int64_t{-300}));
    CHECK(described(std::uint16_t{65'535}) == DescriptionValue(std::int64_t{65'535}));
    CHECK(described(std::uint8_t{200}) == DescriptionValue(std::int64_t{200}));
    CHECK(described(std::int32_t{-7}) == DescriptionValue(std::int64_t{-7}));
    CHECK(described(std::uint64_t{7}) == DescriptionValue(std::int64_t{7}));
    CHECK(described(std::numeric_limits<std::uint64_t>::max()) ==
          DescriptionValue(std::numeric_limits<std::uint64_t>::max()));
    CHECK(described(std::numeric_limits<Index>::max()) == text("all"));
    CHECK(described(0.5F) == DescriptionValue(0.5));
    CHECK(described(Fruit::pear) == text("pear"));
    CHECK(described(std::string("word")) == text("word"));
    CHECK(described(std::string()) == text(""));
    CHECK(described(std::vector<Index>{64, 32}) == DescriptionValue(std::vector<double>{64, 32}));
    CHECK(described(std::array<float, 2>{0.5F, 1}) == DescriptionValue(std::vector<double>{0.5, 1}));
    CHECK(described(std::vector<double>{}) == DescriptionValue(std::vector<double>{}));
    const Matrix<double> matrix{{1, 2}, {3, 4}};  // column after column
    CHECK(described(matrix) == DescriptionValue(std::vector<double>{1, 3, 2, 4}));
}

TEST_CASE("schedules are described as one value each, a number or a text") {
    CHECK(described(Schedule(0.25)) == DescriptionValue(0.25));
    CHECK(described(Schedule(Linear{3e-4, 0})) == text("linear from 0.0003 to 0"));
    CHECK(described(Schedule(Cosine{1, 0.5})) == text("cosine from 1 to 0.5"));
}

TEST_CASE("long lists and texts are described by their size and a checksum") {
    std::vector<double> list(64, 1.0);
    CHECK(described(list) == DescriptionValue(list));
    list.push_back(1);
    const DescriptionValue whole = described(list);
    CHECK_THAT(std::get<std::string>(whole), ContainsText("65 numbers, CRC-64 "));
    list[64] = 2;
    CHECK(described(list) != whole);
    const std::string short_text(1000, 'x'), long_text(1001, 'x');
    CHECK(described(short_text) == DescriptionValue(short_text));
    CHECK_THAT(std::get<std::string>(described(long_text)), ContainsText("1001 bytes, CRC-64 "));
}

TEST_CASE("objects of a list have one value where theirs are equal, else a text of those that differ") {
    const auto of_list = [](const std::vector<Index>& limits) {
        return *description_by([&](State& state) {
                    state.each("envs", static_cast<Index>(limits.size()),
                               [&](Index i) { state.fixed("limit", limits[to_size(i)]); });
                }).find("envs/limit");
    };
    CHECK(of_list({500, 500, 500}) == DescriptionValue(std::int64_t{500}));
    CHECK(of_list({500, 500, 200}) == text("500; 200"));
    CHECK(of_list({1, 2, 2, 3, 1}) == text("1; 2; 3; 1"));
    CHECK(std::get<std::string>(of_list(std::vector<Index>([] {
              std::vector<Index> many(5000);
              for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<Index>(i);
              return many;
          }())))
              .size() < 1100);
}

TEST_CASE("what only descriptions have is not saved") {
    Options options;
    const auto visit = [&](State& state) {
        state.described("type", "Mine");
        state.fixed("options", options);
    };
    CHECK(*description_by(visit).find("type") == text("Mine"));
    Part<decltype(visit)> part{visit};
    const StateImage image = image_of(part);
    CHECK(image.find("type") == nullptr);
    CHECK(image.find("options/rate") != nullptr);
}

TEST_CASE("a part without visit_state is described by the name of its type, and so is one that inherits it") {
    WithoutState part;
    Grown grown;
    const Description description = description_by([&](State& state) {
        visit_part(state, "part", part);
        state.within("fixed", [&] { visit_part(state, "grown", grown); });
    });
    CHECK(*description.find("part/type") == DescriptionValue(type_name<WithoutState>()));
    CHECK(*description.find("fixed/grown/type") == DescriptionValue(type_name<Grown>()));
    const auto visit = [&](State& state) { visit_part(state, "grown", grown); };
    Part<decltype(visit)> owner{visit};
    CHECK_THROWS_WITH(image_of(owner), ContainsText("grown: this class inherits the visit_state"));
}
