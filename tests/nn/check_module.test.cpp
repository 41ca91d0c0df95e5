#include "gradiva/nn/check_module.hpp"

#include "catch.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/field_count.hpp"
#include "helpers/plain_network.hpp"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The plain network with all optional passes, each of which can be broken at run time.
enum class Fault {
    none,
    gradient_of_one,      ///< a derivative by one parameter is 2 % too large
    gradient_of_all,      ///< each is 2 % too large
    missing_bias,         ///< no derivative by b
    overwritten,          ///< the gradient, where it is to be added to
    beyond,               ///< writes behind the gradient
    used_up,              ///< backward changes what forward stored
    remembers,            ///< Y depends on what the tape held before
    shared,               ///< copies share a parameter
    reads_appended,       ///< f reads appended parameters
    writes_appended,      ///< backward writes to them
    keeps_no_zeros,       ///< appended parameters are not 0
    dense_x,              ///< reads X without its stride
    dense_dy,             ///< reads dY without its stride
    dense_dx,             ///< writes dX without its stride
    added_dx,             ///< adds to dX
    wrong_dx,             ///< no derivative of tanh
    dx_changes_gradient,  ///< another gradient with dX
    wrong_jvp,            ///< no part of b
    jvp_uses_up,          ///< jvp changes what forward stored
    jvp_reads_appended,   ///< reads appended directions
    mean_over_batch,      ///< a column depends on others
    bits_of_width,        ///< by its bits only
    spreads_nan,          ///< a column depends on the sum of all, times 0
    loses_nan,            ///< as max(0, x)
    once_differs,         ///< with use_once
    packed_differs,       ///< with packed weights
    not_finite,           ///< Y is NaN
    nan_gradient,         ///< a gradient is NaN
    nan_tangent,          ///< a tangent is
    short_y,              ///< Y lacks a column
    short_tangent,        ///< the tangent does
};

class Faulty : public PlainNetwork<double> {
    using Base = PlainNetwork<double>;

public:
    static constexpr bool column_by_column = true;
    using PackedWeights = int;
    struct Tape : Base::Tape {
        bool once = false, packed = false;
        double memory = 0;
        Matrix<double> tangent;
        void use_once() { once = true; }
        void use_packed(const PackedWeights&) { packed = true; }
    };

    explicit Faulty(Fault fault, Index units = 5) : Base(3, 2, {.units = units}, Rng(1)), fault_(fault) {}

    void pack(PackedWeights&) const {}
    void append_parameters(Index n) {
        Base::append_parameters(n);
        if (fault_ == Fault::keeps_no_zeros) parameters_.back() = 1;
    }

    ConstMatrixMap<double> forward(ConstMatrixRef<double> x, Tape& tape) const {
        tape.x = fault_ == Fault::dense_x ? Matrix<double>(dense(x)) : Matrix<double>(x);
        if (fault_ == Fault::loses_nan) tape.x = tape.x.unaryExpr([](double v) { return std::isnan(v) ? 0 : v; });
        if (fault_ == Fault::spreads_nan) tape.x.array() += 0 * tape.x.sum();
        const Matrix<double> input = tape.x;
        Base::forward(input, tape);
        for (Index j = 0; j < input.cols(); ++j) compute(input.col(j).data(), &tape.hidden(0, j), &tape.y(0, j));
        if (fault_ == Fault::mean_over_batch) tape.y.array() += 1e-3 * tape.x.mean();
        if (fault_ == Fault::bits_of_width) tape.y.array() *= 1 + 1e-15 * double(x.cols());
        if (fault_ == Fault::remembers) tape.y.array() += 1e-3 * tape.memory;
        if (fault_ == Fault::shared) tape.y.array() += shared_->at(0);
        if (fault_ == Fault::reads_appended) tape.y.array() += parameters_.back();
        if (fault_ == Fault::not_finite) tape.y(1, 0) = std::numeric_limits<double>::infinity();
        if (fault_ == Fault::once_differs && tape.once) tape.y *= 1.01;
        if (fault_ == Fault::packed_differs && tape.packed) tape.y *= 1.01;
        tape.memory = double(x.cols());
        return {tape.y.data(), tape.y.rows(), tape.y.cols() - (fault_ == Fault::short_y ? 1 : 0)};
    }

