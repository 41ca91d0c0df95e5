// Acting allocates nothing once it is built: for every kind of space, with masks and without, greedy and sampled, with
// memory and without.
#include "helpers/count_malloc.hpp"

#include "learning/matching.hpp"

namespace {

using namespace gradiva;
using gradiva_test::Matching;

template <class E, class D, class N = Mlp>
void run(const char* name, const E& environment, const D& distribution,
         const N& network = {.hidden = {64, 64}, .normalize_observations = true}) {
    const Vectorized envs(environment, {.count = 1, .seed = 1});
    const Actor actor(envs, network, distribution);
    Acting acting(actor, environment);
    auto episode = acting.begin(), copy = episode;
    Rng rng(1);
    const std::vector<float> observation(static_cast<std::size_t>(environment.observation_space().size), 0.5F);
    const std::vector<std::uint8_t> legal(static_cast<std::size_t>(choices_of(environment.action_space())), 1);
    const long before = count_malloc::calls;
    for (int i = 0; i < 20; ++i) {
        if constexpr (!gradiva::HasMemory<std::remove_const_t<decltype(actor)>>) {
            if constexpr (!gradiva::HasActionMask<E>) {
                acting.act(observation);
                acting.act(observation, rng);
            }
            if (!legal.empty()) {
                acting.act(observation, legal);
                acting.act(observation, legal, rng);
            }
        }
        acting.act(observation, episode, {.legal = legal});
        acting.act(observation, episode, {.legal = legal, .rng = &rng});
        copy = episode;
        episode.restart();
    }
    const long calls = count_malloc::calls - before;
    fmt::print("{}: {} allocations while acting\n", name, calls);
    if (calls != 0) ++count_malloc::failures;
}

template <class Scalar>
void run_all() {
    const Box box{.size = 2, .low = {-1}, .high = {1}};
    run("Discrete, Categorical", Matching<Discrete>{{.n = 3}}, Categorical<Scalar>(3));
    run("Discrete, EpsilonGreedy", Matching<Discrete>{{.n = 3}}, EpsilonGreedy<Scalar>(3, 0.5));
    run("MultiDiscrete, MultiCategorical", Matching<MultiDiscrete>{{{3, 2}}}, MultiCategorical<Scalar>({3, 2}));
    run("MultiBinary, Bernoulli", Matching<MultiBinary>{{.size = 4}}, Bernoulli<Scalar>(4));
    run("Box, DiagonalGaussian", Matching<Box>{box}, DiagonalGaussian<Scalar>(2));
    run("Box, StateDependentGaussian", Matching<Box>{box}, StateDependentGaussian<Scalar>(2));
    run("Box, SquashedGaussian", Matching<Box>{box}, SquashedGaussian<Scalar>(box));
    run("Box, Beta", Matching<Box>{box}, Beta<Scalar>(box));
    run("HybridSpace, Hybrid", Matching<HybridSpace>{{.choice = {.n = 3}, .box = box}}, Hybrid<Scalar>(3, 2));
    run("MaskedGrid", MaskedGrid{}, Categorical<Scalar>(MaskedGrid{}.action_space().n));
    run("DialLock", DialLock{}, MultiCategorical<Scalar>(DialLock{}.action_space().n));
    run("Archery", Archery{}, Hybrid<Scalar>(Archery{}.action_space().choice.n, 1));
    run("Gru", Archery{}, Hybrid<Scalar>(Archery{}.action_space().choice.n, 1),
        Gru{.before = {64}, .normalize_observations = true});
    run("Lstm", Matching<Box>{box}, SquashedGaussian<Scalar>(box), Lstm{});
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        run_all<float>();
        run_all<double>();
    });
}
