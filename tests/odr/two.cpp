#include "every_header_reversed.hpp"

#include <gradiva/gradiva.hpp>
#include <gradiva/version.hpp>

const void* version_in_two();

const void* version_in_two() { return &gradiva::version_major; }