    void backward(Tape& tape, ConstMatrixRef<double> dy, std::span<double> gradient) const {
        const auto own = gradient.first(std::size_t(units_ * (inputs_ + 1 + outputs_)));
        if (fault_ == Fault::overwritten) std::ranges::fill(own, 0.0);
        const double before = own[7], bias = b(own.data())(0);
        const std::vector<double> all(own.begin(), own.end());
        Base::backward(tape, fault_ == Fault::dense_dy ? Matrix<double>(dense(dy)) : Matrix<double>(dy), own);
        if (fault_ == Fault::gradient_of_one) own[7] += 0.02 * (own[7] - before);
        if (fault_ == Fault::missing_bias) b(own.data())(0) = bias;
        for (std::size_t i = 0; fault_ == Fault::gradient_of_all && i < own.size(); ++i) {
            own[i] += 0.02 * (own[i] - all[i]);
        }
        if (fault_ == Fault::beyond) gradient.data()[gradient.size()] = 3;
        if (fault_ == Fault::writes_appended) gradient.back() += 1;
        if (fault_ == Fault::used_up) tape.hidden *= 0.5;
        if (fault_ == Fault::nan_gradient) own[3] = std::numeric_limits<double>::quiet_NaN();
    }

    void backward(Tape& tape, ConstMatrixRef<double> dy, std::span<double> gradient, MatrixRef<double> dx) const {
        backward(tape, dy, gradient);
        Matrix<double> result = w(parameters_.data()).transpose() * tape.d_hidden;
        if (fault_ == Fault::wrong_dx) {
            result = w(parameters_.data()).transpose() * (v(parameters_.data()).transpose() * dy);
        }
        if (fault_ == Fault::added_dx) result += dx;
        if (fault_ == Fault::dx_changes_gradient) gradient[2] += 1;
        if (fault_ == Fault::dense_dx) {
            std::copy_n(result.data(), result.size(), dx.data());
        } else {
            dx = result;
        }
    }

    /// One column of the hidden units and of Y. Eigen's products of a batch give other bits for other widths of it.
    [[gnu::noinline]] void compute(const double* x, double* hidden, double* y) const {
        const double *const w = parameters_.data(), *const b = w + units_ * inputs_, *const v = b + units_;
        for (Index i = 0; i < units_; ++i) {
            double sum = b[i];
            for (Index k = 0; k < inputs_; ++k) sum += w[k * units_ + i] * x[k];
            hidden[i] = std::tanh(sum);
        }
        for (Index i = 0; i < outputs_; ++i) {
            y[i] = 0;
            for (Index k = 0; k < units_; ++k) y[i] += v[k * outputs_ + i] * hidden[k];
        }
    }

    ConstMatrixMap<double> jvp(Tape& tape, std::span<const double> direction) const {
        const double* const d = direction.data();
        Matrix<double> hidden = w(d) * tape.x;
        if (fault_ != Fault::wrong_jvp) hidden.colwise() += b(d);
        hidden.array() *= 1 - tape.hidden.array().square();
        tape.tangent = v(d) * tape.hidden + v(parameters_.data()) * hidden;
        if (fault_ == Fault::jvp_reads_appended) tape.tangent.array() += direction.back();
        if (fault_ == Fault::nan_tangent) tape.tangent(1, 0) = std::numeric_limits<double>::quiet_NaN();
        if (fault_ == Fault::jvp_uses_up) tape.hidden = hidden;
        return {tape.tangent.data(), tape.tangent.rows(), tape.tangent.cols() - (fault_ == Fault::short_tangent)};
    }

