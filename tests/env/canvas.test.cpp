#include "gradiva/env/canvas.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"

using namespace gradiva;

namespace {

constexpr double nan_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

/// Counts its steps, and draws as many circles.
struct Counted {
    int steps = 0;

    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(int, Rng&, std::span<float> observation) {
        observation[0] = static_cast<float>(++steps);
        return {};
    }
    void render(Canvas& canvas) const {
        for (int i = 0; i < steps; ++i) canvas.circle({0.1 * i, 0}, 0.05);
    }
};

struct Blind {
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(int, Rng&, std::span<float> observation) {
        observation[0] = 0;
        return {};
    }
};

}  // namespace

TEST_CASE("a canvas holds shapes in the order in which they were drawn") {
    Canvas canvas;
    canvas.view({.left = -2, .bottom = 0, .right = 4, .top = 3});
    canvas.line({0, 1}, {2, 3}, {.ink = Ink::muted, .width = 0.5});
    canvas.circle({-1, 2}, 0.25, {.fill = Ink::accent, .stroke = Ink::bad, .width = 0.1});
    canvas.rectangle({3, 2}, {-1, 1});
    canvas.text({1, 2}, "one", {.size = 0.3, .ink = Ink::good, .align = Align::end});
    canvas.text({1, 1}, "and two");
    CHECK(canvas.view().width() == 6);
    CHECK(canvas.view().height() == 3);
    const auto shapes = canvas.shapes();
    REQUIRE(shapes.size() == 5);

    CHECK(shapes[0].kind == Shape::Kind::line);
    CHECK(shapes[0].stroke == Ink::muted);
    CHECK(shapes[0].fill == Ink::none);
    CHECK(shapes[0].width == 0.5);
    CHECK(shapes[0].from.x == 0);
    CHECK(shapes[0].from.y == 1);
    CHECK(shapes[0].to.x == 2);
    CHECK(shapes[0].to.y == 3);

    CHECK(shapes[1].kind == Shape::Kind::circle);
    CHECK(shapes[1].fill == Ink::accent);
    CHECK(shapes[1].stroke == Ink::bad);
    CHECK(shapes[1].from.x == -1);
    CHECK(shapes[1].from.y == 2);
    CHECK(shapes[1].size == 0.25);
    CHECK(shapes[1].width == 0.1);

    CHECK(shapes[2].kind == Shape::Kind::rectangle);  // its corners are sorted
    CHECK(shapes[2].fill == Ink::foreground);
    CHECK(shapes[2].stroke == Ink::none);
    CHECK(shapes[2].from.x == -1);
    CHECK(shapes[2].from.y == 1);
    CHECK(shapes[2].to.x == 3);
    CHECK(shapes[2].to.y == 2);

    CHECK(shapes[3].kind == Shape::Kind::text);
    CHECK(shapes[3].fill == Ink::good);
    CHECK(shapes[3].align == Align::end);
    CHECK(shapes[3].size == 0.3);
    CHECK(canvas.text(shapes[3]) == "one");
    CHECK(canvas.text(shapes[4]) == "and two");
    CHECK(canvas.text(shapes[0]).empty());
    const Canvas copy = canvas;
    CHECK(copy.text(copy.shapes()[4]) == "and two");
}

TEST_CASE("a cleared canvas holds nothing, has the first view, and keeps its storage") {
    Canvas canvas;
    const auto draw = [&] {
        canvas.view({.left = 0, .bottom = 0, .right = 9, .top = 1});
        for (int i = 0; i < 100; ++i) canvas.text({0.1 * i, 0.5}, "some text that is long enough");
    };
    draw();
    const Canvas first = canvas;
    const Shape* const storage = canvas.shapes().data();
    canvas.clear();
    CHECK(canvas.shapes().empty());
    CHECK(canvas.view().left == -1);
    CHECK(canvas.view().right == 1);
    draw();
    CHECK(canvas.shapes().data() == storage);
    CHECK(canvas.text(canvas.shapes()[99]) == "some text that is long enough");
    CHECK(canvas == first);  // of texts, too, nothing was left
}

