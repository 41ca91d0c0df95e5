#include "gradiva/nn/gru.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "helpers/recurrent_torch.hpp"

using namespace gradiva;

TEST_CASE("a GRU between dense layers agrees with PyTorch") { gradiva_test::check_against_torch<Gru>("gru"); }

TEST_CASE("the network of a Gru is a recurrent module, and no feed-forward one") {
    STATIC_REQUIRE(is_recurrent_module<GruNetwork<float>>);
    STATIC_REQUIRE(RecurrentModuleWithJvp<GruNetwork<double>>);
    STATIC_REQUIRE(RecurrentModuleWithInputGradient<GruNetwork<double>>);
    STATIC_REQUIRE(!Module<GruNetwork<float>>);
    const GruNetwork<float> network(3, 2, {.units = 5, .after = {4}}, Rng(1));
    CHECK(network.state_size() == 5);
    CHECK(Index(network.parameters().size()) == 3 * 5 * (3 + 1 + 5 + 1) + 4 * (5 + 1) + 2 * (4 + 1));
}