    // With the fault, the parameters that others see lie in an object that copies share.
    std::span<double> parameters() { return fault_ == Fault::shared ? std::span(*shared_) : Base::parameters(); }
    std::span<const double> parameters() const {
        return fault_ == Fault::shared ? std::span<const double>(*shared_) : Base::parameters();
    }

private:
    static ConstMatrixMap<double> dense(const ConstMatrixRef<double>& m) { return {m.data(), m.rows(), m.cols()}; }

    Fault fault_;
    std::shared_ptr<std::vector<double>> shared_ = std::make_shared<std::vector<double>>(parameters_);
};

/// Lacks the derivatives by all of b, but for a share of them.
struct WithoutBias : PlainNetwork<double> {
    double share = 0;
    explicit WithoutBias(Index units, double s = 0) : PlainNetwork<double>(3, 2, {.units = units}, Rng(1)), share(s) {}
    void backward(Tape& tape, ConstMatrixRef<double> dy, std::span<double> gradient) const {
        std::vector<double> all(gradient.size());
        PlainNetwork<double>::backward(tape, dy, all);
        b(all.data()) *= share;
        for (std::size_t i = 0; i < all.size(); ++i) gradient[i] += all[i];
    }
};

/// Normalises what a plain network reads.
struct Normalizing : PlainNetwork<double> {
    explicit Normalizing(bool shares) : PlainNetwork<double>(3, 2, {}, Rng(1)), shares_(shares) {}
    Normalizing(const Normalizing& other)
        : PlainNetwork<double>(other), shares_(other.shares_),
          own_(shares_ ? other.own_ : std::make_shared<Normalizer<double>>(*other.own_)) {}

    Normalizer<double>* normalizer() { return own_.get(); }
    ConstMatrixMap<double> forward(ConstMatrixRef<double> x, Tape& tape) const {
        Matrix<double> y(x.rows(), x.cols());
        own_->forward(x, y);
        return PlainNetwork<double>::forward(y, tape);
    }

private:
    bool shares_;
    std::shared_ptr<Normalizer<double>> own_ = std::make_shared<Normalizer<double>>(3);
};

/// Forgets that the derivative by the input goes through the normaliser.
struct ForgetsScale : Normalizing {
    ForgetsScale() : Normalizing(false) {}
    using Normalizing::backward;
    void backward(Tape& tape, ConstMatrixRef<double> dy, std::span<double> gradient, MatrixRef<double> dx) const {
        backward(tape, dy, gradient);
        dx = w(parameters_.data()).transpose() * tape.d_hidden;
    }
};

