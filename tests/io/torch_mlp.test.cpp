#include "gradiva/io/torch_mlp.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const std::string numpy_file = std::string(GRADIVA_SOURCE_DIR) + "/tests/reference/torch_mlp.safetensors";

template <class Scalar>
using GaussianActor = Actor<MlpNetwork<Scalar>, DiagonalGaussian<Scalar>>;

template <class Scalar>
GaussianActor<Scalar> actor_of(const Mlp& mlp) {
    return {MlpNetwork<Scalar>(3, 2, mlp, Rng(1, Purpose::initialisation, 0)), DiagonalGaussian<Scalar>(2)};
}
template <class Scalar>
Critic<MlpNetwork<Scalar>> critic_of(const Mlp& mlp) {
    return Critic(MlpNetwork<Scalar>(3, 1, mlp, Rng(1, Purpose::initialisation, 0)));
}

template <class Scalar>
std::vector<Scalar> weights_of(std::span<const Scalar> weights) {
    return {weights.begin(), weights.end()};
}

/// Rows of a tensor as columns, in double.
Matrix<double> columns_of(const SafetensorsFile& file, const std::string& name) {
    const StoredTensor& tensor = *file.find(name);
    Matrix<double> columns(tensor.shape[1], tensor.shape[0]);
    for (Index i = 0; i < columns.size(); ++i) {
        const std::byte* const at = tensor.bytes.data() + to_size(i) * dtype_bytes(tensor.type);
        float number = 0;
        if (tensor.type == Dtype::f64) {
            std::memcpy(columns.data() + i, at, 8);
        } else {
            std::memcpy(&number, at, 4);
            columns.data()[i] = double(number);
        }
    }
    return columns;
}

/// The largest difference between what a network gives to the reference's observations and NumPy's outputs.
template <class Scalar>
double difference(const MlpNetwork<Scalar>& network, const std::string& outputs) {
    const SafetensorsFile file(numpy_file);
    const Matrix<Scalar> observation = columns_of(file, "numpy.observation").cast<Scalar>();
    typename MlpNetwork<Scalar>::Tape tape;
    const Matrix<double> y = network.forward(observation, tape).template cast<double>();
    return (y - columns_of(file, "numpy." + outputs)).cwiseAbs().maxCoeff();
}

const TorchMlpOptions sb3_actor = {.layers = {"mlp_extractor.policy_net.0", "mlp_extractor.policy_net.2", "action_net"},
                                   .log_std = "log_std"};
const TorchMlpOptions sb3_critic = {.layers = {"mlp_extractor.value_net.0", "mlp_extractor.value_net.2", "value_net"}};

/// A file of a small Sequential, 3-4-2, that a test changes before it is written.
struct Model {
    struct Tensor {
        Dtype type = Dtype::f32;
        std::vector<Index> shape;
        std::vector<float> numbers;
    };
    std::map<std::string, Tensor> tensors = {
        {"pi.0.weight", {Dtype::f32, {4, 3}, std::vector<float>(12, 1)}},
        {"pi.0.bias", {Dtype::f32, {4}, std::vector<float>(4, 2)}},
        {"pi.2.weight", {Dtype::f32, {2, 4}, std::vector<float>(8, 3)}},
        {"pi.2.bias", {Dtype::f32, {2}, std::vector<float>(2, 4)}},
        {"log_std", {Dtype::f32, {2}, std::vector<float>(2, 5)}},
    };

    void write(const std::string& path) const {
        SafetensorsWriter writer;
        for (const auto& [name, tensor] : tensors) writer.add(name, tensor.type, tensor.shape, tensor.numbers.data());
        writer.write(path);
    }
};

const TorchMlpOptions small_names = {.prefix = "pi", .log_std = "log_std"};

/// Checks that the model is refused with a text that names the file, and that the actor stays as it was.
void check_refused(const Model& model, const TorchMlpOptions& options, const std::string& text,
                   const Mlp& mlp = {.hidden = {4}}) {
    const TemporaryFolder folder("torch");
    model.write(folder / "F");
    GaussianActor<float> actor = actor_of<float>(mlp);
    const auto before = weights_of(std::as_const(actor).weights());
    CHECK_THROWS_WITH(load_torch_mlp(folder / "F", actor, options), ContainsText(text) && ContainsText(folder / "F"));
    CHECK(weights_of(std::as_const(actor).weights()) == before);
}

}  // namespace

TEST_CASE("networks from PyTorch give what NumPy computes") {
    GaussianActor<double> actor = actor_of<double>({.hidden = {5, 4}});
    load_torch_mlp(numpy_file, actor, sb3_actor);
    CHECK(difference(actor.network(), "action_net") < 1e-6);
    CHECK(weights_of(actor.own_parameters()) == std::vector<double>{-0.5, 0.25});

    Critic<MlpNetwork<double>> critic = critic_of<double>({.hidden = {5, 4}});
    load_torch_mlp(numpy_file, critic, sb3_critic);
    CHECK(difference(critic.network(), "value_net") < 1e-6);

    GaussianActor<double> relu = actor_of<double>({.hidden = {4}, .activation = Activation::relu});
    load_torch_mlp(SafetensorsFile(numpy_file), relu, {.prefix = "net", .log_std = "logstd"});
    CHECK(difference(relu.network(), "net") < 1e-6);
    CHECK(weights_of(relu.own_parameters()) == std::vector<double>{-1, 0.5});
}

TEST_CASE("networks from PyTorch are rounded to float where they are loaded in float") {
    Critic<MlpNetwork<float>> critic = critic_of<float>({.hidden = {5, 4}});
    load_torch_mlp(numpy_file, critic, sb3_critic);
    CHECK(difference(critic.network(), "value_net") < 1e-5);
}

