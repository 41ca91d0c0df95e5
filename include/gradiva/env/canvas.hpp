#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/check.hpp"

namespace GRADIVA_NAMESPACE {

/// Colours by what they say. Whoever draws chooses the colours themselves, for light and dark surroundings.
enum class Ink : std::uint8_t {
    none,        ///< nothing is drawn
    background,  ///< of the picture, such as to leave something open in a filled shape
    foreground,  ///< what the picture is about
    muted,       ///< what is beside it: captions, the ground
    faint,       ///< just visible: grids, walls, tracks
    accent,      ///< what moves or is chosen
    warm,        ///< a second thing beside it, such as an action
    good,        ///< a goal
    bad          ///< a failure, a limit
};

/// A place in the coordinates of a picture's view.
struct CanvasPoint {
    double x = 0, y = 0;

    bool operator==(const CanvasPoint&) const = default;
};

/// The part of the plane that a picture shows, y upwards. Both axes have one scale: the picture has the view's ratio of
/// width to height. What lies outside is cut off.
struct CanvasView {
    double left = -1, bottom = -1, right = 1, top = 1;

    bool operator==(const CanvasView&) const = default;

    double width() const { return right - left; }
    double height() const { return top - bottom; }
};

/// Of lines.
struct LineStyle {
    Ink ink = Ink::foreground;
    double width = 0;  ///< in units of the view, with round ends; 0: as thin as can be seen
};

/// Of circles and rectangles.
struct AreaStyle {
    Ink fill = Ink::foreground;
    Ink stroke = Ink::none;  ///< of the outline
    double width = 0;        ///< of the outline, as a line's
};

/// Where a text begins, has its middle or ends, in x.
enum class Align : std::uint8_t { start, centre, end };

/// Of texts.
struct TextStyle {
    double size = 0.1;  ///< height of a line of text, in units of the view; above 0
    Ink ink = Ink::foreground;
    Align align = Align::centre;
};

/// What is drawn, as plain numbers.
struct Shape {
    enum class Kind : std::uint8_t { line, circle, rectangle, text };

    Kind kind = Kind::line;
    Ink fill = Ink::none;    ///< of an area; of a text, its colour
    Ink stroke = Ink::none;  ///< of a line, or of an area's outline
    Align align = Align::centre;
    CanvasPoint from;  ///< start of a line, centre of a circle, lower left corner of a rectangle; a text's place in x,
                       ///< and the middle of its height
    CanvasPoint to;    ///< end of a line, upper right corner of a rectangle
    double size = 0;   ///< radius of a circle, height of a text
    double width = 0;  ///< of a line or outline; 0: as thin as can be seen
    std::size_t text_begin = 0, text_size = 0;  ///< bytes of a text; see `Canvas::text`

    bool operator==(const Shape&) const = default;
};

/// A picture as a list of shapes, of which later ones cover earlier ones. An environment draws on it in its `render`
/// (see `Env`); writers of files, terminals and programs read `view`, `shapes` and `text`. Without a graphics library.
///
///   void render(Canvas& canvas) const {
///       canvas.view({.left = -1, .bottom = -0.2, .right = 11, .top = 1});
///       canvas.line({0, 0}, {10, 0}, {.ink = Ink::muted});
///       canvas.circle({position, 0.3}, 0.3, {.fill = Ink::accent});
///       canvas.text({10, 0.8}, "goal", {.size = 0.3});
///   }
///
/// Throws `Error` on coordinates, sizes and widths that are not finite, and sizes and widths below 0. Allocates nothing
/// where a cleared canvas takes no more than it held before.
class Canvas {
public:
    /// Without shapes, with the view from -1 to 1.
    void clear() {
        view_ = {};
        shapes_.clear();
        characters_.clear();
    }

    /// What the picture shows, in the units of the environment; the last call counts. Of a view that is narrower or
    /// lower than a 20th of its other side, more is shown on both sides.
    void view(const CanvasView& view) {
        const double width = view.width(), height = view.height();
        require(width > 0 && height > 0 && std::isfinite(width) && std::isfinite(height),
                "Canvas: the view is from ({}, {}) to ({}, {}); give left < right and bottom < top, all finite",
                view.left, view.bottom, view.right, view.top);
        const double more_width = std::max(0.0, height / 20 - width) / 2;
        const double more_height = std::max(0.0, width / 20 - height) / 2;
        view_ = {view.left - more_width, view.bottom - more_height, view.right + more_width, view.top + more_height};
    }

    void line(CanvasPoint from, CanvasPoint to, const LineStyle& style = {}) {
        add({.kind = Shape::Kind::line, .stroke = style.ink, .from = from, .to = to, .width = style.width}, "line");
    }

    void circle(CanvasPoint centre, double radius, const AreaStyle& style = {}) {
        add({.kind = Shape::Kind::circle,
             .fill = style.fill,
             .stroke = style.stroke,
             .from = centre,
             .to = centre,
             .size = radius,
             .width = style.width},
            "circle");
    }

    /// Between two opposite corners, in any order.
    void rectangle(CanvasPoint corner, CanvasPoint opposite, const AreaStyle& style = {}) {
        const auto [left, right] = std::minmax({corner.x, opposite.x});
        const auto [bottom, top] = std::minmax({corner.y, opposite.y});
        add({.kind = Shape::Kind::rectangle,
             .fill = style.fill,
             .stroke = style.stroke,
             .from = {left, bottom},
             .to = {right, top},
             .width = style.width},
            "rectangle");
    }

    /// One line of text in UTF-8, of which a copy is kept.
    void text(CanvasPoint at, std::string_view words, const TextStyle& style = {}) {
        require(style.size > 0, "Canvas: the size of a text is {}; give one above 0", style.size);
        add({.kind = Shape::Kind::text,
             .fill = style.ink,
             .align = style.align,
             .from = at,
             .to = at,
             .size = style.size,
             .text_begin = characters_.size(),
             .text_size = words.size()},
            "text");
        characters_ += words;
    }

    const CanvasView& view() const { return view_; }
    std::span<const Shape> shapes() const { return shapes_; }
    /// Whether both show the same.
    bool operator==(const Canvas&) const = default;
    /// The text of one of `shapes`, valid until the canvas changes; empty for other kinds.
    std::string_view text(const Shape& shape) const {
        return std::string_view(characters_).substr(shape.text_begin, shape.text_size);
    }

private:
    static void check(const char* what, std::initializer_list<double> coordinates) {
        for (const double x : coordinates) {
            require(std::isfinite(x), "Canvas: a coordinate of a {} is {}; give finite numbers", what, x);
        }
    }

    void add(const Shape& shape, const char* what) {
        check(what, {shape.from.x, shape.from.y, shape.to.x, shape.to.y});
        require(std::isfinite(shape.size) && shape.size >= 0,
                "Canvas: the size of a {} is {}; give a finite number, at least 0", what, shape.size);
        require(std::isfinite(shape.width) && shape.width >= 0,
                "Canvas: the width of a {} is {}; give a finite number, at least 0", what, shape.width);
        shapes_.push_back(shape);
    }

    CanvasView view_;
    std::vector<Shape> shapes_;
    std::string characters_;  // of all texts
};

}  // namespace GRADIVA_NAMESPACE
