#pragma once

#include <algorithm>
#include <concepts>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/threads.hpp"

namespace GRADIVA_NAMESPACE {

/// Observations in a network's number type: a view where that is float, else a converted copy, valid until the next
/// call.
template <class Scalar>
class NetworkInput {
public:
    ConstMatrixMap<Scalar> operator()(const ConstMatrixMap<float>& observation) {
        if constexpr (std::same_as<Scalar, float>) {
            return observation;
        } else {
            converted_.resize(observation.rows(), observation.cols());
            converted_.matrix() = observation.template cast<Scalar>();
            return std::as_const(converted_).matrix();
        }
    }

private:
    MatrixBuffer<Scalar> converted_;
};

/// Processes many columns in passes of `pass_width`, so narrow that the activations of a few layers stay in a core's
/// cache; passes are distributed over threads. `Shard` holds the buffers of one thread's work.
template <class Shard>
class ColumnPasses {
public:
    /// Calls `body(shard, range)` for each pass of at most `width` over [0, columns), on any of the threads.
    template <class Body>
    void run(Index columns, Threads& threads, const Body& body, Index width = pass_width) {
        run_some({0, pieces_of(columns, width)}, columns, threads, body, width);
    }

    /// The same for some of the passes, numbered from 0.
    template <class Body>
    void run_some(Range some, Index columns, Threads& threads, const Body& body, Index width = pass_width) {
        const Index passes = pieces_of(columns, width);
        const Index count = std::min(some.size(), 4 * threads.count());
        shards_.grow_to(count);
        threads.run(count, [&](Index s) {
            Shard& shard = shards_[s];
            const Range mine = piece(some.size(), count, s);
            for (Index i = mine.begin; i < mine.end; ++i) body(shard, piece(columns, passes, some.begin + i));
        });
    }

private:
    FixedPlaces<Shard> shards_;
};

}  // namespace GRADIVA_NAMESPACE