TEST_CASE("a canvas refuses numbers that are not finite, and negative sizes") {
    Canvas canvas;
    for (const double bad : {nan_number, infinite, -infinite}) {
        for (int place = 0; place < 4; ++place) {
            double at[4] = {0, 0, 1, 1};
            at[place] = bad;
            CHECK_THROWS_WITH(canvas.line({at[0], at[1]}, {at[2], at[3]}), ContainsText("coordinate of a line is"));
            CHECK_THROWS_WITH(canvas.rectangle({at[0], at[1]}, {at[2], at[3]}),
                              ContainsText("coordinate of a rectangle is"));
            if (place > 1) continue;
            CHECK_THROWS_WITH(canvas.circle({at[0], at[1]}, 1), ContainsText("coordinate of a circle is"));
            CHECK_THROWS_WITH(canvas.text({at[0], at[1]}, "x"), ContainsText("coordinate of a text is"));
        }
    }
    for (const double bad : {nan_number, infinite, -1.0}) {
        CHECK_THROWS_WITH(canvas.circle({0, 0}, bad), ContainsText("size of a circle is"));
        CHECK_THROWS_WITH(canvas.circle({0, 0}, 1, {.width = bad}), ContainsText("width of a circle is"));
        CHECK_THROWS_WITH(canvas.line({0, 0}, {1, 1}, {.width = bad}), ContainsText("width of a line is"));
        CHECK_THROWS_WITH(canvas.rectangle({0, 0}, {1, 1}, {.width = bad}), ContainsText("width of a rectangle is"));
        CHECK_THROWS_WITH(canvas.text({0, 0}, "x", {.size = bad}), ContainsText("size of a text is"));
    }
    CHECK_THROWS_WITH(canvas.text({0, 0}, "x", {.size = 0}), ContainsText("size of a text is 0"));
    CHECK(canvas.shapes().empty());
}

TEST_CASE("a canvas refuses views without extent") {
    Canvas canvas;
    const std::vector<CanvasView> wrong{{1, 0, 1, 1},          {1, 0, 0, 1},          {0, 1, 1, 1},
                                        {0, 1, 1, 0},          {1, 1, 0, 0},          {nan_number, 0, 1, 1},
                                        {0, nan_number, 1, 1}, {0, 0, infinite, 1},   {0, 0, 1, infinite},
                                        {-infinite, -1, 1, 1}, {-1e308, -1, 1e308, 1}};
    for (const CanvasView& view : wrong) CHECK_THROWS_WITH(canvas.view(view), ContainsText("Canvas: the view is from"));
    CHECK(canvas.view() == CanvasView{});
}

TEST_CASE("a canvas shows more on both sides of a view that is narrower or lower than a 20th") {
    Canvas canvas;
    canvas.view({0, 0, 20, 1});
    CHECK(canvas.view() == CanvasView{0, 0, 20, 1});
    canvas.view({0, 0, 40, 1});
    CHECK(canvas.view() == CanvasView{0, -0.5, 40, 1.5});
    canvas.view({0, 0, 1, 60});
    CHECK(canvas.view() == CanvasView{-1, 0, 2, 60});
}

TEST_CASE("wrappers hand the picture of an environment on, and have none where it has none") {
    static_assert(HasRender<Counted> && HasRender<TimeLimit<Counted>> && HasRender<TimeLimit<TimeLimit<Counted>>>);
    static_assert(!HasRender<Blind> && !HasRender<TimeLimit<Blind>>);
    static_assert(is_env<TimeLimit<Counted>> && is_env<TimeLimit<Blind>>);
    TimeLimit env(TimeLimit(Counted{.steps = 3}, 10), 10);
    Canvas canvas;
    env.render(canvas);
    CHECK(canvas.shapes().size() == 3);
}
