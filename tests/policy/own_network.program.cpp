// What docs/networks.md shows in C++. A test of tests/architecture holds its lines against those of this file.

#include <gradiva/gradiva.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

using namespace gradiva;

/// Description of a residual network: `Actor actor(envs, Residual{.units = 32})`.
struct Residual {
    Index units = 64;  ///< of each hidden layer
    Index blocks = 2;
};

/// Y = V H_B + c for H_0 = tanh(W_0 X + b_0) and H_l = H_{l-1} + tanh(W_l H_{l-1} + b_l), l = 1, ..., B. Flat
/// parameters: W_0, b_0, ..., W_B, b_B, V, c.
template <class T>
class ResidualNetwork {
public:
    using Scalar = T;
    static constexpr bool column_by_column = true;  // Dense gives a column the same bits in every batch

    /// What forward stores for backward; its buffers grow with the batch and are used again.
    struct Tape {
        ConstMatrixMap<T> x{nullptr, 0, 0};
        std::vector<MatrixBuffer<T>> hidden, branch;  // H_0, ..., H_B; tanh(...) of each block
        MatrixBuffer<T> y, d_hidden, d_branch, dense_x, dense_dy;
        MatrixBuffer<T> hidden_tangent, branch_tangent, y_tangent;
    };

    ResidualNetwork(Index inputs, Index outputs, const Residual& description, Rng rng, double output_gain) {
        Index offset = 0;
        const auto add = [&](Index from, Index to) {
            layers_.push_back({from, to, offset});
            offset += layers_.back().parameter_count();
        };
        add(inputs, description.units);
        for (Index l = 0; l < description.blocks; ++l) add(description.units, description.units);
        add(description.units, outputs);
        parameters_.resize(offset);  // zeros
        for (const Dense& layer : layers_) {
            const bool is_last = &layer == &layers_.back();
            orthogonal_init<T>(layer.weight(parameters()), is_last ? output_gain : 1.0, rng);
        }
    }

    Index inputs() const { return layers_.front().inputs; }
    Index outputs() const { return layers_.back().outputs; }
    std::span<T> parameters() { return parameters_.span(); }
    std::span<const T> parameters() const { return parameters_.span(); }
    void append_parameters(Index n) { parameters_.resize(parameters_.size() + n); }

    ConstMatrixMap<T> forward(const ConstMatrixRef<T>& x, Tape& tape) const {
        rebind(tape.x, contiguous<T>(x, tape.dense_x));
        tape.hidden.resize(blocks() + 1);
        tape.branch.resize(blocks());
        for (auto& h : tape.hidden) h.resize(layers_.front().outputs, x.cols());
        layers_.front().template forward<T>(parameters(), Activation::tanh, tape.x, tape.hidden[0].matrix());
        for (std::size_t l = 1; l <= blocks(); ++l) {
            MatrixBuffer<T>& branch = tape.branch[l - 1];
            branch.resize(layers_[l].outputs, x.cols());
            layers_[l].template forward<T>(parameters(), Activation::tanh, tape.hidden[l - 1].matrix(),
                                           branch.matrix());
            tape.hidden[l].matrix() = tape.hidden[l - 1].matrix() + branch.matrix();
        }
        tape.y.resize(outputs(), x.cols());
        layers_.back().template forward<T>(parameters(), tape.hidden.back().matrix(), tape.y.matrix());
        return std::as_const(tape.y).matrix();
    }

    /// Adds dL/dparameters to `gradient`.
    void backward(Tape& tape, const ConstMatrixRef<T>& dy, std::span<T> gradient) const {
        backward_to_first_layer(tape, dy, gradient);
    }

    /// Optional, for AnalyticPolicyGradient: dX := dL/dX, too.
    void backward(Tape& tape, const ConstMatrixRef<T>& dy, std::span<T> gradient, MatrixRef<T> dx) const {
        backward_to_first_layer(tape, dy, gradient);
        layers_.front().template input_gradient<T>(parameters(), tape.d_hidden.matrix(), dx);
    }

    /// Optional, for Trpo: the derivative of Y along the direction v of the parameters.
    ConstMatrixMap<T> jvp(Tape& tape, std::span<const T> v) const {
        const Index units = layers_.front().outputs, columns = tape.x.cols();
        tape.hidden_tangent.resize(units, columns);
        tape.branch_tangent.resize(units, columns);
        tape.y_tangent.resize(outputs(), columns);
        const MatrixMap<T> h = tape.hidden_tangent.matrix(), branch = tape.branch_tangent.matrix();
        const ConstRowsMap<T> before(h.data(), units, columns, ColumnStride(units));
        layers_.front().template jvp<T>(parameters(), v, tape.x, nullptr, h);
        kernels::multiply_by_derivative<T>(Activation::tanh, tape.hidden[0].matrix(), h);
        for (std::size_t l = 1; l <= blocks(); ++l) {
            layers_[l].template jvp<T>(parameters(), v, tape.hidden[l - 1].matrix(), &before, branch);
            kernels::multiply_by_derivative<T>(Activation::tanh, tape.branch[l - 1].matrix(), branch);
            tape.hidden_tangent.matrix() += branch;
        }
        layers_.back().template jvp<T>(parameters(), v, tape.hidden.back().matrix(), &before, tape.y_tangent.matrix());
        return std::as_const(tape.y_tangent).matrix();
    }

private:
    std::size_t blocks() const { return layers_.size() - 2; }

