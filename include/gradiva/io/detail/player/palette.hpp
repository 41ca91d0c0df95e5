#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gradiva/env/canvas.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// How an ink looks on a light and on a dark screen, as red, green and blue. Those of `player_style` are the same.
/// Texts in any of them but faint have a contrast to the background of 4.5 : 1 at least.
struct InkColours {
    std::string_view name;
    std::uint32_t light = 0, dark = 0;
};

inline constexpr std::array<InkColours, 9> ink_colours{{{"none", 0, 0},
                                                        {"background", 0xffffff, 0x14181d},
                                                        {"foreground", 0x1f2933, 0xe6eaee},
                                                        {"muted", 0x5f6b78, 0x9aa7b4},
                                                        {"faint", 0xd3dae1, 0x3a434d},
                                                        {"accent", 0x1f5fbf, 0x6ea8fe},
                                                        {"warm", 0xb45309, 0xf0a04b},
                                                        {"good", 0x1a7f37, 0x5ccb7f},
                                                        {"bad", 0xc62828, 0xff8078}}};

inline const InkColours& colours_of(Ink ink) { return ink_colours[static_cast<std::size_t>(ink)]; }

}  // namespace GRADIVA_NAMESPACE::detail
