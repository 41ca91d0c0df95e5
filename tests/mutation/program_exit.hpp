// Included before each test program that has a main of its own: notes at its end which mutants it has reached.
#pragma once

#include "gradiva_mutation/switch.hpp"

namespace gradiva_mutation {

struct AtExit {
    ~AtExit() { write_reached("program", 0, ""); }
};
inline AtExit at_exit;

}  // namespace gradiva_mutation