    void backward_to_first_layer(Tape& tape, const ConstMatrixRef<T>& dy, std::span<T> gradient) const {
        tape.d_hidden.resize(layers_.front().outputs, dy.cols());
        tape.d_branch.resize(layers_.front().outputs, dy.cols());
        const MatrixMap<T> d_hidden = tape.d_hidden.matrix(), d_branch = tape.d_branch.matrix();
        const ConstMatrixMap<T> dense_dy = contiguous<T>(dy, tape.dense_dy);
        layers_.back().template backward<T>(parameters(), dense_dy, tape.hidden.back().matrix(), gradient, d_hidden);
        for (std::size_t l = blocks(); l >= 1; --l) {
            tape.d_branch.matrix() = d_hidden;
            kernels::multiply_by_derivative<T>(Activation::tanh, tape.branch[l - 1].matrix(), d_branch);
            layers_[l].template add_gradient<T>(d_branch, tape.hidden[l - 1].matrix(), gradient);
            kernels::multiply_add<T>(kernels::transposed(layers_[l].weight(parameters())), kernels::plain(d_branch),
                                     d_hidden);
        }
        kernels::multiply_by_derivative<T>(Activation::tanh, tape.hidden[0].matrix(), d_hidden);
        layers_.front().template add_gradient<T>(d_hidden, tape.x, gradient);
    }

    std::vector<Dense> layers_;
    Buffer<T> parameters_;
};

template <class T>
struct gradiva::NetworkFor<Residual, T> {
    using Type = ResidualNetwork<T>;
};

static_assert(is_module<ResidualNetwork<float>>);  // says which rule is broken

namespace {

template <class V>
void build_networks_of_the_library(const V& envs) {
    Actor actor(envs, Mlp{.hidden = {64, 64}});
    Critic critic(envs, Mlp{.hidden = {256, 256}, .activation = Activation::relu});
    Actor shared(envs, SharedTrunk{.trunk = Mlp{.hidden = {64, 64}}});
    SharedCritic value(shared);
    require(actor.observation_size() == critic.observation_size(), "actor and critic observe the same");
    require(shared.observation_size() == value.observation_size(), "actor and critic observe the same");
}

void check_picture_beside_numbers() {
    const Convolution picture{.shape = {8, 8, 3},
                              .layers = {{.channels = 8, .kernel = 3}, {.channels = 16, .kernel = 3, .stride = 2}},
                              .hidden = {64},
                              .inputs = Range{0, 192}};
    const Join both{.networks = {picture, Mlp{.hidden = {32}, .inputs = Range{192, 200}}}, .hidden = {64}};
    fmt::print("{}\n", check_network(both, 200, 2));
}

void step_with_memory() {
    GruNetwork<float> network(4, 2, {.units = 32}, Rng(1));
    const std::vector<Index> width{2, 2, 1};
    const std::vector<std::uint8_t> begins{1, 0, 0, 0, 0};  // the first one starts an episode, the other goes on
    const Matrix<float> x = Matrix<float>::Ones(4, 5), state = Matrix<float>::Zero(network.state_size(), 2);
    GruNetwork<float>::Tape tape;
    const auto y = network.forward(x, {width, begins, {state.data(), state.rows(), state.cols()}}, tape);
    const auto last = network.state_after(tape, 2);  // of the longer one
    std::vector<float> gradient(network.parameters().size());
    network.backward(tape, Matrix<float>::Ones(y.rows(), y.cols()), gradient);  // through time
    require(last.cols() == 1 && gradient[0] != 0, "a network with memory has a state and a gradient");
    fmt::print("{}\n", check_module(network, {.sequence = 5}));
}

void train_with_memory() {
    Vectorized envs(Select(TimeLimit(CartPole{}, 500), {0, 2}), {.count = 8});  // positions, no velocities
    Actor actor(envs, Gru{.units = 64});
    Critic critic(envs, Gru{.units = 64});
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 32, .minibatch = 256, .sequence = 16});
    fmt::print("with memory: {}\n", trainer.train({.steps = 2'048}).mean_return);
    const std::vector<float> observation{0.1F, 0.05F};
    Acting acting(actor, envs);
    Episode episode = acting.begin();                     // its state is 0
    const int action = acting.act(observation, episode);  // goes on by one step; also with a mask and an Rng
    require(action >= 0 && episode.state<float>()[0] != 0, "an action in an episode moves its state");
    episode.restart();  // where another episode begins
    Actor remembering(envs, RecurrentTrunk{.trunk = Gru{.units = 64}});  // or Lstm
    SharedCritic its_value(remembering);
    require(its_value.state_size() == 64, "actor and critic share a memory of {} numbers", its_value.state_size());
}

}  // namespace

int main() {
    fmt::print("{}\n", check_network(Residual{.units = 32}, 4, 2));
    TimeLimit cart_pole(CartPole{}, 500);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    build_networks_of_the_library(envs);
    check_picture_beside_numbers();
    step_with_memory();
    train_with_memory();
    Actor actor(envs, Residual{.units = 32});
    Critic critic(envs, Residual{.units = 32});
    PpoClip trainer(envs, actor, critic, Gae{}, {.learning_rate = 1e-3});
    trainer.train({.steps = 30'000});
    const double reached = evaluate(actor, cart_pole, {.episodes = 20}).mean_return;
    fmt::print("mean return {}\n", reached);
    require(reached > 100, "a residual network reaches {} on CartPole; a random policy reaches 20", reached);
}
