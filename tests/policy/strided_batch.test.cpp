#include "catch.hpp"

#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/distribution_batch.hpp"
#include "helpers/environments.hpp"
#include "helpers/random.hpp"

#include <cstring>
#include <vector>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The same numbers with a gap after each column, which holds NaN.
template <class T>
struct WithGaps {
    explicit WithGaps(const Matrix<T>& m)
        : rows(m.rows()), all(Matrix<T>::Constant(m.rows() + 2, m.cols(), std::numeric_limits<T>::quiet_NaN())) {
        all.topRows(rows) = m;
    }
    auto view() { return all.topRows(rows); }
    Matrix<T> numbers() const { return all.topRows(rows); }

    Index rows;
    Matrix<T> all;
};

template <class A, class B>
bool same_bits(const A& a, const B& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() &&
           (a.size() == 0 ||
            std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(a(0, 0))) == 0);
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return same_bits(ConstVectorMap<T>(a.data(), Index(a.size())), ConstVectorMap<T>(b.data(), Index(b.size())));
}

/// All that a network says of a batch.
template <class T>
struct Passes {
    Matrix<T> y, tangent, dx;
    std::vector<T> gradient, with_dx;

    friend bool operator==(const Passes& a, const Passes& b) {
        return same_bits(a.y, b.y) && same_bits(a.tangent, b.tangent) && same_bits(a.dx, b.dx) &&
               same_bits(a.gradient, b.gradient) && same_bits(a.with_dx, b.with_dx);
    }
};

/// `dx` is where the derivative by the input goes.
template <class Network, class X, class DY, class DX>
Passes<typename Network::Scalar> passes(const Network& network, typename Network::Tape& tape, const X& x, const DY& dy,
                                        DX&& dx) {
    using T = typename Network::Scalar;
    Passes<T> result;
    const std::vector<T> direction(network.parameters().begin(), network.parameters().end());
    result.gradient.assign(direction.size(), T(1));
    result.with_dx.assign(direction.size(), T(2));
    result.y = network.forward(x, tape);
    result.tangent = network.jvp(tape, direction);
    network.backward(tape, dy, result.gradient);
    result.y = network.forward(x, tape);
    network.backward(tape, dy, result.with_dx, dx);
    result.dx = dx;
    return result;
}

template <class Network>
void check_network(Network network, Index batch) {
    using T = typename Network::Scalar;
    Rng rng(1);
    for (T& w : network.parameters()) w += static_cast<T>(0.2 * rng.normal());
    const Matrix<T> x = random_matrix<T>(network.inputs(), batch, rng);
    const Matrix<T> dy = random_matrix<T>(network.outputs(), batch, rng);
    WithGaps<T> x_gaps(x), dy_gaps(dy), dx_gaps(x);
    Matrix<T> dx(network.inputs(), batch);
    PackedWeightsOf<Network> packed;
    pack_weights(network, packed);
    for (const bool uses_packed : {false, true}) {
        CAPTURE(network.inputs(), network.outputs(), batch, uses_packed);
        typename Network::Tape plain, strided, copied;
        if (uses_packed) {
            for (auto* tape : {&plain, &strided, &copied}) use_packed(*tape, packed);
        }
        const auto expected = passes(network, plain, x, dy, dx);
        REQUIRE(passes(network, strided, x_gaps.view(), dy_gaps.view(), dx_gaps.view()) == expected);
        REQUIRE(dx_gaps.all.bottomRows(2).array().isNaN().all());
        // Matrices in another order, of which views make copies that do not last.
        const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> x_rows = x, dy_rows = dy;
        REQUIRE(passes(network, copied, x_rows, dy_rows, dx) == expected);
        REQUIRE(passes(network, copied, x + Matrix<T>::Zero(x.rows(), batch), dy, dx) == expected);
    }
}

