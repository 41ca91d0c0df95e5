#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"

namespace GRADIVA_NAMESPACE {

template <class Scalar>
class AnyLayers;
template <class Scalar>
struct AnyTape;
template <class Scalar>
struct AnyPackedWeights;

namespace detail {

/// Networks that read the same rows, with their outputs side by side: the first part of a `Join`. Owns no parameters:
/// those of the networks lie one after the other.
template <class Scalar>
class NetworksSideBySide {
public:
    using PackedWeights = std::vector<AnyPackedWeights<Scalar>>;

    /// What a forward pass stores.
    struct Tape {
        std::vector<AnyTape<Scalar>> networks;
        MatrixBuffer<Scalar> joined;    ///< outputs of the networks
        MatrixBuffer<Scalar> d_joined;  ///< dL/djoined, or the tangent of joined
        MatrixBuffer<Scalar> d_rows;    ///< dL/drows by one of the networks
        bool single_use = false;
        const PackedWeights* packed = nullptr;

        void use_once() { single_use = true; }
        void use_packed(const PackedWeights& weights) { packed = &weights; }
    };

    explicit NetworksSideBySide(std::vector<AnyLayers<Scalar>> networks) : networks_(std::move(networks)) {
        for (const AnyLayers<Scalar>& network : networks_) {
            const Index first = parameter_count(), row = outputs();
            places_.push_back({{first, first + network.parameter_count()}, {row, row + network.outputs()}});
        }
    }

    Index size() const { return static_cast<Index>(networks_.size()); }
    Index outputs() const { return places_.empty() ? 0 : places_.back().rows.end; }
    Index parameter_count() const { return places_.empty() ? 0 : places_.back().parameters.end; }
    std::string parameter_name(Index i) const {
        std::size_t k = 0;
        while (i >= places_[k].parameters.end) ++k;
        return fmt::format("networks[{}], {}", k, networks_[k].parameter_name(i - places_[k].parameters.begin));
    }

    void initialise(std::span<Scalar> parameters, Rng& rng) const {
        for (std::size_t k = 0; k < networks_.size(); ++k) networks_[k].initialise(own(parameters, k), rng, 1);
    }
    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        packed.resize(networks_.size());
        for (std::size_t k = 0; k < networks_.size(); ++k) networks_[k].pack(own(parameters, k), packed[k]);
    }

    /// The outputs side by side, outputs x batch, a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstRowsMap<Scalar>& rows,
                                   Tape& tape) const {
        tape.networks.resize(networks_.size());
        tape.joined.resize(outputs(), rows.cols());
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            if (tape.single_use) tape.networks[k].use_once();
            if (tape.packed) tape.networks[k].use_packed((*tape.packed)[k]);
            rows_of(tape.joined.matrix(), k) = networks_[k].forward(own(parameters, k), rows, tape.networks[k]);
        }
        return std::as_const(tape.joined).matrix();
    }

    /// Storage for the derivative of the loss by the outputs, which the backward pass reads.
    MatrixMap<Scalar> derivative(Tape& tape) const {
        tape.d_joined.resize(tape.joined.rows(), tape.joined.cols());
        return tape.d_joined.matrix();
    }

    /// Adds dL/dparameters to `gradient`.
    void backward(std::span<const Scalar> parameters, Tape& tape, std::span<Scalar> gradient) const {
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            networks_[k].backward(own(parameters, k), tape.networks[k], derivative_of(k, tape), own(gradient, k));
        }
    }

    /// The same, and dL/drows.
    void backward(std::span<const Scalar> parameters, Tape& tape, std::span<Scalar> gradient,
                  MatrixRef<Scalar> d_rows) const {
        tape.d_rows.resize(d_rows.rows(), d_rows.cols());
        d_rows.setZero();
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            networks_[k].backward(own(parameters, k), tape.networks[k], derivative_of(k, tape), own(gradient, k),
                                  tape.d_rows.matrix());
            d_rows += tape.d_rows.matrix();
        }
    }

    /// The tangents of the outputs side by side, a view into the tape.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v) const {
        const MatrixMap<Scalar> tangent = derivative(tape);
        for (std::size_t k = 0; k < networks_.size(); ++k) {
            rows_of(tangent, k) = networks_[k].jvp(own(parameters, k), tape.networks[k], own(v, k));
        }
        return as_const(tangent);
    }

    bool normalizes() const {
        bool any = false;
        for (const AnyLayers<Scalar>& network : networks_) any = any || network.normalizes();
        return any;
    }
    /// Of the rows that the networks read.
    void merge_observations(std::span<const kernels::Moments> rows) {
        for (AnyLayers<Scalar>& network : networks_) network.merge_observations(rows);
    }

    void visit_state(State& state) {
        state.fixed("count", size());
        for (std::size_t k = 0; k < networks_.size(); ++k) state(fmt::format("network_{}", k), networks_[k]);
    }

private:
    /// Where the parameters of a network, and its outputs, lie among those of all.
    struct Place {
        Range parameters, rows;
    };

    template <class T>
    std::span<T> own(std::span<T> flat, std::size_t network) const {
        return part(flat, places_[network].parameters.begin, places_[network].parameters.size());
    }

    auto rows_of(MatrixMap<Scalar> joined, std::size_t network) const {
        return joined.middleRows(places_[network].rows.begin, places_[network].rows.size());
    }

    /// dL/dY of a network.
    ConstRowsMap<Scalar> derivative_of(std::size_t network, const Tape& tape) const {
        const ConstMatrixMap<Scalar> all = tape.d_joined.matrix();
        const Range rows = places_[network].rows;
        return {all.data() + rows.begin, rows.size(), all.cols(), ColumnStride(all.rows())};
    }

    std::vector<AnyLayers<Scalar>> networks_;
    std::vector<Place> places_;  // of each network
};

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE
