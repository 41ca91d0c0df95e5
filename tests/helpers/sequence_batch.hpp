// Batches of sequences, ordered by time, and networks with memory that run over them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"
#include "gradiva/nn/sequences.hpp"
#include "helpers/random.hpp"

namespace gradiva_test {

using gradiva::Index;
using gradiva::Matrix;

template <class Description, class Scalar>
using RecurrentNetwork = std::conditional_t<std::is_same_v<Description, gradiva::Gru>, gradiva::GruNetwork<Scalar>,
                                            gradiva::LstmNetwork<Scalar>>;

/// Some sequences: their lengths, descending, and what `Sequences` needs. X, dY and the flags are random.
template <class Scalar>
struct SequenceBatch {
    std::vector<Index> length, width;
    std::vector<std::uint8_t> begins;
    Matrix<Scalar> state, x, dy;

    /// An episode begins in every third column or so, where `ends`.
    SequenceBatch(std::vector<Index> lengths, Index inputs, Index outputs, Index state_size, gradiva::Rng& rng,
                  bool ends = true)
        : length(std::move(lengths)) {
        std::sort(length.begin(), length.end(), std::greater<>());
        for (Index t = 0; !length.empty() && t < length.front(); ++t) {
            width.push_back(std::count_if(length.begin(), length.end(), [t](Index n) { return n > t; }));
        }
        for (Index n = 0; n < total(); ++n) begins.push_back(ends && rng.below(3) == 0);
        state = random_matrix<Scalar>(state_size, Index(length.size()), rng);
        x = random_matrix<Scalar>(inputs, total(), rng);
        dy = random_matrix<Scalar>(outputs, total(), rng);
    }

    Index total() const {
        Index sum = 0;
        for (const Index n : length) sum += n;
        return sum;
    }
    /// The column of sequence n at step t.
    Index column(Index n, Index t) const {
        Index first = 0;
        for (Index s = 0; s < t; ++s) first += width[std::size_t(s)];
        return first + n;
    }
    gradiva::Sequences<Scalar> sequences() const { return {width, begins, {state.data(), state.rows(), state.cols()}}; }

    /// Steps [from, to) of the sequences `which`, whose order must descend in length; `state` before them.
    SequenceBatch part(const std::vector<Index>& which, Index from, Index to, const Matrix<Scalar>& before) const {
        SequenceBatch result(*this);
        result.length.clear();
        for (const Index n : which) {
            const Index steps = std::min(to, length[std::size_t(n)]) - from;
            if (steps > 0) result.length.push_back(steps);
        }
        result.width.clear();
        result.begins.clear();
        std::vector<Index> columns;
        for (Index t = from; t < to; ++t) {
            Index running = 0;
            for (const Index n : which) {
                if (length[std::size_t(n)] <= t) continue;
                columns.push_back(column(n, t));
                ++running;
            }
            if (running > 0) result.width.push_back(running);
        }
        result.x.resize(x.rows(), Index(columns.size()));
        result.dy.resize(dy.rows(), Index(columns.size()));
        for (std::size_t k = 0; k < columns.size(); ++k) {
            result.begins.push_back(begins[std::size_t(columns[k])]);
            result.x.col(Index(k)) = x.col(columns[k]);
            result.dy.col(Index(k)) = dy.col(columns[k]);
        }
        result.state = before.leftCols(Index(result.length.size()));
        return result;
    }
};

/// All that a network gives of a batch.
template <class Scalar>
struct RecurrentPass {
    Matrix<Scalar> y, dx, tangent, state;  ///< state: after each column
    std::vector<Scalar> gradient;
};

template <class Network, class Scalar>
RecurrentPass<Scalar> pass_over(const Network& network, const SequenceBatch<Scalar>& batch,
                                typename Network::Tape& tape, const std::vector<Scalar>& v = {}) {
    RecurrentPass<Scalar> pass;
    pass.y = network.forward(batch.x, batch.sequences(), tape);
    pass.state.resize(network.state_size(), batch.total());
    for (Index t = 0, at = 0; t < Index(batch.width.size()); at += batch.width[std::size_t(t++)]) {
        pass.state.middleCols(at, batch.width[std::size_t(t)]) = network.state_after(tape, t);
    }
    if (!v.empty()) pass.tangent = network.jvp(tape, v);
    pass.gradient.resize(network.parameters().size());
    pass.dx = Matrix<Scalar>::Constant(batch.x.rows(), batch.total(), Scalar(7));
    network.backward(tape, batch.dy, pass.gradient, pass.dx);
    return pass;
}

/// The same with a tape of its own.
template <class Network, class Scalar>
RecurrentPass<Scalar> pass_over(const Network& network, const SequenceBatch<Scalar>& batch,
                                const std::vector<Scalar>& v = {}) {
    typename Network::Tape tape;
    return pass_over(network, batch, tape, v);
}

template <class Network>
void draw_parameters(Network& network, gradiva::Rng& rng) {
    using Scalar = typename Network::Scalar;
    for (Scalar& w : network.parameters()) w = static_cast<Scalar>(rng.uniform(-0.7, 0.7));
}

}  // namespace gradiva_test
