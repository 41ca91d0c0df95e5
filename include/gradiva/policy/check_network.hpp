#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/equal_numbers.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/check_module.hpp"
#include "gradiva/policy/network_for.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// What a network is before it has learned anything; see `check_network`. Throws `Error` on the first rule that it
/// breaks.
template <class D>
class InitialNetwork {
    using Network = typename NetworkFor<D, float>::Type;

public:
    InitialNetwork(const D& description, Index inputs, Index outputs, std::uint64_t seed)
        : description_(description), inputs_(inputs), outputs_(outputs), seed_(seed), x_(inputs, columns) {
        Rng rng(seed);
        for (float& x : std::span(x_.data(), to_size(x_.size()))) x = static_cast<float>(rng.normal());
    }

    Network make(std::uint64_t seed, double output_gain) const {
        return Network(inputs_, outputs_, description_, Rng(seed, Purpose::initialisation), output_gain);
    }

    void run() {
        check_sizes();
        check_randomness();
        check_outputs();
        check_gradient();
    }

private:
    static constexpr Index columns = 64;

    void check_sizes() const {
        const Network network = make(seed_, 1);
        require(
            network.inputs() == inputs_ && network.outputs() == outputs_,
            "check_network: the network has {} inputs and {} outputs, and was to have {} and {}; its constructor is "
            "given both",
            network.inputs(), network.outputs(), inputs_, outputs_);
        require(!network.parameters().empty(),
                "check_network: the network has no parameters; there is nothing to learn");
    }

    void check_randomness() const {
        const Network one = make(seed_, 1), same = make(seed_, 1), other = make(seed_ + 1, 1);
        require(equal_numbers<float>(one.parameters(), same.parameters()),
                "check_network: two networks of one Rng differ; draw the first parameters from the Rng that the "
                "constructor is given, and from nothing else");
        require(!equal_numbers<float>(one.parameters(), other.parameters()),
                "check_network: networks of two seeds have the same first parameters; draw them from the Rng that the "
                "constructor is given: units that begin alike remain alike");
    }

    /// For standard normal inputs, with an output gain of 1 and of 0.01.
    void check_outputs() const {
        const Matrix<float> y = first_outputs(make(seed_, 1)), small = first_outputs(make(seed_, 0.01));
        const double size = root_mean_square(y), small_size = root_mean_square(small);
        require(std::isfinite(size) && size <= most,
                "check_network: the first outputs have a root mean square of {} for standard normal inputs and an "
                "output gain of 1; initialise each layer so that it hands on numbers of about the size of its inputs, "
                "as orthogonal_init does",
                size);
        if (size == 0) return;  // an output layer of zeros
        require(size >= least,
                "check_network: the first outputs have a root mean square of {} for standard normal inputs and an "
                "output gain of 1; initialise each layer so that it hands on numbers of about the size of its inputs, "
                "as orthogonal_init does",
                size);
        require((y.colwise() - y.col(0)).cwiseAbs().maxCoeff() > 0,
                "check_network: the first outputs are the same for all inputs; initialise the weights of the first "
                "layers to other numbers than 0");
        require(small_size <= 0.1 * size,
                "check_network: the first outputs have a root mean square of {} with an output gain of 1, and of {} "
                "with one of 0.01; multiply the last layer's first weights by output_gain, so that an actor begins "
                "nearly independent of its observations",
                size, small_size);
    }

    /// After a few steps of gradient descent most parameters have a part in the gradient.
    void check_gradient() const {
        Network network = make(seed_, 1);
        std::vector<float> gradient(network.parameters().size());
        Rng rng(seed_ + 1);
        for (int step = 0; step < 4; ++step) {
            typename Network::Tape tape;
            network.forward(x_, tape);
            Matrix<float> dy(outputs_, columns);
            for (float& d : std::span(dy.data(), to_size(dy.size()))) d = static_cast<float>(rng.normal());
            if constexpr (requires { network.d_value(tape); }) {  // of a SharedTrunk
                for (float& d : network.d_value(tape)) d = static_cast<float>(rng.normal());
            }
            std::fill(gradient.begin(), gradient.end(), 0.0F);
            network.backward(tape, dy, gradient);
            double squares = 0;
            for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
            const double rate = 0.1 / std::max(std::sqrt(squares), 1e-30);
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                network.parameters()[i] -= static_cast<float>(rate * static_cast<double>(gradient[i]));
            }
        }
        const auto zeros = std::count(gradient.begin(), gradient.end(), 0.0F);
        require(static_cast<double>(zeros) <= 0.5 * static_cast<double>(gradient.size()),
                "check_network: after three steps of gradient descent the derivatives by {} of the {} parameters are 0 "
                "for a batch of {} columns; initialise the parameters so that no layer's activations are all 0, or at "
                "the ends of their range, for standard normal inputs",
                zeros, gradient.size(), columns);
    }

    Matrix<float> first_outputs(const Network& network) const {
        typename Network::Tape tape;
        return ConstMatrixMap<float>(network.forward(x_, tape));
    }

    static double root_mean_square(const Matrix<float>& y) {
        return std::sqrt(y.cast<double>().squaredNorm() / static_cast<double>(y.size()));
    }

    static constexpr double least = 1e-3, most = 100;

    const D& description_;
    Index inputs_, outputs_;
    std::uint64_t seed_;
    Matrix<float> x_;
};

}  // namespace detail

/// Tries the network that `NetworkFor` makes of a description, as actors and critics do, and throws `Error` on the
/// first rule that it breaks; returns what `check_module` measured.
///
/// At first, for standard normal inputs: the numbers of inputs and outputs; parameters drawn from the given `Rng`, and
/// from nothing else; outputs whose root mean square lies between 0.001 and 100, or that are 0, with an output gain of
/// 1; that depend on the inputs; that become small with an output gain of 0.01; derivatives that are not 0 by most
/// parameters after a few steps of gradient descent. Then `check_module`, in float, and in double where `NetworkFor`
/// knows the description there: the errors that are returned are those of double, then, and the rest is that of float.
template <class Description>
ModuleCheck check_network(const Description& description, Index inputs, Index outputs,
                          const CheckModuleOptions& options = {}) {
    ModuleCheck check;
    if constexpr (detail::explain_network_description<Description, float>()) {
        static_assert(!HasMemory<typename NetworkFor<Description, float>::Type>,
                      "gradiva: check_network tries networks without memory; check_module(network, {.sequence = 5}) "
                      "tries one with it");
        require(inputs >= 1 && outputs >= 1, "check_network: inputs is {} and outputs {}; give at least 1 of each",
                inputs, outputs);
        detail::InitialNetwork<Description> initial(description, inputs, outputs, options.seed);
        initial.run();
        check = check_module(initial.make(options.seed, 1), options);
        if constexpr (requires { typename NetworkFor<Description, double>::Type; }) {
            using Network = typename NetworkFor<Description, double>::Type;
            const Network network(inputs, outputs, description, Rng(options.seed, Purpose::initialisation), 1.0);
            const ModuleCheck in_double = check_module(network, options);
            check.gradient_error = in_double.gradient_error;
            check.input_gradient_error = in_double.input_gradient_error;
            check.jvp_error = in_double.jvp_error;
        }
    }
    return check;
}

}  // namespace GRADIVA_NAMESPACE
