#include "catch.hpp"

#include "gradiva/nn/mlp.hpp"

using namespace gradiva;

namespace {

struct WithoutJvp : MlpNetwork<float> {
    void jvp() const;
};

struct WithoutInputGradient : MlpNetwork<float> {
    void backward(Tape&, ConstMatrixRef<float>, std::span<float>) const;
};

struct WithoutBackward : MlpNetwork<float> {
    void backward() const;
};

struct WithoutAppend : MlpNetwork<float> {
    void append_parameters() const;
};

}  // namespace

TEST_CASE("a multilayer perceptron is a Module, in float and in double") {
    STATIC_REQUIRE(Module<MlpNetwork<float>>);
    STATIC_REQUIRE(Module<MlpNetwork<double>>);
    STATIC_REQUIRE(ModuleWithJvp<MlpNetwork<float>> && ModuleWithInputGradient<MlpNetwork<float>>);
}

TEST_CASE("a type that lacks a member is no Module") {
    STATIC_REQUIRE_FALSE(Module<WithoutAppend>);
    STATIC_REQUIRE_FALSE(Module<WithoutBackward>);
}

TEST_CASE("jvp and the derivative by the inputs are optional") {
    STATIC_REQUIRE(Module<WithoutJvp>);
    STATIC_REQUIRE_FALSE(ModuleWithJvp<WithoutJvp>);
    STATIC_REQUIRE(Module<WithoutInputGradient>);
    STATIC_REQUIRE_FALSE(ModuleWithInputGradient<WithoutInputGradient>);
}
