#include "catch.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"

using namespace gradiva;

namespace {

enum class Colour : std::uint8_t { red, green };

struct Point {
    double x = 0, y = 0;
    bool operator==(const Point&) const = default;
    void visit_state(State& state) {
        state("x", x);
        state("y", y);
    }
};

struct Packed {
    int a = 0;
    float b = 0;
    static constexpr bool saved_as_bytes = true;
    bool operator==(const Packed&) const = default;
};

/// A member of each kind that can be a piece.
struct Everything {
    double real = 0;
    std::int8_t small = 0;
    std::uint64_t large = 0;
    bool flag = false;
    Colour colour = Colour::red;
    std::string text;
    std::array<float, 3> three{};
    int raw[2] = {};
    std::vector<int> growing;
    Buffer<double> buffer;
    MatrixBuffer<float> matrix;
    Eigen::MatrixXd eigen = Eigen::MatrixXd::Zero(1, 1);
    Eigen::Vector3f vector = Eigen::Vector3f::Zero();
    std::optional<int> maybe;
    std::optional<Point> place;
    Point point;
    std::vector<Point> points;
    std::array<Point, 2> pair;
    Packed packed;
    std::vector<std::vector<int>> ragged;
    std::vector<MatrixBuffer<float>> matrices;

    bool operator==(const Everything& other) const {
        return real == other.real && small == other.small && large == other.large && flag == other.flag &&
               colour == other.colour && text == other.text && three == other.three && raw[0] == other.raw[0] &&
               raw[1] == other.raw[1] && growing == other.growing && buffer == other.buffer && matrix == other.matrix &&
               eigen == other.eigen && vector == other.vector && maybe == other.maybe && place == other.place &&
               point == other.point && points == other.points && pair == other.pair && packed == other.packed &&
               ragged == other.ragged && matrices == other.matrices;
    }

    void visit_state(State& state) {
        state("real", real);
        state("small", small);
        state("large", large);
        state("flag", flag);
        state("colour", colour);
        state("text", text);
        state("three", three);
        state("raw", raw);
        state("growing", growing);
        state("buffer", buffer);
        state("matrix", matrix);
        state("eigen", eigen);
        state("vector", vector);
        state("maybe", maybe);
        state("place", place);
        state("point", point);
        state("points", points);
        state("pair", pair);
        state("packed", packed);
        state("ragged", ragged);
        state("matrices", matrices);
    }
};

MatrixBuffer<float> counting(Index rows, Index columns) {
    MatrixBuffer<float> m(rows, columns);
    for (Index i = 0; i < rows * columns; ++i) m.data()[i] = static_cast<float>(i + 1);
    return m;
}

Everything filled() {
    Everything all;
    all.real = std::numeric_limits<double>::denorm_min();
    all.small = -5;
    all.large = std::numeric_limits<std::uint64_t>::max();
    all.flag = true;
    all.colour = Colour::green;
    all.text = "a \"text\"\n";
    all.three = {1, 2, std::numeric_limits<float>::infinity()};
    all.raw[1] = 7;
    all.growing = {1, 2, 3, 4};
    all.buffer = Buffer<double>(5, 2.5);
    all.matrix = counting(2, 3);
    all.eigen = Eigen::MatrixXd::Constant(3, 2, 4.0);
    all.vector = {1, 2, 3};
    all.maybe = 9;
    all.place = Point{1, 2};
    all.point = {3, 4};
    all.points = {{5, 6}, {7, 8}, {9, 10}};
    all.pair = {Point{11, 12}, Point{13, 14}};
    all.packed = {15, 16};
    all.ragged = {{1}, {}, {2, 3, 4}};
    all.matrices.push_back(counting(2, 2));
    all.matrices.push_back(counting(0, 3));
    all.matrices.push_back(counting(1, 5));
    return all;
}

}  // namespace

TEST_CASE("state of every kind of member is restored into an object that has another") {
    Everything saved = filled();
    const StateImage image = image_of(saved);
    Everything other;
    other.growing = {1};
    other.ragged = {{1, 2, 3, 4, 5}};
    other.points.resize(9);
    restore("test", image, other);
    CHECK(other == saved);
    CHECK(other == filled());
    Everything full = filled();
    Everything empty;
    restore("test", image_of(empty), full);
    CHECK(full == Everything{});
}

TEST_CASE("arrays have the shapes of their pieces, and of lists the number of objects in front") {
    Everything saved = filled();
    const StateImage image = image_of(saved);
    const auto shape_of = [&](const char* path) {
        INFO(path);
        const StateArray* const array = image.find(path);
        REQUIRE(array != nullptr);
        return array->shape;
    };
    using Shape = std::vector<Index>;
    CHECK(shape_of("real") == Shape{});
    CHECK(shape_of("three") == Shape{3});
    CHECK(shape_of("matrix") == Shape{3, 2});
    CHECK(shape_of("points/count") == Shape{});
    CHECK(shape_of("points/elements/x") == Shape{3});
    CHECK(shape_of("ragged/elements") == Shape{4});
    CHECK(shape_of("ragged/elements.size") == Shape{3});
    CHECK(shape_of("matrices/elements") == Shape{9});
    CHECK(shape_of("matrices/elements.size") == Shape{3, 2});
    CHECK(image.find("real")->type == Dtype::f64);
    CHECK(image.find("small")->type == Dtype::i8);
    CHECK(image.find("large")->type == Dtype::u64);
    CHECK(image.find("flag")->type == Dtype::boolean);
    CHECK(image.find("colour")->type == Dtype::u8);
    CHECK(image.find("text")->size() == 9);
    CHECK(image.find("packed")->bytes == 8);
}