/// All that an actor says of a batch, its observations and the heads of another policy being given.
template <class A, class X, class Head>
std::vector<Matrix<typename A::Scalar>> acts(const A& actor, const X& x, const Head& old_head,
                                             const ActionMask& legal) {
    using T = typename A::Scalar;
    const Index batch = x.cols();
    typename A::Tape tape;
    typename A::DistributionTape old;
    std::vector<Rng> rng = action_streams(batch, 1);
    ActionBatch actions(actor.action_shape(), batch), mode(actor.action_shape(), batch);
    Vector<T> log_prob(batch), entropy(batch), kl(batch);
    actor.forward(x, legal, tape);
    actor.recall(old_head, actor.own_parameters(), old);
    actor.sample(tape, rng, actions.all());
    actor.mode(tape, mode.all());
    const ConstActionView done = std::as_const(actions).all();
    actor.log_prob(tape, done, log_prob);
    actor.entropy(tape, entropy);
    actor.kl_from(old, tape, kl);
    Vector<T> gradient = Vector<T>::Zero(Index(actor.weights().size())), fisher = gradient;
    const std::span<T> to(gradient.data(), actor.weights().size()), product(fisher.data(), actor.weights().size());
    actor.backward(tape, done, log_prob, T(0.1), &old, T(0.2), to);
    actor.add_fisher_product(tape, actor.weights(), product);
    return {tape.head,
            log_prob,
            entropy,
            kl,
            gradient,
            fisher,
            done.integers.template cast<T>(),
            done.reals.template cast<T>(),
            mode.all().integers.template cast<T>(),
            mode.all().reals.template cast<T>()};
}

template <class D>
void check_actor(const char* name, const D& distribution) {
    using T = typename D::Scalar;
    using A = Actor<MlpNetwork<T>, D>;
    Rng rng(2);
    A actor(MlpNetwork<T>(5, distribution.head_size(), {.hidden = {20}}, Rng(1), 1), distribution);
    for (const Index batch : {1, 2, 9, 33}) {
        const Matrix<T> x = random_matrix<T>(5, batch, rng), head = random_matrix<T>(actor.head_size(), batch, rng);
        WithGaps<T> x_gaps(x), head_gaps(head);
        for (const bool masked : {false, true}) {
            CAPTURE(name, batch, masked);
            MatrixBuffer<std::uint8_t> mask(masked ? actor.mask_size() : 0, batch);
            for (Index i = 0; i < mask.rows() * batch; ++i) mask.data()[i] = i % mask.rows() % 2 == 0 ? 1 : 0;
            const ActionMask legal = std::as_const(mask).matrix();
            const auto expected = acts(actor, x, head, legal), is = acts(actor, x_gaps.view(), head_gaps.view(), legal);
            for (std::size_t k = 0; k < is.size(); ++k) {
                CAPTURE(k);
                REQUIRE(same_bits(is[k], expected[k]));
            }
            GreedyValue value(actor);
            typename GreedyValue<A>::Tape tape, gap_tape;
            REQUIRE(same_bits(value.forward(x_gaps.view(), legal, gap_tape), value.forward(x, legal, tape)));
        }
    }
}

