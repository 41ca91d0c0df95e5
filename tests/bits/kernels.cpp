// Kernels that networks, surrogates and critics are made of: those whose result belongs to a column, or to an element.
#include "bits/column_bits.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/layer_norm.hpp"
#include "gradiva/kernels/matrix/few_outputs.hpp"
#include "gradiva/kernels/matrix/product.hpp"
#include "gradiva/learn/value_loss.hpp"
#include "gradiva/nn/normalizer.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"
#include "helpers/activations.hpp"

namespace gradiva_bits {

namespace {

using namespace gradiva;

/// Some columns of a matrix, copied to where they stand in a larger buffer.
template <class Scalar>
class Copy {
public:
    Copy(const MatrixBuffer<Scalar>& from, Range range) : room_(from), range_(range) {}
    MatrixMap<Scalar> columns() { return room_.columns(range_); }
    VectorMap<Scalar> elements() { return {room_.data() + range_.begin, range_.size()}; }

private:
    MatrixBuffer<Scalar> room_;
    Range range_;
};

template <class Scalar>
ConstVectorMap<Scalar> elements(const MatrixBuffer<Scalar>& m, Range range) {
    return {m.data() + range.begin, range.size()};
}

template <class Scalar>
ConstVectorMap<Scalar> column(const MatrixBuffer<Scalar>& m) {
    return {m.data(), m.rows()};
}

template <class Scalar>
void check_activations(Index rows) {
    Rng rng(1);
    const auto z = normal_columns<Scalar>(rows, rng), d = normal_columns<Scalar>(rows, rng);
    const auto bias = normal_columns<Scalar>(rows, rng);
    for (const Activation f : gradiva_test::all_activations) {
        check_columns(fmt::format("activation {} of {} rows, {}", static_cast<int>(f), rows, scalar_name<Scalar>()),
                      [&](Range range, Outputs& out) {
                          Copy<Scalar> a(z, range), derivative(d, range);
                          Copy<Scalar> before(z, range);
                          kernels::add_bias_and_activate<Scalar>(f, column(bias), a.columns());
                          kernels::multiply_by_derivative<Scalar>(
                              f, kernels::keeps_input(f) ? before.columns() : a.columns(), derivative.columns());
                          out.add_columns(a.columns());
                          out.add_columns(derivative.columns());
                      });
    }
}

template <class Scalar>
void check_layer_norm(Index rows) {
    Rng rng(2);
    const auto z = normal_columns<Scalar>(rows, rng), d = normal_columns<Scalar>(rows, rng);
    const auto gain = normal_columns<Scalar>(rows, rng);
    check_columns(
        fmt::format("layer norm of {} rows, {}", rows, scalar_name<Scalar>()), [&](Range range, Outputs& out) {
            Copy<Scalar> y(z, range), normal(z, range), derivative(d, range);
            MatrixBuffer<Scalar> r(1, most_columns);
            VectorMap<Scalar> inverse(r.data() + range.begin, range.size());
            kernels::layer_norm<Scalar>(column(gain), y.columns(), normal.columns(), inverse);
            kernels::multiply_by_layer_norm_derivative<Scalar>(normal.columns(), inverse, derivative.columns());
            out.add_columns(y.columns());
            out.add_columns(normal.columns());
            out.add_columns(inverse);
            out.add_columns(derivative.columns());
        });
}

template <class Scalar>
void check_normalizer(Index rows) {
    Rng rng(3);
    const auto x = normal_columns<Scalar>(rows, rng), d = normal_columns<Scalar>(rows, rng);
    std::vector<kernels::Moments> moments(static_cast<std::size_t>(rows));
    for (kernels::Moments& m : moments) {
        for (int i = 0; i < 5; ++i) m.add(rng.normal());
    }
    Normalizer<Scalar> normalizer(rows);
    normalizer.merge(moments);
    check_columns(fmt::format("normalizer of {} rows, {}", rows, scalar_name<Scalar>()),
                  [&](Range range, Outputs& out) {
                      Copy<Scalar> y(x, range), derivative(d, range);
                      normalizer.forward(x.columns(range), y.columns());
                      normalizer.backward(y.columns(), derivative.columns());
                      out.add_columns(y.columns());
                      out.add_columns(derivative.columns());
                  });
}

/// Products of a matrix with a batch, as forward passes, backward passes and tangents make them.
template <class Scalar>
void check_products(Index rows, Index depth) {
    Rng rng(4);
    const auto w = normal_columns<Scalar>(rows * depth, rng);
    const auto x = normal_columns<Scalar>(depth, rng), back = normal_columns<Scalar>(rows, rng);
    const auto bias = normal_columns<Scalar>(rows, rng), old = normal_columns<Scalar>(rows, rng);
    const ConstMatrixMap<Scalar> weight(w.data(), rows, depth);
    const std::string shape = fmt::format("{} x {}, {}", rows, depth, scalar_name<Scalar>());
    check_columns("W X of " + shape, [&](Range range, Outputs& out) {
        Copy<Scalar> z(old, range), sum(old, range), activated(old, range);
        const auto input = kernels::plain(x.columns(range));
        kernels::multiply_plus_bias<Scalar>(kernels::plain(weight), input, column(bias), z.columns());
        kernels::multiply_add<Scalar>(kernels::plain(weight), input, sum.columns());
        kernels::multiply_and_activate<Scalar>(Activation::tanh, kernels::plain(weight), input, column(bias),
                                               activated.columns());
        out.add_columns(z.columns());
        out.add_columns(sum.columns());
        out.add_columns(activated.columns());
    });
    check_columns("W^T D of " + shape, [&](Range range, Outputs& out) {
        Copy<Scalar> dx(x, range), du(x, range);
        const auto dz = kernels::plain(back.columns(range));
        kernels::multiply<Scalar>(kernels::transposed(weight), dz, dx.columns());
        kernels::multiply_and_differentiate<Scalar>(Activation::tanh, kernels::transposed(weight), dz, x.columns(range),
                                                    du.columns());
        out.add_columns(dx.columns());
        out.add_columns(du.columns());
        if (rows > kernels::few_outputs) return;
        MatrixBuffer<Scalar> dw(rows, depth);
        kernels::backward_few_outputs<Scalar>(Activation::tanh, weight, back.columns(range), x.columns(range),
                                              dw.matrix(), du.columns());
        out.add_columns(du.columns());
    });
}

/// A surrogate's derivative by each log-prob, and that of the value loss by each value.
template <class Scalar>
void check_losses() {
    Rng rng(5);
    const auto log_prob = normal_columns<Scalar>(1, rng, 0.3), old = normal_columns<Scalar>(1, rng, 0.3);
    const auto advantage = normal_columns<Scalar>(1, rng), target = normal_columns<Scalar>(1, rng);
    const auto derivative_of = [&](const auto& surrogate, Range range, Outputs& out) {
        Copy<Scalar> d(old, range);
        surrogate_sum<Scalar>(surrogate, elements(log_prob, range), elements(old, range), elements(advantage, range),
                              d.elements());
        out.add_columns(d.elements());
    };
    const std::string of = fmt::format(" of {}", scalar_name<Scalar>());
    check_columns("Clip" + of, [&](Range range, Outputs& out) { derivative_of(Clip{}, range, out); });
    check_columns("KlPenalty" + of, [&](Range range, Outputs& out) { derivative_of(KlPenalty{}, range, out); });
    check_columns("PolicyGradient" + of,
                  [&](Range range, Outputs& out) { derivative_of(PolicyGradient{}, range, out); });
    for (const double clip : {0.0, 0.2}) {
        check_columns(fmt::format("value loss with clip {}{}", clip, of), [&](Range range, Outputs& out) {
            Copy<Scalar> d(old, range);
            value_loss<Scalar>(elements(log_prob, range), elements(old, range), elements(target, range), clip,
                               d.elements());
            out.add_columns(d.elements());
        });
    }
}

template <class Scalar>
void check_all() {
    for (const Index rows : {1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 64, 100}) {
        check_activations<Scalar>(rows);
        check_layer_norm<Scalar>(rows);
        check_normalizer<Scalar>(rows);
        for (const Index depth : {1, 2, 3, 8, 16, 17, 64, 65}) check_products<Scalar>(rows, depth);
    }
    check_losses<Scalar>();
}

}  // namespace

void check_kernels() {
    check_all<float>();
    check_all<double>();
}

}  // namespace gradiva_bits
