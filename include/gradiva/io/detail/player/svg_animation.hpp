#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/page_text.hpp"
#include "gradiva/io/detail/player/palette.hpp"
#include "gradiva/io/detail/player/picture_grid.hpp"
#include "gradiva/io/recording.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A number over time: from which tick on it has which value.
class SvgTrack {
public:
    void set(int tick, int value) {
        if (changes_.empty() || changes_.back().second != value) changes_.emplace_back(tick, value);
    }

    int first() const { return changes_.front().second; }

    /// The element that animates an attribute; nothing where it never changes. `write` gives the text of a value.
    template <class Write>
    std::string animation(std::string_view attribute, int ticks, double seconds, const Write& write) const {
        if (changes_.size() < 2) return {};
        std::string values, times;
        const bool each = 2 * changes_.size() > static_cast<std::size_t>(ticks);  // then times are the longer way
        for (std::size_t i = 0; i < changes_.size(); ++i) {
            const int begin = i == 0 ? 0 : changes_[i].first;
            const int end = i + 1 < changes_.size() ? changes_[i + 1].first : ticks;
            for (int tick = begin; tick < (each ? end : begin + 1); ++tick)
                (values += write(changes_[i].second)) += ';';
            if (!each) times += fmt::format("{:.4g};", static_cast<double>(begin) / ticks);
        }
        values.pop_back();
        if (!each) times.pop_back();
        return fmt::format(
            "<animate attributeName=\"{}\" dur=\"{:.6g}s\" repeatCount=\"indefinite\" "
            "calcMode=\"discrete\" values=\"{}\"{}/>",
            attribute, seconds, values, each ? "" : fmt::format(" keyTimes=\"{}\"", times));
    }

private:
    std::vector<std::pair<int, int>> changes_;
};

/// Pictures over time as elements of SVG: one for each place in the list of shapes and each look that a shape there
/// has.
class SvgFrames {
public:
    explicit SvgFrames(const CanvasView& view) : grid_(view, 1000) {}

    /// From `tick` on, which is beyond the last one, the picture is this.
    void show(int tick, const Canvas& canvas) {
        grid_.show(canvas.view());
        const auto shapes = canvas.shapes();
        if (places_.size() < shapes.size()) places_.resize(shapes.size());
        for (std::size_t i = 0; i < places_.size(); ++i) {
            Place& place = places_[i];
            const int former = place.shown;
            if (i < shapes.size()) {
                const PlacedShape shape = grid_.place(canvas, shapes[i]);
                place.shown = place.element_of(shape, tick);
                place.elements[static_cast<std::size_t>(place.shown)].move(tick, shape);
            } else {
                place.shown = -1;
            }
            if (former == place.shown) continue;
            if (former >= 0) place.elements[static_cast<std::size_t>(former)].visible.set(tick, 0);
            if (place.shown >= 0) place.elements[static_cast<std::size_t>(place.shown)].visible.set(tick, 1);
        }
    }

    /// The file: all of `ticks` in `seconds`, again and again.
    std::string text(std::string_view title, int width, int ticks, double seconds) const {
        const int height =
            std::max(1, static_cast<int>(std::lround(double{1} * width * grid_.height() / grid_.width())));
        const std::string name = xml_text(title);
        std::string svg = fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" role=\"img\" "
            "aria-label=\"{}\"><title>{}</title><style>{}</style><rect class=\"f1\" width=\"{}\" height=\"{}\"/>\n",
            grid_.width(), grid_.height(), width, height, name, name, style(), grid_.width(), grid_.height());
        for (const Place& place : places_) {
            for (const Element& element : place.elements) element.append(svg, ticks, seconds);
        }
        return svg += "</svg>\n";
    }