/// Heads, gradients, Fisher products and noise of a distribution, between gaps and not.
template <class D>
void check_distribution(const char* name, const D& distribution) {
    using T = typename D::Scalar;
    for (const Index batch : {1, 2, 9, 33}) {
        CAPTURE(name, batch);
        DistributionBatch<D> plain(distribution, batch, 1), old(distribution, batch, 2);
        WithGaps<T> head(plain.head), d_head(plain.head), fisher(plain.head);
        typename D::Tape tape;
        distribution.forward(head.view(), plain.own_span(), tape);
        Rng rng(1);
        const Vector<T> weights = random_vector<T>(batch, rng);
        const auto size = static_cast<std::size_t>(plain.own.size());
        std::vector<T> d_own(size, T(5)), own_product(size, T(0));
        const std::vector<T> expected = plain.gradient(weights, T(0.1), &old, T(0.3));
        distribution.backward(tape, plain.actions.all(), weights, T(0.1), &old.tape, T(0.3), d_head.view(), d_own);
        Matrix<T> numbers = d_head.numbers();
        std::vector<T> is(numbers.data(), numbers.data() + numbers.size());
        for (const T d : d_own) is.push_back(d - 5);
        REQUIRE(same_bits(is, expected));
        REQUIRE(d_head.all.bottomRows(2).array().isNaN().all());

        distribution.fisher(tape, head.view(), plain.own_span(), fisher.view(), own_product);
        numbers = fisher.numbers();
        is.assign(numbers.data(), numbers.data() + numbers.size());
        is.insert(is.end(), own_product.begin(), own_product.end());
        REQUIRE(same_bits(is, plain.fisher(plain.head, plain.own)));

        if constexpr (requires { distribution.reparameterise(tape, numbers, numbers); }) {
            const Index rows = distribution.action_shape().reals;
            Matrix<T> noise(rows, batch), action = noise, d(plain.head.rows(), batch);
            std::vector<Rng> streams = action_streams(batch, 1);
            distribution.draw_noise(streams, noise);
            WithGaps<T> noise_gaps(Matrix<T>::Zero(rows, batch)), action_gaps(action), d_gaps(d);
            streams = action_streams(batch, 1);
            distribution.draw_noise(streams, noise_gaps.view());
            REQUIRE(same_bits(noise_gaps.numbers(), noise));
            distribution.reparameterise(tape, noise, action);
            distribution.reparameterise(tape, noise_gaps.view(), action_gaps.view());
            REQUIRE(same_bits(action_gaps.numbers(), action));
            std::vector<T> d_own_gaps(size, T(1));
            d_own.assign(size, T(1));
            distribution.reparameterised_backward(tape, noise, action, d, d_own);
            distribution.reparameterised_backward(tape, noise_gaps.view(), action_gaps.view(), d_gaps.view(),
                                                  d_own_gaps);
            REQUIRE(same_bits(d_gaps.numbers(), d));
            REQUIRE(same_bits(d_own_gaps, d_own));
        }
    }
}

template <class T, class Check>
void for_each_distribution(const Check& check) {
    const Box box{.size = 3, .low = {-1}, .high = {2}};
    check("Categorical", Categorical<T>(5));
    check("Categorical of more choices than a register has numbers", Categorical<T>(19));
    check("MultiCategorical", MultiCategorical<T>({3, 17, 2}));
    check("Bernoulli", Bernoulli<T>(4));
    check("EpsilonGreedy", EpsilonGreedy<T>(4));
    check("DiagonalGaussian", DiagonalGaussian<T>(3));
    check("DiagonalGaussian of one dimension", DiagonalGaussian<T>(1));
    check("StateDependentGaussian", StateDependentGaussian<T>(3));
    check("SquashedGaussian", SquashedGaussian<T>(box));
    check("SquashedGaussian over StateDependentGaussian", SquashedGaussian<T, StateDependentGaussian<T>>(box));
    check("Beta", Beta<T>(box));
    check("Hybrid", Hybrid<T>(3, 2));
    check("Hybrid over Beta", Hybrid<T, Beta<T>>(3, Beta<T>(box)));
}

}  // namespace

