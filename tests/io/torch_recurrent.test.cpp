#include "gradiva/io/torch_recurrent.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/sequence_batch.hpp"
#include "helpers/temporary_folder.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const std::string torch_file = std::string(GRADIVA_SOURCE_DIR) + "/tests/reference/torch_recurrent.safetensors";

const TorchRecurrentOptions gru_actor = {.before = {"gru_actor.encoder.0"},
                                         .memory = "gru_actor.memory",
                                         .after = {"gru_actor.head.0", "gru_actor.head.2"},
                                         .log_std = "log_std"};
const TorchRecurrentOptions gru_critic = {
    .before = {"gru_critic.body"}, .memory = "gru_critic.rnn", .after = {"gru_critic.hidden", "gru_critic.value"}};
const TorchRecurrentOptions lstm_actor = {.before = {"lstm_actor.encoder.0"},
                                          .memory = "lstm_actor.memory",
                                          .after = {"lstm_actor.head.0", "lstm_actor.head.2"},
                                          .log_std = "log_std"};
const TorchRecurrentOptions lstm_critic = {
    .before = {"lstm_critic.body"}, .memory = "lstm_critic.rnn", .after = {"lstm_critic.hidden", "lstm_critic.value"}};

template <class Description, class Scalar>
auto actor_of(const Description& description) {
    return Actor(RecurrentNetwork<Description, Scalar>(3, 2, description, Rng(1)), DiagonalGaussian<Scalar>(2));
}
template <class Description, class Scalar>
auto critic_of(const Description& description) {
    return Critic(RecurrentNetwork<Description, Scalar>(3, 1, description, Rng(1)));
}

/// The largest difference between what a network gives along PyTorch's sequences and the first outputs of PyTorch.
template <class Network>
double difference(const Network& network, const std::string& name) {
    using Scalar = typename Network::Scalar;
    const auto blocks = reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/recurrent_torch.txt");
    const auto matrix = [&](const std::string& key) {
        const reference::Block& block = reference::at(blocks, name + "." + key);
        return Matrix<double>(ConstMatrixMap<double>(block.values.data(), Index(block.rows), Index(block.cols)));
    };
    const Matrix<double> widths = matrix("width"), y = matrix("y");
    const Matrix<Scalar> x = matrix("x").template cast<Scalar>(), state = matrix("state").template cast<Scalar>();
    std::vector<Index> width;
    for (Index t = 0; t < widths.size(); ++t) width.push_back(static_cast<Index>(widths(t)));
    const std::vector<std::uint8_t> begins(to_size(x.cols()), 0);
    typename Network::Tape tape;
    const Matrix<double> own =
        network.forward(x, {width, begins, {state.data(), state.rows(), state.cols()}}, tape).template cast<double>();
    return (own - y.topRows(own.rows())).cwiseAbs().maxCoeff();
}

const Gru small_gru{.before = {4}, .units = 5, .after = {6}};
const Lstm small_lstm{.before = {4}, .units = 5, .after = {6}};

/// A file of a small model, which a test changes before it is written.
struct Model {
    struct Tensor {
        Dtype type = Dtype::f32;
        std::vector<Index> shape;
        std::vector<float> numbers;
    };
    std::map<std::string, Tensor> tensors;

    explicit Model(Index gates = 3) {
        add("pi.weight", {4, 3});
        add("pi.bias", {4});
        add("m.weight_ih_l0", {gates * 2, 4});
        add("m.weight_hh_l0", {gates * 2, 2});
        add("m.bias_ih_l0", {gates * 2});
        add("m.bias_hh_l0", {gates * 2});
        add("head.0.weight", {2, 2});
        add("head.0.bias", {2});
        add("log_std", {2});
    }
    void add(const std::string& name, const std::vector<Index>& shape) {
        std::size_t count = 1;
        for (const Index n : shape) count *= to_size(n);
        tensors[name] = {Dtype::f32, shape, std::vector<float>(count, 0.5F)};
    }
    void write(const std::string& path) const {
        SafetensorsWriter writer;
        for (const auto& [name, tensor] : tensors) writer.add(name, tensor.type, tensor.shape, tensor.numbers.data());
        writer.write(path);
    }
};

const TorchRecurrentOptions small_names = {.before = {"pi"}, .memory = "m", .after = {"head.0"}, .log_std = "log_std"};

/// Checks that the model is refused with a text that names the file, and that the actor stays as it was.
void check_refused(const Model& model, const std::string& text, const TorchRecurrentOptions& options = small_names,
                   const Gru& gru = {.before = {4}, .units = 2, .after = {}}) {
    const TemporaryFolder folder("torch");
    model.write(folder / "F");
    auto actor = actor_of<Gru, float>(gru);
    const std::vector<float> before(actor.weights().begin(), actor.weights().end());
    CHECK_THROWS_WITH(load_torch_recurrent(folder / "F", actor, options),
                      ContainsText(text) && ContainsText(folder / "F") && ContainsText("load_torch_recurrent: "));
    CHECK(std::ranges::equal(before, actor.weights()));
}

}  // namespace

