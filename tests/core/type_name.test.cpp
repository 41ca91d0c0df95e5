// Compiled alone: in a group its types would have the namespace of the file in their names.
#include "gradiva/core/type_name.hpp"

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/optim/adam.hpp"

using namespace gradiva;

namespace {

struct Mine {};
enum class Own : bool { no, yes };
enum class Small : unsigned char { three = 3, many = 200 };
enum Plain { first, second };
enum class Negative : int { less = -1, none = 0 };

}  // namespace

namespace elsewhere {

template <class T, int n>
struct Two {};

}  // namespace elsewhere

TEST_CASE("the name of a type has no namespace of the library, and none without a name") {
    CHECK(type_name<CartPole>() == "CartPole");
    CHECK(type_name<TimeLimit<CartPole>>() == "TimeLimit<CartPole>");
    CHECK(type_name<elsewhere::Two<elsewhere::Two<Mine, 1>, 2>>() == "elsewhere::Two<elsewhere::Two<Mine, 1>, 2>");
    CHECK(type_name<Mine>() == "Mine");
    CHECK(type_name<elsewhere::Two<Mine, 3>>() == "elsewhere::Two<Mine, 3>");
}

TEST_CASE("the name of a type in float does not say so") {
    CHECK(type_name<Adam<float>>() == "Adam");
    CHECK(type_name<Adam<double>>() == "Adam<double>");
    CHECK(type_name<elsewhere::Two<Adam<float>, 1>>() == "elsewhere::Two<Adam, 1>");
}

TEST_CASE("an enumerator's name has no scope, and what has no name is a number") {
    CHECK(enumerator_name(Activation::tanh) == "tanh");
    CHECK(enumerator_name(Activation::relu) == "relu");
    CHECK(enumerator_name(static_cast<Activation>(15)) == "15");
    CHECK(enumerator_name(static_cast<Activation>(-3)) == "-3");
    CHECK(enumerator_name(Own::yes) == "yes");
    CHECK(enumerator_name(Small::three) == "three");
    CHECK(enumerator_name(Small::many) == "200");
    CHECK(enumerator_name(Negative::less) == "-1");
    CHECK(enumerator_name(Negative::none) == "none");
    CHECK(enumerator_name(second) == "1");  // its values determine its type
    CHECK(enumerator_name(first) == "0");
}
