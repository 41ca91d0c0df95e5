// The environments of the library and of the examples by their names, with their usual limits of steps.
#pragma once

#include <gradiva/gradiva.hpp>

#include "sensed_cart_pole.hpp"

namespace example {

/// A mass on a line, pushed by a force, in steps of 0.1 s: position and velocity.
inline gradiva::LinearQuadratic mass_on_a_line() {
    using gradiva::Matrix;
    return gradiva::LinearQuadratic({.a = Matrix<double>{{1, 0.1}, {0, 1}},
                                     .b = Matrix<double>{{0.005}, {0.1}},
                                     .q = Matrix<double>{{1, 0}, {0, 0.1}},
                                     .r = Matrix<double>{{0.1}}});
}

/// Calls `use(name, environment)` for each of them.
template <class Use>
void for_each_environment(const Use& use) {
    using namespace gradiva;
    use("CartPole", TimeLimit(CartPole{}, 500));
    use("CartPoleWithoutVelocity", Select(TimeLimit(CartPole{}, 500), {0, 2}));
    use("Acrobot", TimeLimit(Acrobot{}, 500));
    use("MountainCar", TimeLimit(MountainCar{}, 200));
    use("MountainCarContinuous", TimeLimit(MountainCarContinuous{}, 999));
    use("Pendulum", TimeLimit(Pendulum{}, 200));
    use("LinearQuadratic", TimeLimit(mass_on_a_line(), 100));
    use("MaskedGrid", TimeLimit(MaskedGrid{}, 30));
    use("DialLock", TimeLimit(DialLock{}, 30));
    use("Archery", Archery{});
    use("TMaze", TimeLimit(TMaze{}, 63));
    use("SensedCartPole", TimeLimit(SensedCartPole{}, 500));
    use("Breakout", TimeLimit(Breakout{}, 1000));
}

}  // namespace example
