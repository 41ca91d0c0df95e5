// Catch2, version 2 or 3, seen through one pair of eyes: Catch::Approx and ContainsText serve in both.
#pragma once

#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

// A matcher for REQUIRE_THAT and REQUIRE_THROWS_WITH: the text holds `part`.
inline auto ContainsText(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }
#else
#include <catch2/catch.hpp>

namespace Catch {
using Detail::Approx;
}

// A matcher for REQUIRE_THAT and REQUIRE_THROWS_WITH: the text holds `part`.
inline auto ContainsText(const std::string& part) { return Catch::Matchers::Contains(part); }
#endif
