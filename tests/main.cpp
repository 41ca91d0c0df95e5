// Catch2 2 brings its main in the header. Catch2 3 links one, and this file is left out.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