TEST_CASE("networks with memory from PyTorch give what PyTorch computes along sequences") {
    auto gru = actor_of<Gru, double>(small_gru);
    load_torch_recurrent(torch_file, gru, gru_actor);
    CHECK(difference(gru.network(), "gru") < 1e-12);
    CHECK(std::ranges::equal(gru.own_parameters(), std::vector<double>{-0.5, 0.25}));
    auto gru_value = critic_of<Gru, double>(small_gru);
    load_torch_recurrent(torch_file, gru_value, gru_critic);
    CHECK(difference(gru_value.network(), "gru") < 1e-12);

    auto lstm = actor_of<Lstm, double>(small_lstm);  // of weights that were rounded to float32
    load_torch_recurrent(SafetensorsFile(torch_file), lstm, lstm_actor);
    CHECK(difference(lstm.network(), "lstm") < 1e-6);
    auto lstm_value = critic_of<Lstm, double>(small_lstm);
    load_torch_recurrent(torch_file, lstm_value, lstm_critic);
    CHECK(difference(lstm_value.network(), "lstm") < 1e-6);
}

TEST_CASE("networks with memory from PyTorch are rounded to float where they are loaded in float") {
    auto gru = actor_of<Gru, float>(small_gru);
    load_torch_recurrent(torch_file, gru, gru_actor);
    CHECK(difference(gru.network(), "gru") < 1e-6);
    auto lstm = critic_of<Lstm, float>(small_lstm);
    load_torch_recurrent(torch_file, lstm, lstm_critic);
    CHECK(difference(lstm.network(), "lstm") < 1e-6);
}

TEST_CASE("a memory of PyTorch may have no prefix, and no layers before it") {
    Model model;
    for (const char* name : {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"}) {
        model.tensors[name] = model.tensors.extract("m." + std::string(name)).mapped();
    }
    model.add("weight_ih_l0", {6, 3});
    const TemporaryFolder folder("torch");
    model.write(folder / "F");
    auto actor = actor_of<Gru, float>({.units = 2, .after = {}});
    load_torch_recurrent(folder / "F", actor, {.after = {"head.0"}, .log_std = "log_std"});
    CHECK(std::ranges::all_of(actor.weights(), [](float x) { return x == 0.5F; }));
}

TEST_CASE("a memory of PyTorch that is of another kind is refused in a sentence") {
    Model model;
    model.add("m.weight_ih_l1", {6, 2});
    check_refused(model, "'m.weight_ih_l1' of");
    check_refused(model, "train with num_layers = 1");
    model = Model();
    model.add("m.weight_ih_l0_reverse", {6, 4});
    check_refused(model, "train with bidirectional = False");
    model = Model();
    model.add("m.weight_hr_l0", {1, 2});
    check_refused(model, "train with proj_size = 0");
    model = Model();
    model.tensors.erase("m.bias_ih_l0");
    check_refused(model, "has no tensor 'm.bias_ih_l0'");
    model.tensors.erase("m.bias_hh_l0");
    check_refused(model, "is that of a memory without biases; train with bias = True");
    check_refused(Model(4), "has the 4 gates of an nn.LSTM, and the network is a Gru");
    const TemporaryFolder folder("torch");
    Model().write(folder / "F");
    auto lstm = actor_of<Lstm, float>({.before = {4}, .units = 2, .after = {}});
    CHECK_THROWS_WITH(load_torch_recurrent(folder / "F", lstm, small_names),
                      ContainsText("has the 3 gates of an nn.GRU, and the network is an Lstm"));
}

TEST_CASE("tensors of a PyTorch network with memory that do not fit are named, and nothing is changed") {
    check_refused(Model(), "has the shape [6, 4] and the network needs [9, 4], gates * units x inputs", small_names,
                  {.before = {4}, .units = 3, .after = {}});
    Model model;
    model.add("m.weight_hh_l0", {6, 3});
    check_refused(model, "'m.weight_hh_l0' of");
    model = Model();
    model.add("m.bias_hh_l0", {5});
    check_refused(model, "has the shape [5] and the network needs [6]");
    model = Model();
    model.tensors.erase("m.weight_ih_l0");
    check_refused(model, "has no tensor 'm.weight_ih_l0'");
    model = Model();
    model.tensors["m.weight_hh_l0"].numbers[3] = std::nanf("");
    check_refused(model, "has nan as element 3");
    model = Model();
    model.tensors["m.bias_ih_l0"].type = Dtype::bf16;
    check_refused(model, "is BF16; save the model as float32 or float64");
    for (const char* name : {"m.other", "head.2.weight", "pi.gain"}) {
        model = Model();
        model.add(name, {2});
        check_refused(model, "the tensor '" + std::string(name) + "' of");
    }
    TorchRecurrentOptions names = small_names;
    names.before = {};
    check_refused(Model(), "before has 0 names for", names);
    names = small_names;
    names.after = {"head.0", "head.2"};
    check_refused(Model(), "after has 2 names for", names);
    names = small_names;
    names.log_std = "";
    check_refused(Model(), "the distribution has 2 parameters of its own", names);
}

TEST_CASE("a network with memory that is not that of a torch model is refused") {
    const Gru normalised{.before = {4}, .units = 2, .after = {}, .layer_norm = true};
    check_refused(Model(), "normalises its layers", small_names, normalised);
    const Gru scaled{.before = {4}, .units = 2, .after = {}, .normalize_observations = true};
    check_refused(Model(), "has no moments of them yet", small_names, scaled);
    const TemporaryFolder folder("torch");
    Model().write(folder / "F");
    auto actor = actor_of<Gru, float>(scaled);
    const std::vector<kernels::Moments> moments(3, {.count = 9, .mean = 1, .squares = 3});
    actor.merge_observations(moments);
    load_torch_recurrent(folder / "F", actor, small_names);
    CHECK(actor.weights().front() == 0.5F);
}