/// The text of the error of `check_module`; empty where there is none.
template <class M>
std::string complaint(const M& module, const CheckModuleOptions& options = {}) {
    try {
        check_module(module, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("check_module names what is wrong with a module, each rule of it") {
    struct Row {
        Fault fault;
        const char* text;
    };
    // clang-format off
    const Row rows[] = {
        {Fault::gradient_of_one, "backward gives dL/dparameters[7] = "},
        {Fault::gradient_of_all, "backward gives dL/dparameters["},
        {Fault::missing_bias, "backward gives dL/dparameters[15] = 0, and central differences give"},
        {Fault::overwritten, "backward does not add to the gradient"},
        {Fault::beyond, "backward writes outside of the 30 elements of the gradient"},
        {Fault::used_up, "a second backward pass after the same forward pass gives another gradient"},
        {Fault::remembers, "forward gives other numbers with a tape that was used for a batch of 24 columns before"},
        {Fault::shared, "a copy changes with the parameters, or the observations, of the module that it was copied from"},
        {Fault::reads_appended, "appended parameters change what forward gives"},
        {Fault::writes_appended, "with appended parameters backward gives another gradient"},
        {Fault::keeps_no_zeros, "parameters() are not the 30 before, followed by 3 zeros"},
        {Fault::dense_x, "forward gives other numbers of an X with gaps between its columns"},
        {Fault::dense_dy, "backward gives another gradient for a dY with gaps between its columns"},
        {Fault::dense_dx, "backward writes another dX where dX has gaps between its columns"},
        {Fault::added_dx, "backward writes another dX where dX has gaps between its columns, or holds other numbers"},
        {Fault::wrong_dx, "backward gives dX("},
        {Fault::dx_changes_gradient, "backward with dX adds another gradient than without"},
        {Fault::wrong_jvp, "jvp gives the tangent of Y("},
        {Fault::jvp_uses_up, "jvp gives another tangent when it is called again"},
        {Fault::jvp_reads_appended, "appended parameters change what jvp gives"},
        {Fault::mean_over_batch, "forward gives a column other "},
        {Fault::bits_of_width, "forward gives a column other bits in a batch of "},
        {Fault::spreads_nan, "a column of X that is NaN changes other columns of Y"},
        {Fault::loses_nan, "a column of X that is NaN gives a finite column of Y"},
        {Fault::once_differs, "a tape with use_once() gives other numbers than without"},
        {Fault::packed_differs, "a tape with use_packed(packed) and use_once() gives other numbers than without"},
        {Fault::not_finite, "Y(1, 0) is inf"},
        {Fault::nan_gradient, "gradient(3, 0) is nan"},
        {Fault::nan_tangent, "the tangent(1, 0) is nan"},
        {Fault::short_y, "forward returns a matrix of 2 x 7 for a batch of 8 columns"},
        {Fault::short_tangent, "jvp returns a matrix of 2 x 7 for a batch of 8 columns"},
    };
    // clang-format on
    CHECK(complaint(Faulty(Fault::none)).empty());
    CHECK(std::size(rows) == std::size_t(Fault::short_tangent));
    for (const Row& row : rows) {
        const std::string text = complaint(Faulty(row.fault));
        INFO("expected: " << row.text << "\nfound: " << text);
        CHECK(text.find(row.text) != std::string::npos);
    }
}

TEMPLATE_TEST_CASE("check_module accepts the networks of the library, and a plain one", "", float, double) {
    using T = TestType;
    constexpr double largest = sizeof(T) == sizeof(float) ? 1e-2 : 1e-5;
    const Mlp descriptions[] = {
        {.hidden = {}},
        {.hidden = {20, 16}},
        {.hidden = {33, 9}, .activation = Activation::relu},
        {.hidden = {6, 5, 4}, .activation = Activation::gelu},
        {.hidden = {16}, .activation = Activation::leaky_relu, .layer_norm = true, .normalize_observations = true}};
    for (const Mlp& mlp : descriptions) {
        for (const std::uint64_t seed : {1U, 2U}) {
            const MlpNetwork<T> network(7, 3, mlp, Rng(seed), 0.01);
            const ModuleCheck check = check_module(network, {.seed = seed});
            CHECK(check.gradient_error <= largest);
            CHECK(check.input_gradient_error <= largest);
            CHECK(check.jvp_error <= largest);
            CHECK(check.same_bits_in_all_widths);
        }
    }
    const Join join{.networks = {Mlp{.hidden = {6}, .normalize_observations = true, .inputs = Range{1, 4}},
                                 Mlp{.hidden = {5}, .activation = Activation::silu}},
                    .hidden = {7}};
    CHECK(check_module(JoinNetwork<T>(6, 2, join, Rng(1))).jvp_error <= largest);
    CHECK(check_module(TrunkNetwork<T>(6, 2, SharedTrunk{.trunk = join}, Rng(1))).jvp_error <= largest);
    const ModuleCheck plain = check_module(PlainNetwork<T>(4, 2, {}, Rng(1)));
    CHECK(plain.gradient_error <= largest);
    CHECK(std::isnan(plain.input_gradient_error));
    CHECK(std::isnan(plain.jvp_error));
    CHECK(plain.cost > 0);
}

TEST_CASE("check_module leaves the module that it is given as it was") {
    const PlainNetwork<double> network(3, 2, {}, Rng(1));
    const std::vector<double> before(network.parameters().begin(), network.parameters().end());
    check_module(network);
    CHECK(std::ranges::equal(network.parameters(), before));
}

TEST_CASE("check_module tries a module that normalises its inputs once it has observed some") {
    CHECK(complaint(Normalizing(false)).empty());
    CHECK(complaint(Normalizing(true)).find("a copy changes with the parameters, or the observations,") !=
          std::string::npos);
    CHECK(complaint(ForgetsScale()).find("backward gives dX(") != std::string::npos);
}

TEST_CASE("check_module names what a parameter belongs to where the module says it") {
    struct Named : Faulty {
        Named() : Faulty(Fault::gradient_of_one) {}
        std::string parameter_name(Index i) const { return "w_" + std::to_string(i); }
    };
    CHECK(complaint(Named()).find(" (w_7), and central differences give ") != std::string::npos);
}

TEST_CASE("check_module names the wrong parameter of a network of the library") {
    struct Wrong : JoinNetwork<double> {
        explicit Wrong(const Join& join) : JoinNetwork(4, 2, join, Rng(1)) {}
        void backward(Tape& tape, const ConstMatrixRef<double>& dy, std::span<double> gradient) const {
            JoinNetwork::backward(tape, dy, gradient);
            gradient[17] += 1;
        }
    };
    // 3 x 4 weights and 3 biases of the first layer, then 2 x 3 weights of the second.
    const Wrong wrong({.networks = {Mlp{.hidden = {3, 2}}, Mlp{.hidden = {2}}}, .hidden = {}});
    CHECK(complaint(wrong).find(" (networks[0], layer 1, weight (0, 1)), and central differences give ") !=
          std::string::npos);
}

TEST_CASE("Every option of check_module reaches what it is for") {
    static_assert(field_count<CheckModuleOptions>() == 6, "a new option needs a line here");
    CHECK(complaint(WithoutBias(40), {.parameters = 300}).find("backward gives dL/dparameters[") != std::string::npos);
    const std::string along = complaint(WithoutBias(40), {.parameters = 1});
    CHECK(along.find("along a random direction of all parameters backward gives") != std::string::npos);
    CHECK_FALSE(complaint(WithoutBias(5, 0.98)).empty());
    CHECK(complaint(WithoutBias(5, 0.98), {.tolerance = 0.05}).empty());
    CHECK(complaint(Faulty(Fault::short_y), {.columns = 3}).find("2 x 2 for a batch of 3") != std::string::npos);
    // `sequence`: recurrent_module.test.cpp
    WithoutBias hidden(4);
    std::ranges::fill(hidden.parameters(), 0.0);
    CHECK(complaint(hidden, {.perturbation = 0}).empty());
    CHECK_FALSE(complaint(hidden).empty());
    CHECK(complaint(Faulty(Fault::wrong_dx), {.seed = 1}) != complaint(Faulty(Fault::wrong_dx), {.seed = 2}));
}

TEST_CASE("check_module refuses options out of range, and parameters that are not finite") {
    const PlainNetwork<double> network(3, 2, {}, Rng(1));
    CHECK(complaint(network, {.columns = 0}).find("columns is 0") != std::string::npos);
    CHECK(complaint(network, {.parameters = 0}).find("parameters is 0") != std::string::npos);
    CHECK(complaint(network, {.tolerance = std::nan("")}).find("tolerance is nan") != std::string::npos);
    CHECK(complaint(network, {.perturbation = -1}).find("perturbation is -1") != std::string::npos);
    PlainNetwork<double> broken = network;
    broken.parameters()[4] = std::nan("");
    CHECK(complaint(broken).find("parameter 4 is nan") != std::string::npos);
    for (const CheckModuleOptions& least :
         {CheckModuleOptions{.columns = 1}, CheckModuleOptions{.sequence = 1}, CheckModuleOptions{.parameters = 1}}) {
        CHECK(complaint(network, least).empty());
    }
}

TEST_CASE("What check_module measured prints in one line") {
    const ModuleCheck check{.gradient_error = 2e-8, .cost = 1.25, .same_bits_in_all_widths = true};
    CHECK(fmt::format("{}", check) ==
          "gradient_error=2e-08 input_gradient_error=nan jvp_error=nan cost=1.2 same_bits_in_all_widths=true");
}
