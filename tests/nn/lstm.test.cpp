#include "gradiva/nn/lstm.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "helpers/recurrent_torch.hpp"

using namespace gradiva;

TEST_CASE("an LSTM between dense layers agrees with PyTorch") { gradiva_test::check_against_torch<Lstm>("lstm"); }

TEST_CASE("the network of an Lstm is a recurrent module, and no feed-forward one") {
    STATIC_REQUIRE(is_recurrent_module<LstmNetwork<float>>);
    STATIC_REQUIRE(RecurrentModuleWithJvp<LstmNetwork<double>>);
    STATIC_REQUIRE(RecurrentModuleWithInputGradient<LstmNetwork<double>>);
    STATIC_REQUIRE(!Module<LstmNetwork<float>>);
    const LstmNetwork<float> network(3, 2, {.units = 5, .after = {4}}, Rng(1));
    CHECK(network.state_size() == 10);
    CHECK(Index(network.parameters().size()) == 4 * 5 * (3 + 1 + 5 + 1) + 4 * (5 + 1) + 2 * (4 + 1));
}
