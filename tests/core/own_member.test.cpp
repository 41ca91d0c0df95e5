#include "gradiva/core/own_member.hpp"

#include "catch.hpp"

namespace {

struct Base {
    int number(int x) const { return x; }
};
struct Heir : Base {};
struct Replacing : Base {
    int number(int x) const { return -x; }
};

}  // namespace

TEST_CASE("a member that is inherited is not the class's own") {
    CHECK(gradiva::is_own_member<Base, &Base::number>);
    CHECK_FALSE(gradiva::is_own_member<Heir, &Heir::number>);
    CHECK(gradiva::is_own_member<Replacing, &Replacing::number>);
}
