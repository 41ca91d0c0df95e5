// Comparison of a network with memory with PyTorch's record of it, tests/reference/recurrent_torch.txt.
#pragma once

#include <string>
#include <vector>

#include "catch.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/sequence_batch.hpp"
#include "reference/read_blocks.hpp"

namespace gradiva_test {

template <class Description>
void check_against_torch(const std::string& name) {
    const auto blocks = reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/recurrent_torch.txt");
    const auto matrix = [&](const std::string& key) {
        const reference::Block& block = reference::at(blocks, name + "." + key);
        return Matrix<double>(
            gradiva::ConstMatrixMap<double>(block.values.data(), Index(block.rows), Index(block.cols)));
    };
    RecurrentNetwork<Description, double> network(3, 2, {.before = {4}, .units = 5, .after = {6}}, gradiva::Rng(1));
    const Matrix<double> parameters = matrix("parameters"), width = matrix("width"), last = matrix("last");
    REQUIRE(parameters.size() == Index(network.parameters().size()));
    std::copy(parameters.data(), parameters.data() + parameters.size(), network.parameters().begin());
    gradiva::Rng rng(1);
    std::vector<Index> lengths(std::size_t(width(0)), 0);
    for (Index t = 0; t < width.size(); ++t) {
        for (Index n = 0; n < Index(width(t)); ++n) ++lengths[std::size_t(n)];
    }
    SequenceBatch<double> batch(lengths, 3, 2, network.state_size(), rng, false);
    batch.x = matrix("x");
    batch.dy = matrix("dy");
    batch.state = matrix("state");
    const auto pass = pass_over(network, batch);
    const auto near = [](const Matrix<double>& a, const Matrix<double>& b) {
        return a.rows() == b.rows() && a.cols() == b.cols() && (a - b).norm() <= 1e-12 * b.norm();
    };
    CHECK(near(pass.y, matrix("y")));
    CHECK(near(pass.dx, matrix("dx")));
    const Matrix<double> gradient = matrix("gradient");
    CHECK(relative_error(pass.gradient, {gradient.data(), std::size_t(gradient.size())}) < 1e-12);
    for (Index n = 0; n < last.cols(); ++n) {
        CHECK(near(pass.state.col(batch.column(n, lengths[std::size_t(n)] - 1)), last.col(n)));
    }
}

}  // namespace gradiva_test
