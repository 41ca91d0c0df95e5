#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/core/terminal.hpp"
#include "gradiva/env/canvas.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/io/detail/player/raster.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What stands in a cell of a terminal.
struct TerminalCell {
    std::string_view character = " ";
    Ink ink = Ink::background, behind = Ink::background;
};

/// The number of a colour among a terminal's 256 that can be seen on light and on dark; -1: the terminal's own.
inline int terminal_colour(Ink ink) {
    switch (ink) {
        case Ink::muted: return 244;
        case Ink::faint: return 247;
        case Ink::accent: return 33;
        case Ink::warm: return 172;
        case Ink::good: return 35;
        case Ink::bad: return 160;
        default: return -1;
    }
}

/// A cell of two pixels with a half block. The terminal's own colour of texts cannot stand behind one, that of its
/// background not before: which half is drawn follows.
inline TerminalCell half_blocks(Ink upper, Ink lower) {
    if (upper == lower)
        return upper == Ink::background ? TerminalCell{} : TerminalCell{"\u2588", upper, Ink::background};
    if (upper == Ink::background || lower == Ink::foreground) return {"\u2584", lower, upper};
    return {"\u2580", upper, lower};
}

/// The same without blocks and colours.
inline TerminalCell plain_character(Ink upper, Ink lower) {
    static constexpr std::array<std::string_view, 9> characters{" ", " ", "#", "-", ".", "@", "*", "+", "x"};
    const Ink ink = upper == Ink::background || upper == Ink::faint ? lower : upper;
    return {characters[static_cast<std::size_t>(ink == Ink::background ? upper : ink)], ink, Ink::background};
}

/// Writes a text over a row of cells, a character into each; what the terminal cannot show becomes '?'.
inline void write_label(std::span<TerminalCell> row, const Raster::Label& label, bool all_characters) {
    std::string_view rest = label.text;
    for (Index x = label.column; !rest.empty(); ++x) {
        const std::size_t valid = utf8_length(rest), bytes = std::max<std::size_t>(1, valid);
        const bool shows = valid == 1 ? rest[0] >= ' ' && rest[0] != '\x7F' : valid > 1 && all_characters;
        if (x >= 0 && x < static_cast<Index>(row.size())) {
            // A text in the background's colour stands on a filled shape, which its cell covers.
            const Ink ink = label.ink == Ink::background ? Ink::foreground : label.ink;
            row[static_cast<std::size_t>(x)] = {shows ? rest.substr(0, bytes) : "?", ink, Ink::background};
        }
        rest.remove_prefix(bytes);
    }
}

/// Cells as text, with the codes that change colours.
inline std::string line_of(std::span<const TerminalCell> row, bool colours) {
    std::string line;
    int colour = -1, behind = -1;
    const auto change = [&](int& now, Ink ink, int code) {
        const int next = terminal_colour(ink);
        if (!colours || next == now) return;
        line += next < 0 ? fmt::format("\x1b[{}m", code + 1) : fmt::format("\x1b[{};5;{}m", code, next);
        now = next;
    };
    for (const TerminalCell& cell : row) {
        change(colour, cell.ink, 38);
        change(behind, cell.behind, 48);
        line += cell.character;
    }
    if (colour >= 0 || behind >= 0) line += "\x1b[0m";
    if (!colours) line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

/// The lines of a picture, without ends.
inline std::vector<std::string> terminal_lines(const Raster& raster, const Terminal& terminal) {
    const bool blocks = terminal.colours && terminal.utf8;
    std::vector<std::string> lines;
    for (Index row = 0; row < raster.rows(); ++row) {
        std::vector<TerminalCell> cells;
        for (Index x = 0; x < raster.columns(); ++x) {
            const Ink upper = raster.pixel(x, 2 * row), lower = raster.pixel(x, 2 * row + 1);
            cells.push_back(blocks ? half_blocks(upper, lower) : plain_character(upper, lower));
        }
        for (const Raster::Label& label : raster.labels()) {
            if (label.row == row) write_label(cells, label, terminal.utf8);
        }
        lines.push_back(line_of(cells, terminal.colours));
    }
    return lines;
}

}  // namespace GRADIVA_NAMESPACE::detail
