#include "catch.hpp"

#include "gradiva/nn/mlp.hpp"

using namespace gradiva;

namespace {

struct WithoutJvp : MlpNetwork<float> {
    void jvp() const;
};

struct WithoutAppend : MlpNetwork<float> {
    void append_parameters() const;
};

}  // namespace

TEST_CASE("a multilayer perceptron is a Module, in float and in double") {
    STATIC_REQUIRE(Module<MlpNetwork<float>>);
    STATIC_REQUIRE(Module<MlpNetwork<double>>);
}

TEST_CASE("a network that lacks a part is no Module") {
    STATIC_REQUIRE_FALSE(Module<WithoutJvp>);
    STATIC_REQUIRE_FALSE(Module<WithoutAppend>);
}