TEMPLATE_TEST_CASE("A network takes batches with gaps between columns, or in another order, bit for bit", "", float,
                   double) {
    using T = TestType;
    const Mlp descriptions[] = {{.hidden = {}},
                                {.hidden = {5}, .activation = Activation::relu},
                                {.hidden = {130, 20}},
                                {.hidden = {20, 16}, .layer_norm = true},
                                {.hidden = {16}, .normalize_observations = true}};
    for (const Mlp& mlp : descriptions) {
        for (const Index inputs : {1, 3, 8, 9, 40}) {
            for (const Index outputs : {1, 2, 3, 18}) {
                for (const Index batch : {1, 2, 9, 33}) {
                    check_network(MlpNetwork<T>(inputs, outputs, mlp, Rng(1)), batch);
                    check_network(TrunkNetwork<MlpNetwork<T>>(inputs, outputs, {mlp}, Rng(1)), batch);
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("An actor over each distribution takes observations and heads with gaps between columns", "", float,
                   double) {
    for_each_distribution<TestType>([](const char* name, const auto& d) { check_actor(name, d); });
}

TEMPLATE_TEST_CASE("Each distribution takes heads and writes gradients with gaps between columns", "", float, double) {
    for_each_distribution<TestType>([](const char* name, const auto& d) { check_distribution(name, d); });
}

TEMPLATE_TEST_CASE("A critic, and one in a shared trunk, take observations with gaps between columns", "", float,
                   double) {
    using T = TestType;
    Rng rng(1);
    for (const Index batch : {1, 2, 33}) {
        const Matrix<T> x = random_matrix<T>(3, batch, rng);
        WithGaps<T> gaps(x);
        const Critic<MlpNetwork<T>> critic(MlpNetwork<T>(3, 1, {.hidden = {20}}, Rng(1)));
        using A = Actor<TrunkNetwork<MlpNetwork<T>>, Categorical<T>>;
        A actor(TrunkNetwork<MlpNetwork<T>>(3, 2, {{.hidden = {20}}}, Rng(1)), Categorical<T>(2));
        const SharedCritic<A> shared(actor);
        const auto check = [&](const auto& value_function, auto tape, auto gap_tape, std::size_t size) {
            std::vector<T> gradient(size, T(0)), gap_gradient = gradient;
            const Vector<T> value = value_function.forward(x, tape),
                            gap_value = value_function.forward(gaps.view(), gap_tape);
            value_function.backward(tape, value, gradient);
            value_function.backward(gap_tape, value, gap_gradient);
            CHECK(same_bits(gap_value, value));
            CHECK(same_bits(gap_gradient, gradient));
        };
        check(critic, typename MlpNetwork<T>::Tape{}, typename MlpNetwork<T>::Tape{}, critic.weights().size());
        check(shared, typename A::Tape{}, typename A::Tape{}, actor.weights().size());
    }
}

TEST_CASE("A controller sees each column of observations with gaps between them, or in another order") {
    Vectorized envs(Ticker{}, {.count = 1});
    const Controller controller(envs, [](std::span<const float> observation, Rng&, ActionView) {
        return static_cast<double>(observation[0] + 10 * observation[1] + 100 * observation[2]);
    });
    Rng rng(1);
    const Matrix<float> x = random_matrix<float>(3, 7, rng);
    WithGaps<float> gaps(x);
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = x;
    const auto log_prob = [&](const auto& observation) {
        decltype(controller)::Tape tape;
        std::vector<Rng> streams = action_streams(7, 1);
        ActionBatch actions(controller.action_shape(), 7);
        controller.forward(observation, all_legal(7), tape);
        controller.sample(tape, streams, actions.all());
        Vector<float> out(7);
        controller.log_prob(tape, actions.all(), out);
        return out;
    };
    CHECK(log_prob(gaps.view()) == log_prob(x));
    CHECK(log_prob(rows) == log_prob(x));
    CHECK(log_prob(x)[6] == Catch::Approx(x(0, 6) + 10 * x(1, 6) + 100 * x(2, 6)));
}

TEST_CASE("A network copies no batch without gaps, and keeps the room of the copies that it makes") {
    const MlpNetwork<float> network(3, 2, {.hidden = {5}}, Rng(1));
    const Matrix<float> x = Matrix<float>::Ones(3, 9), large = Matrix<float>::Ones(5, 9);
    MlpNetwork<float>::Tape tape;
    network.forward(x, tape);
    CHECK(tape.input.data() == x.data());
    network.forward(x.middleCols(2, 4), tape);
    CHECK(tape.input.data() == x.data() + 6);
    CHECK(tape.dense_input.rows() == 0);
    network.forward(large.topRows(3), tape);
    const float* const room = tape.input.data();
    CHECK(room == tape.dense_input.data());
    network.forward(large.block(1, 2, 3, 4), tape);
    CHECK(tape.input.data() == room);
}
