#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "gradiva/env/canvas.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A shape in whole numbers of a picture.
struct PlacedShape {
    Shape::Kind kind = Shape::Kind::line;
    Ink fill = Ink::none, stroke = Ink::none;
    Align align = Align::centre;
    int size = 0, width = 0;
    std::string_view text = {};
    /// x, y of the ends of a line, of the upper left and lower right corner of a rectangle; x, y, 0, 0 of circle and
    /// text.
    std::array<int, 4> at{};

    /// How many of the numbers in `at` count.
    std::size_t numbers() const { return kind == Shape::Kind::circle || kind == Shape::Kind::text ? 2 : 4; }
};

/// Where pictures of one size, in whole numbers, x to the right and y downwards, show the points of a view: as large as
/// fits, in the middle. A picture has the ratio of width to height of the view that it is made for.
class PictureGrid {
public:
    /// Of pictures whose longer side is `side`.
    PictureGrid(const CanvasView& view, int side) {
        const double scale = side / std::max(view.width(), view.height());
        width_ = std::max(1, static_cast<int>(std::lround(view.width() * scale)));
        height_ = std::max(1, static_cast<int>(std::lround(view.height() * scale)));
        show(view);
    }

    /// From now on in this view.
    void show(const CanvasView& view) {
        scale_ = std::min(width_ / view.width(), height_ / view.height());
        x_ = 0.5 * width_ - 0.5 * (view.left + view.right) * scale_;
        y_ = 0.5 * height_ + 0.5 * (view.bottom + view.top) * scale_;
    }

    int width() const { return width_; }
    int height() const { return height_; }

    /// A shape of a canvas that has this view.
    PlacedShape place(const Canvas& canvas, const Shape& shape) const {
        PlacedShape placed{.kind = shape.kind,
                           .fill = shape.fill,
                           .stroke = shape.stroke,
                           .align = shape.align,
                           .size = length(shape.size),
                           .width = length(shape.width),
                           .text = canvas.text(shape)};
        const int left = x(shape.from.x), first_y = y(shape.from.y), right = x(shape.to.x), last_y = y(shape.to.y);
        placed.at = {left, first_y, right, last_y};
        if (shape.kind == Shape::Kind::rectangle) placed.at = {left, last_y, right, first_y};
        if (placed.numbers() == 2) placed.at = {left, first_y, 0, 0};
        return placed;
    }

private:
    int x(double x) const { return rounded(x_ + x * scale_); }
    int y(double y) const { return rounded(y_ - y * scale_); }
    /// 0 only where it is 0.
    int length(double length) const { return length > 0 ? std::max(1, rounded(length * scale_)) : 0; }

    /// What is far outside comes to its edge, so that all numbers are short.
    static int rounded(double x) { return static_cast<int>(std::lround(std::clamp(x, -1e6, 1e6))); }

    int width_ = 1, height_ = 1;
    double scale_ = 1, x_ = 0, y_ = 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
