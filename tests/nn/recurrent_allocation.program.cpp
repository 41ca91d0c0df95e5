// The passes of networks with memory allocate nothing once their tape has seen a batch as large.
#include "helpers/count_malloc.hpp"
#include "helpers/sequence_batch.hpp"

namespace {

using namespace gradiva;
using namespace gradiva_test;

template <class Description, class Scalar>
void run(const std::string& name, const Description& description, bool packs) {
    RecurrentNetwork<Description, Scalar> network(4, 2, description, Rng(1));
    using Network = decltype(network);
    Rng rng(2);
    const SequenceBatch<Scalar> large(std::vector<Index>(40, 9), 4, 2, network.state_size(), rng);
    const SequenceBatch<Scalar> small({7, 7, 3, 1}, 4, 2, network.state_size(), rng);
    std::vector<Scalar> gradient(network.parameters().size()), v(network.parameters().size(), Scalar(1));
    Matrix<Scalar> dx(4, large.total());
    typename Network::Tape tape;
    PackedWeightsOf<Network> packed;
    network.pack(packed);
    if (packs) use_packed(tape, packed);
    const auto pass = [&](const SequenceBatch<Scalar>& batch) {
        network.forward(batch.x, batch.sequences(), tape);
        network.state_after(tape, 0);
        network.backward(tape, batch.dy, gradient);
        network.backward(tape, batch.dy, gradient, dx.leftCols(batch.total()));
        network.jvp(tape, v);
        network.pack(packed);
    };
    pass(large);
    const long before = count_malloc::calls;
    for (int i = 0; i < 3; ++i) {
        pass(small);
        pass(large);
    }
    const long calls = count_malloc::calls - before;
    fmt::print("{}: {} allocations after the first pass\n", name, calls);
    if (calls != 0) ++count_malloc::failures;
}

template <class Description>
void run_all(const std::string& name) {
    const Description deep{.before = {7, 5}, .units = 70, .layer_norm = true, .normalize_observations = true};
    for (const bool packs : {false, true}) {
        run<Description, float>(name, {}, packs);
        run<Description, float>(name + " with dense layers before", deep, packs);
        run<Description, double>(name + " in double", {.units = 3, .activation = Activation::gelu}, packs);
    }
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        run_all<Gru>("Gru");
        run_all<Lstm>("Lstm");
    });
}
