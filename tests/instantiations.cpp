#define GRADIVA_INSTANTIATE template
#include "instantiations.hpp"
