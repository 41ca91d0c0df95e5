#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/env/canvas.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Lets an environment draw itself, once it is switched on, and throws `Error` on rules that `render` breaks.
class PictureTrial {
public:
    void switch_on() { on_ = true; }

    /// Draws the present state twice; `place()` says which call led to it.
    template <class E, class Place>
    void draw(const E& env, const Place& place) {
        if constexpr (HasRender<E>) {
            if (!on_) return;
            for (Canvas& canvas : pictures_) {
                canvas.clear();
                as_error([&] { env.render(canvas); },
                         [&](const char* what) {
                             return fmt::format("check_env: render after {} threw: {}", place(), what);
                         });
            }
            if (pictures_[0] == pictures_[1]) return;
            fail("check_env: two calls of render after {} draw differently; let it depend on nothing but the state",
                 place());
        }
    }

private:
    bool on_ = false;
    std::array<Canvas, 2> pictures_;
};

}  // namespace GRADIVA_NAMESPACE::detail
