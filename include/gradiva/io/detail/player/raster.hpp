#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/core/terminal.hpp"
#include "gradiva/env/canvas.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A picture of few pixels, each of one ink; of character cells of 1 x 2 pixels, in which texts stand.
class Raster {
public:
    struct Label {
        Index column = 0, row = 0;  // of its first character
        std::string_view text;      // as long as the canvas
        Ink ink = Ink::foreground;
    };

    /// The largest of the view's ratio within so many cells, of one cell at least.
    Raster(const CanvasView& view, Index columns, Index rows)
        : scale_(
              std::min(static_cast<double>(columns) / view.width(), 2.0 * static_cast<double>(rows) / view.height())),
          columns_(std::clamp<Index>(std::llround(view.width() * scale_), 1, columns)),
          rows_(std::clamp<Index>(std::llround(view.height() * scale_ / 2), 1, rows)),
          pixels_(static_cast<std::size_t>(2 * columns_ * rows_)) {}

    Index columns() const { return columns_; }
    Index rows() const { return rows_; }
    Ink pixel(Index x, Index y) const { return pixels_[static_cast<std::size_t>(y * columns_ + x)]; }
    const std::vector<Label>& labels() const { return labels_; }

    void draw(const Canvas& canvas) {
        std::fill(pixels_.begin(), pixels_.end(), Ink::background);
        labels_.clear();
        const CanvasView& view = canvas.view();
        const double scale =
            std::min(static_cast<double>(columns_) / view.width(), 2.0 * static_cast<double>(rows_) / view.height());
        const auto place = [&](CanvasPoint at) {
            return CanvasPoint{0.5 * static_cast<double>(columns_) + (at.x - 0.5 * (view.left + view.right)) * scale,
                               static_cast<double>(rows_) - (at.y - 0.5 * (view.bottom + view.top)) * scale};
        };
        for (const Shape& shape : canvas.shapes()) {
            const CanvasPoint from = place(shape.from), to = place(shape.to);
            const double half_width = std::max(0.5, 0.5 * shape.width * scale);
            switch (shape.kind) {
                case Shape::Kind::line: line(from, to, half_width, shape.stroke); break;
                case Shape::Kind::circle: circle(from, shape.size * scale, half_width, shape); break;
                case Shape::Kind::rectangle: rectangle({from.x, to.y}, {to.x, from.y}, half_width, shape); break;
                case Shape::Kind::text: label(from, canvas.text(shape), shape); break;
            }
        }
    }

private:
    // Of a pixel; not quite, so that a thin line between two pixels paints one of them.
    static constexpr double middle = 0.5 + 1e-6;

    /// Paints the pixels near a box whose middles `within` accepts.
    template <class Within>
    void paint(CanvasPoint low, CanvasPoint high, Ink ink, const Within& within) {
        if (ink == Ink::none) return;
        const auto clipped = [](double x, Index most) {
            return static_cast<Index>(std::clamp(x, -1.0, static_cast<double>(most)));
        };
        const Index right = clipped(high.x + 1, columns_ - 1), bottom = clipped(high.y + 1, 2 * rows_ - 1);
        for (Index y = std::max<Index>(0, clipped(low.y - 1, 2 * rows_)); y <= bottom; ++y) {
            for (Index x = std::max<Index>(0, clipped(low.x - 1, columns_)); x <= right; ++x) {
                if (!within(static_cast<double>(x) + middle, static_cast<double>(y) + middle)) continue;
                pixels_[static_cast<std::size_t>(y * columns_ + x)] = ink;
            }
        }
    }

    void line(CanvasPoint from, CanvasPoint to, double half_width, Ink ink) {
        const double dx = to.x - from.x, dy = to.y - from.y, squared = dx * dx + dy * dy;
        const CanvasPoint low{std::min(from.x, to.x) - half_width, std::min(from.y, to.y) - half_width};
        const CanvasPoint high{std::max(from.x, to.x) + half_width, std::max(from.y, to.y) + half_width};
        paint(low, high, ink, [&](double x, double y) {
            const double along =
                squared > 0 ? std::clamp(((x - from.x) * dx + (y - from.y) * dy) / squared, 0.0, 1.0) : 0;
            return std::hypot(x - from.x - along * dx, y - from.y - along * dy) <= half_width;
        });
    }

    void circle(CanvasPoint centre, double radius, double half_width, const Shape& shape) {
        const double reach = std::max(radius, 0.5) + half_width;
        const CanvasPoint low{centre.x - reach, centre.y - reach}, high{centre.x + reach, centre.y + reach};
        const double filled = std::max(radius, 0.7);  // of a pixel at least
        paint(low, high, shape.fill,
              [&](double x, double y) { return std::hypot(x - centre.x, y - centre.y) <= filled; });
        paint(low, high, shape.stroke, [&](double x, double y) {
            return std::abs(std::hypot(x - centre.x, y - centre.y) - radius) <= half_width;
        });
    }

    /// Between the upper left and the lower right corner.
    void rectangle(CanvasPoint low, CanvasPoint high, double half_width, const Shape& shape) {
        paint(low, high, shape.fill,
              [&](double x, double y) { return x >= low.x && x <= high.x && y >= low.y && y <= high.y; });
        const CanvasPoint outer_low{low.x - half_width, low.y - half_width};
        const CanvasPoint outer_high{high.x + half_width, high.y + half_width};
        paint(outer_low, outer_high, shape.stroke, [&](double x, double y) {
            const bool inside =
                x > low.x + half_width && x < high.x - half_width && y > low.y + half_width && y < high.y - half_width;
            return x >= outer_low.x && x <= outer_high.x && y >= outer_low.y && y <= outer_high.y && !inside;
        });
    }

    void label(CanvasPoint at, std::string_view text, const Shape& shape) {
        const auto size = static_cast<double>(count_characters(text));
        const double begin = shape.align == Align::start ? at.x
                             : shape.align == Align::end ? at.x - size
                                                         : at.x - size / 2;
        if (shape.fill == Ink::none || !(begin > -1e6 && begin < 1e6 && at.y > -1e6 && at.y < 1e6)) return;
        labels_.push_back({.column = std::llround(begin),
                           .row = static_cast<Index>(std::floor(at.y / 2)),
                           .text = text,
                           .ink = shape.fill});
    }

    double scale_;
    Index columns_, rows_;
    std::vector<Ink> pixels_;
    std::vector<Label> labels_;
};

}  // namespace GRADIVA_NAMESPACE::detail