TEST_CASE("a number of objects beyond all that was saved is an error, not an allocation") {
    Everything saved = filled();
    StateImage image = image_of(saved);
    for (const Index count : {Index{-1}, Index{1} << 40, std::numeric_limits<Index>::max()}) {
        std::memcpy(image.at("points/count").own.data(), &count, sizeof(count));
        Everything other = filled();
        CHECK_THROWS_WITH(restore("test", image, other),
                          ContainsText("points has " + std::to_string(count) + " elements, more than was saved"));
        CHECK(other == saved);
    }
}

namespace {

struct Inner {
    double weight = 1;
    Index size = 4;
    void visit_state(State& state) {
        state("weight", weight);
        state.fixed("size", size);
    }
};

struct Outer {
    Inner inner;
    Inner second;
    Point option{1, 2};
    std::vector<float> bounds = {0, 1};
    int steps = 0;
    void visit_state(State& state) {
        state("steps", steps);
        state("inner", inner);
        state.fixed("option", option);
        state.fixed("bounds", bounds);
        state.each("both", 2, [&](Index i) { (i == 0 ? inner : second).visit_state(state); });
    }
};

template <class Part>
std::string error_of(const StateImage& image, Part& part) {
    try {
        restore("run.file", image, part);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("fixed pieces are compared and never written") {
    Outer saved;
    saved.steps = 5;
    saved.inner.weight = 2;
    const StateImage image = image_of(saved);
    CHECK(image.find("option/x")->fixed);
    CHECK(!image.find("steps")->fixed);
    SECTION("a number") {
        Outer here;
        here.inner.size = 5;
        CHECK_THAT(error_of(image, here), ContainsText("run.file: inner/size is 4 where it was saved and 5 here"));
        CHECK(here.steps == 0);
        CHECK(here.inner.weight == 1);
    }
    SECTION("all pieces of a fixed object") {
        Outer here;
        here.option.y = 2.5;
        CHECK_THAT(error_of(image, here), ContainsText("option/y is 2 where it was saved and 2.5 here"));
        CHECK(here.steps == 0);
    }
    SECTION("an element and a size") {
        Outer here;
        here.bounds[1] = 3;
        CHECK_THAT(error_of(image, here), ContainsText("bounds[1] is 1 where"));
        here.bounds.push_back(1);
        CHECK_THAT(error_of(image, here), ContainsText("bounds has 2 numbers where it was saved and 3 here"));
        CHECK(here.bounds.size() == 3);
    }
    SECTION("in a list") {
        Outer here;
        here.second.size = 9;
        CHECK_THAT(error_of(image, here),
                   ContainsText("both/size[1] is 4 where it was saved and 9 here; use the parts"));
        CHECK(here.steps == 0);
    }
    SECTION("equal ones") {
        Outer here;
        CHECK(error_of(image, here).empty());
        CHECK(here.steps == 5);
        CHECK(here.inner.weight == 2);
    }
}

TEST_CASE("of an array in a list of lists the error names the objects and the element") {
    struct Lists {
        std::vector<std::vector<int>> all = {{1, 2}, {3, 4, 5}};
        std::string name = "two\nlines";
        void visit_state(State& state) {
            state.each("outer", 2, [&](Index i) {
                state.each("inner", 2, [&](Index) { state.fixed("numbers", all[static_cast<std::size_t>(i)]); });
            });
            state.fixed("name", name);
        }
    } saved, here;
    here.all[1][2] = 6;
    const StateImage image = image_of(saved);
    CHECK_THROWS_WITH(restore("test", image, here),
                      ContainsText("outer/inner/numbers[1][0][2] is 5 where it was saved"));
    here.all = saved.all;
    here.name = std::string(100, 'x');
    CHECK_THROWS_WITH(restore("test", image, here),
                      ContainsText("name is two?lines where it was saved and " + std::string(80, 'x') + "... here"));
}

TEST_CASE("the first error stays where visit_state throws again while the restored pieces are undone") {
    struct Strict {
        int value = 1;
        void visit_state(State& state) {
            state("value", value);
            if (state.restores()) require(value > 5, "value is {}", value);
        }
    } saved{3}, here{4};
    CHECK_THROWS_WITH(restore("test", image_of(saved), here), "value is 3");
    CHECK(here.value == 4);
}

TEST_CASE("what was saved and is not here, or less of it, is an error that shows its name without control characters") {
    struct Pair {
        std::vector<int> numbers = {1, 2, 3};
        std::string name = "a";
        Index count = 3;
        void visit_state(State& state) {
            state.each(name, count, [&](Index i) { state("x\n", numbers[static_cast<std::size_t>(i)]); });
        }
    } saved, here;
    here.count = 2;
    CHECK_THROWS_WITH(restore("test", image_of(saved), here),
                      ContainsText("test: a/x? has more numbers where it was saved than here; use the parts"));
    here.count = 0;
    CHECK_THROWS_WITH(restore("test", image_of(saved), here),
                      ContainsText("test: a/x? was saved and is not here; use the parts"));
}

TEST_CASE("a schedule that is not constant is noted with its path") {
    struct Options {
        Schedule constant = 1.0;
        Schedule falling = Linear{1, 0};
        void visit_state(State& state) {
            state.fixed("constant", constant);
            state.fixed("falling", falling);
        }
    };
    struct Part {
        Options options;
        void visit_state(State& state) { state("options", options); }
    } part;
    StateImage image;
    StateWriter writer(image);
    part.visit_state(writer);
    CHECK(writer.varying_schedule() == "options/falling");
    part.options.falling = Cosine{1, 0};
    StateImage other;
    StateWriter again(other);
    part.visit_state(again);
    CHECK(first_difference(image, other) == "options/falling/shape");
}

TEST_CASE("a restored stream of random numbers goes on with the same numbers") {
    for (const Index uniforms : {0, 1, 5, 64, 77}) {
        for (const Index normals : {0, 1, 3, 16, 40}) {
            INFO(uniforms << " uniform and " << normals << " normal numbers");
            Rng rng(3, Purpose::action, 9);
            for (Index i = 0; i < uniforms; ++i) rng();
            for (Index i = 0; i < normals; ++i) rng.normal();
            Rng other(1);
            other.normal();
            restore("test", image_of(rng), other);
            bool equal = true;
            for (Index i = 0; i < 200; ++i) equal &= rng() == other() && (i % 3 != 0 || rng.normal() == other.normal());
            CHECK(equal);
        }
    }
}

TEST_CASE("a name that is used twice, and objects of unequal sizes, are errors that name the path") {
    struct Twice {
        int a = 0, b = 0;
        void visit_state(State& state) {
            state("x", a);
            state("x", b);
        }
    } twice;
    CHECK_THROWS_WITH(image_of(twice), "x is the name of two pieces of state; give each its own");
    struct Unequal {
        std::vector<float> numbers{1, 2, 3};
        void visit_state(State& state) {
            state.each("parts", 2,
                       [&](Index i) { state("x", std::span(numbers).first(static_cast<std::size_t>(i + 1))); });
        }
    } unequal;
    CHECK_THROWS_WITH(image_of(unequal), ContainsText("parts/x has 2 numbers in one object and another number"));
}

TEST_CASE("parts of matrices with gaps are errors, texts are compared as texts") {
    struct Block {
        Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(3, 2);
        bool gaps = true;
        void visit_state(State& state) {
            auto top = matrix.topRows(2);
            auto left = matrix.leftCols(1);
            if (gaps) {
                state("top", top);
            } else {
                state("left", left);
            }
        }
    } block;
    CHECK_THROWS_WITH(image_of(block), ContainsText("top: a part of a matrix has gaps"));
    block.gaps = false;
    CHECK(image_of(block).find("left")->size() == 3);
    struct Named {
        std::string name;
        void visit_state(State& state) { state.fixed("name", name); }
    };
    Named saved{"PpoClip"}, here{"PpoKlip"};
    CHECK_THROWS_WITH(restore("test", image_of(saved), here),
                      ContainsText("name is PpoClip where it was saved and PpoKlip here"));
}

TEST_CASE("numbers that no stream of random numbers has are an error") {
    Rng rng(1), other(2);
    const std::uint32_t many = 1000;
    for (const char* path : {"used_words", "used_normals"}) {
        StateImage wrong = image_of(rng);
        std::memcpy(wrong.at(path).own.data(), &many, sizeof(many));
        CHECK_THROWS_WITH(restore("test", wrong, other), ContainsText("no numbers of a stream"));
    }
    CHECK(first_difference(image_of(other), image_of(other)).empty());
}

TEST_CASE("what was not saved is said to belong to a callback that was added, or to be new in one") {
    struct Callbacks {
        bool has_second = false, has_added = false;
        void visit_state(State& state) {
            int first = 1, second = 2, added = 3;
            state.within("callbacks", [&] {
                state.within("log", [&] {
                    state("first", first);
                    if (has_second) state("second", second);
                });
                if (has_added) state.within("lo", [&] { state("added", added); });
            });
        }
    };
    Callbacks saved;
    const StateImage image = image_of(saved);
    const auto error = [&](Callbacks here) { return error_of(image, here); };
    CHECK(error({}).empty());
    CHECK_THAT(error({.has_second = true}), ContainsText("callbacks/log/second was not saved; use the parts"));
    CHECK_THAT(error({.has_added = true}),
               ContainsText("callbacks/lo/added was not saved: its callback was added to the training; use the parts"));
}