TEST_CASE("a file may hold the state of the Sequential itself, and an actor without parameters of its own") {
    const TemporaryFolder folder("torch");
    Model model;
    model.tensors.erase("log_std");
    for (const char* name : {"0.weight", "0.bias", "2.weight", "2.bias"}) {
        model.tensors[name] = model.tensors.extract("pi." + std::string(name)).mapped();
    }
    model.write(folder / "F");
    Actor actor(MlpNetwork<float>(3, 2, {.hidden = {4}}, Rng(1, Purpose::initialisation, 0)), Categorical<float>(2));
    load_torch_mlp(folder / "F", actor);
    CHECK(actor.weights().front() == 1);
    CHECK(actor.weights().back() == 4);
    CHECK_THROWS_WITH(load_torch_mlp(folder / "F", actor, {.log_std = "log_std"}),
                      ContainsText("only some distributions have parameters of their own; leave it out here"));

    model.tensors["other"] = model.tensors["0.bias"];
    model.write(folder / "F");
    CHECK_THROWS_WITH(load_torch_mlp(folder / "F", actor),
                      ContainsText("the tensor 'other'") && ContainsText("is in no layer of the network"));
}

TEST_CASE("tensors of PyTorch that are missing or do not fit are named, and nothing is changed") {
    check_refused({}, {.prefix = "v", .log_std = "log_std"},
                  "has no tensor 'v.0.weight'; it has 'log_std', 'pi.0.bias', 'pi.0.weight', 'pi.2.bias'");
    Model model;
    model.tensors.erase("pi.2.bias");
    check_refused(model, small_names, "has no tensor 'pi.2.bias'");
    model = {};
    model.tensors["pi.0.weight"].shape = {3, 4};
    check_refused(model, small_names, "'pi.0.weight' of");
    check_refused(model, small_names, "has the shape [3, 4] and the network needs [4, 3], outputs x inputs");
    model = {};
    model.tensors["pi.2.bias"].shape = {2, 1};
    check_refused(model, small_names, "has the shape [2, 1] and the network needs [2], one per output");
    model = {};
    model.tensors["log_std"].shape = {2, 1};
    check_refused(model, small_names, "has the shape [2, 1] and the network needs [1, 2], one per dimension");
    for (const Dtype type : {Dtype::f16, Dtype::bf16, Dtype::i32}) {
        model = {};
        model.tensors["pi.2.bias"].type = type;
        check_refused(model, small_names,
                      "is " + std::string(dtype_name(type)) + "; save the model as float32 or float64");
    }
    check_refused({}, {.prefix = "pi"}, "the distribution has 2 parameters of its own; name their tensor in");
    check_refused({}, {.prefix = "pi", .log_std = "s"}, "has no tensor 's'");
}

TEST_CASE("tensors of PyTorch that would be left out are named") {
    for (const char* name : {"pi.4.weight", "pi.1.weight", "pi.2.weight_g", "pi.scale"}) {
        Model model;
        model.tensors[name] = model.tensors["pi.2.bias"];
        check_refused(model, small_names, "the tensor '" + std::string(name) + "' of");
        check_refused(model, {.layers = {"pi.0", "pi.2"}, .log_std = "log_std"}, "is in no layer of the network");
    }
    Model model;  // what belongs to others is let be
    model.tensors["pie.0.weight"] = model.tensors["pi.2.bias"];
    model.tensors["step"] = {Dtype::i32, {}, {1}};
    const TemporaryFolder folder("torch");
    model.write(folder / "F");
    GaussianActor<float> actor = actor_of<float>({.hidden = {4}});
    load_torch_mlp(folder / "F", actor, small_names);
    CHECK(actor.weights().back() == 5);
}

TEST_CASE("numbers of PyTorch that are not finite in the network are named") {
    for (const float number :
         {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
        Model model;
        model.tensors["pi.2.weight"].numbers[5] = number;
        check_refused(model, small_names, fmt::format("has {} as element 5", number));
    }
    const TemporaryFolder folder("torch");
    const std::vector<double> large(3, 1e39);
    const double bias = -1e39;
    SafetensorsWriter writer;
    writer.add("0.weight", std::vector<Index>{1, 3}, large.data());
    writer.add("0.bias", std::vector<Index>{1}, &bias);
    writer.write(folder / "F");
    Critic<MlpNetwork<double>> critic = critic_of<double>({.hidden = {}});
    load_torch_mlp(folder / "F", critic);
    CHECK(critic.weights().back() == -1e39);
    Critic<MlpNetwork<float>> smaller = critic_of<float>({.hidden = {}});
    CHECK_THROWS_WITH(load_torch_mlp(folder / "F", smaller), ContainsText("has 1e+39 as element 0"));
}

TEST_CASE("a network that is not that of a torch model is refused") {
    check_refused({}, {.prefix = "pi", .layers = {"pi.0"}, .log_std = "log_std"}, "both prefix and layers are given");
    check_refused({}, {.layers = {"pi.0"}, .log_std = "log_std"}, "layers has 1 names for");
    check_refused({}, small_names, "normalises its layers", {.hidden = {4}, .layer_norm = true});
    check_refused({}, small_names, "has no moments of them yet", {.hidden = {4}, .normalize_observations = true});

    const TemporaryFolder folder("torch");
    Model().write(folder / "F");
    GaussianActor<float> actor = actor_of<float>({.hidden = {4}, .normalize_observations = true});
    const std::vector<kernels::Moments> moments(3, {.count = 9, .mean = 1, .squares = 3});
    actor.normalizer()->merge(moments);
    load_torch_mlp(folder / "F", actor, small_names);
    CHECK(actor.weights().front() == 1);
}