private:
    struct Element {
        std::string head;  // "<circle class=..."
        std::string words;
        Shape::Kind kind = Shape::Kind::line;
        std::array<SvgTrack, 4> numbers{};
        SvgTrack visible{};

        void move(int tick, const PlacedShape& shape) {
            auto at = shape.at;
            if (kind == Shape::Kind::rectangle) at = {at[0], at[1], at[2] - at[0], at[3] - at[1]};
            for (std::size_t k = 0; k < shape.numbers(); ++k) numbers[k].set(tick, at[k]);
        }

        void append(std::string& svg, int ticks, double seconds) const {
            static constexpr std::array<std::array<std::string_view, 4>, 4> attributes{
                {{"x1", "y1", "x2", "y2"}, {"cx", "cy", "", ""}, {"x", "y", "width", "height"}, {"x", "y", "", ""}}};
            const auto& names = attributes[static_cast<std::size_t>(kind)];
            std::string inner = visible.animation("visibility", ticks, seconds,
                                                  [](int shown) { return shown != 0 ? "visible" : "hidden"; });
            svg += head;
            for (std::size_t k = 0; k < 4 && !names[k].empty(); ++k) {
                svg += fmt::format(" {}=\"{}\"", names[k], numbers[k].first());
                inner += numbers[k].animation(names[k], ticks, seconds, [](int x) { return std::to_string(x); });
            }
            if (visible.first() == 0) svg += " visibility=\"hidden\"";
            const std::string_view tag = std::string_view(head).substr(1, head.find(' ') - 1);
            if (inner.empty() && words.empty()) {
                svg += "/>\n";
            } else {
                svg += fmt::format(">{}{}</{}>\n", words, inner, tag);
            }
        }
    };

    struct Place {
        std::vector<Element> elements{};
        std::map<std::string, int> element_of_look{};
        int shown = -1;

        int element_of(const PlacedShape& shape, int tick) {
            Element made{.head = head_of(shape), .words = xml_text(shape.text), .kind = shape.kind};
            const auto [found, is_new] =
                element_of_look.emplace(made.head + '>' + made.words, static_cast<int>(elements.size()));
            if (is_new) {
                if (tick > 0) made.visible.set(0, 0);
                elements.push_back(std::move(made));
            }
            return found->second;
        }
    };

    static std::string head_of(const PlacedShape& shape) {
        const int fill = static_cast<int>(shape.fill), stroke = static_cast<int>(shape.stroke);
        const std::string outline =
            stroke == 0 ? "" : fmt::format(" s{}\" stroke-width=\"{}", stroke, std::max(shape.width, 2));
        switch (shape.kind) {
            case Shape::Kind::line: return fmt::format("<line class=\"f0{}\"", outline);
            case Shape::Kind::circle: return fmt::format("<circle class=\"f{}{}\" r=\"{}\"", fill, outline, shape.size);
            case Shape::Kind::rectangle: return fmt::format("<rect class=\"f{}{}\"", fill, outline);
            case Shape::Kind::text: break;
        }
        static constexpr std::array<std::string_view, 3> anchors{"start", "middle", "end"};
        return fmt::format("<text class=\"f{}\" font-size=\"{}\" dy=\".35em\" text-anchor=\"{}\"", fill, shape.size,
                           anchors[static_cast<std::size_t>(shape.align)]);
    }

    static std::string style() {
        std::string light =
            ".f0{fill:none}line,rect,circle{stroke-linecap:round;stroke-linejoin:round}"
            "text{font-family:system-ui,sans-serif}";
        std::string dark;
        for (std::size_t i = 1; i < ink_colours.size(); ++i) {
            const char* const rule = ".f{}{{fill:#{:06x}}}.s{}{{stroke:#{:06x}}}";
            light += fmt::format(fmt::runtime(rule), i, ink_colours[i].light, i, ink_colours[i].light);
            dark += fmt::format(fmt::runtime(rule), i, ink_colours[i].dark, i, ink_colours[i].dark);
        }
        return light + "@media(prefers-color-scheme:dark){" + dark + "}";
    }

    PictureGrid grid_;
    std::vector<Place> places_;
};

/// Of every `stride`-th frame and the last ones.
inline std::string svg_animation(const Recording& recording, int width, std::size_t stride) {
    Index spacing = 0;  // steps of a tick
    for (const RecordedEpisode& episode : recording.episodes) {
        if (episode.frames.size() < 2) continue;
        const Index apart = episode.frames[1].step - episode.frames[0].step;
        spacing = spacing == 0 ? apart : std::min(spacing, apart);
    }
    spacing = std::max<Index>(spacing, 1) * static_cast<Index>(stride);
    const double seconds = recording.seconds_per_step * static_cast<double>(spacing);
    const int rest = std::max(1, static_cast<int>(std::lround(std::min(1000.0, 1 / seconds))));
    SvgFrames frames(recording.episodes.front().frames.front().canvas.view());
    int tick = 0;
    for (const RecordedEpisode& episode : recording.episodes) {
        int last = tick - 1;
        for (std::size_t i = 0; i < episode.frames.size(); ++i) {
            if (i % stride != 0 && i + 1 != episode.frames.size()) continue;
            last = std::max(last + 1, tick + static_cast<int>(episode.frames[i].step / spacing));
            frames.show(last, episode.frames[i].canvas);
        }
        tick = last + rest;
    }
    return frames.text(recording.name, width, tick, tick * seconds);
}

/// In at most `most_bytes`, where leaving frames out is enough for it.
inline std::string smallest_svg_animation(const Recording& recording, int width, std::size_t most_bytes) {
    std::size_t most_frames = 0;
    for (const RecordedEpisode& episode : recording.episodes) {
        most_frames = std::max(most_frames, episode.frames.size());
    }
    std::string svg = svg_animation(recording, width, 1);
    for (std::size_t stride = 2; svg.size() > most_bytes && stride < 2 * most_frames; stride *= 2) {
        svg = svg_animation(recording, width, stride);
    }
    return svg;
}

}  // namespace GRADIVA_NAMESPACE::detail
