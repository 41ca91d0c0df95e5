// The hot kernels, `kernel/...`, beside the scalar loops that they replace, `kernel_scalar/...`, and beside what they
// are measured by: `copy/bytes`, a copy that reads and writes so many bytes in all; `exponentials/choices/samples`,
// Eigen's exp of a matrix of that size.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gradiva/gradiva.hpp>
#include <vector>

namespace {

using namespace gradiva;

Matrix<float> random_matrix(Index rows, Index columns, std::uint64_t seed = 1) {
    Rng rng(seed);
    Matrix<float> m(rows, columns);
    for (Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(rng.normal());
    return m;
}

void count(benchmark::State& state, const char* what, double amount) {
    state.counters[what] = benchmark::Counter(amount, benchmark::Counter::kIsIterationInvariantRate);
}

// --- C = A B, A: n x n, B: n x 128 ---------------------------------------------------------------------------------

constexpr Index columns = 128;

template <class Product>
void product(benchmark::State& state, const Product& multiply) {
    const Index n = state.range(0);
    const Matrix<float> a = random_matrix(n, n);
    const Matrix<float> b = random_matrix(n, columns);
    Matrix<float> c(n, columns);
    for (auto _ : state) {
        multiply(a, b, c);
        benchmark::DoNotOptimize(c.data());
    }
    count(state, "FLOP/s", 2.0 * double(n) * double(n) * double(columns));
}

void matrix_product(benchmark::State& state) {
    product(state, [](const auto& a, const auto& b, auto& c) {
        kernels::multiply<float>(kernels::plain(a), kernels::plain(b), c);
    });
}

void matrix_product_eigen(benchmark::State& state) {
    product(state, [](const auto& a, const auto& b, auto& c) { c.noalias() = a * b; });
}

void matrix_product_scalar(benchmark::State& state) {
    product(state, [](const auto& a, const auto& b, auto& c) {
        for (Index j = 0; j < c.cols(); ++j) {
            for (Index i = 0; i < c.rows(); ++i) {
                float sum = 0;
                for (Index k = 0; k < a.cols(); ++k) sum += a(i, k) * b(k, j);
                c(i, j) = sum;
            }
        }
    });
}

BENCHMARK(matrix_product)->Arg(64)->Arg(256);
BENCHMARK(matrix_product_eigen)->Arg(64)->Arg(256);
BENCHMARK(matrix_product_scalar)->Arg(64)->Arg(256);

// --- tanh(Z + b), n x 256 ------------------------------------------------------------------------------------------

template <class Activate>
void activation(benchmark::State& state, const Activate& activate) {
    const Matrix<float> start = random_matrix(state.range(0), 256);
    const Vector<float> bias = random_matrix(state.range(0), 1);
    Matrix<float> z = start;
    for (auto _ : state) {
        activate(bias, z);
        benchmark::DoNotOptimize(z.data());
    }
    count(state, "B/s", 2.0 * double(z.size()) * sizeof(float));
}

void bias_tanh(benchmark::State& state) {
    activation(state, [](const auto& b, auto& z) { kernels::add_bias_and_activate<float>(Activation::tanh, b, z); });
}

void bias_tanh_scalar(benchmark::State& state) {
    activation(state, [](const auto& b, auto& z) {
        for (Index j = 0; j < z.cols(); ++j) {
            for (Index i = 0; i < z.rows(); ++i) z(i, j) = std::tanh(z(i, j) + b[i]);
        }
    });
}

BENCHMARK(bias_tanh)->Arg(64);
BENCHMARK(bias_tanh_scalar)->Arg(64);

// --- all that a minibatch asks of a distribution: head size, samples ------------------------------------------------

void exponentials(benchmark::State& state) {
    const Matrix<float> z = -random_matrix(state.range(0), state.range(1)).cwiseAbs();
    Matrix<float> e(z.rows(), z.cols());
    for (auto _ : state) {
        e.array() = z.array().exp();
        benchmark::DoNotOptimize(e.data());
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(z.cols()));
}

/// What a minibatch asks of a distribution.
struct Batch {
    Batch(Index rows, Index width)
        : head(random_matrix(rows, width)), d_log_prob(random_matrix(width, 1, 2)), log_prob(width), entropy(width),
          d_head(rows, width), own(static_cast<std::size_t>(rows), -0.5F), d_own(static_cast<std::size_t>(rows)) {
        for (Index j = 0; j < width; ++j) rng.emplace_back(1, Purpose::action, static_cast<std::uint64_t>(j));
    }
    Matrix<float> head;
    Vector<float> d_log_prob, log_prob, entropy;
    Matrix<float> d_head;
    std::vector<float> own, d_own;
    ActionBatch actions;
    std::vector<Rng> rng;
};

/// A minibatch that a distribution has been asked for.
template <class D>
struct BatchOf : Batch {
    BatchOf(const D& distribution, Index width) : Batch(distribution.head_size(), width) {
        actions.resize(distribution.action_shape(), width);
        distribution.forward(head, own, tape);
    }
    typename D::Tape tape;
};

constexpr float d_entropy = -0.01F;

template <class D>
void all_of(benchmark::State& state, const D& distribution) {
    BatchOf<D> b(distribution, state.range(1));
    distribution.sample(b.tape, b.rng, b.actions.all());
    for (auto _ : state) {
        distribution.forward(b.head, b.own, b.tape);
        distribution.log_prob(b.tape, b.actions.all(), b.log_prob);
        distribution.entropy(b.tape, b.entropy);
        distribution.backward(b.tape, b.actions.all(), b.d_log_prob, d_entropy, nullptr, 0, b.d_head, b.d_own);
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(b.head.cols()));
}

template <class D>
void samples_of(benchmark::State& state, const D& distribution) {
    BatchOf<D> b(distribution, state.range(1));
    for (auto _ : state) {
        distribution.sample(b.tape, b.rng, b.actions.all());
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(b.head.cols()));
}

void categorical(benchmark::State& state) { all_of(state, Categorical<float>(state.range(0))); }

void categorical_scalar(benchmark::State& state) {
    Batch b(state.range(0), state.range(1));
    const Index n = b.head.rows();
    Matrix<float> log_p(n, b.head.cols());
    std::vector<int> choice;
    for (Rng& rng : b.rng) choice.push_back(static_cast<int>(rng.below(n)));
    for (auto _ : state) {
        for (Index j = 0; j < b.head.cols(); ++j) {
            float largest = b.head(0, j);
            for (Index i = 1; i < n; ++i) largest = std::max(largest, b.head(i, j));
            float sum = 0;
            for (Index i = 0; i < n; ++i) sum += b.d_head(i, j) = std::exp(b.head(i, j) - largest);
            const float log_sum = std::log(sum);
            float entropy = 0;
            for (Index i = 0; i < n; ++i) {
                log_p(i, j) = b.head(i, j) - largest - log_sum;
                b.d_head(i, j) /= sum;
                entropy -= b.d_head(i, j) * log_p(i, j);
            }
            const int taken = choice[static_cast<std::size_t>(j)];
            b.log_prob[j] = log_p(taken, j);
            b.entropy[j] = entropy;
            for (Index i = 0; i < n; ++i) {
                b.d_head(i, j) *= -b.d_log_prob[j] - d_entropy * (log_p(i, j) + entropy);
            }
            b.d_head(taken, j) += b.d_log_prob[j];
        }
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(b.head.cols()));
}

void categorical_sample(benchmark::State& state) { samples_of(state, Categorical<float>(state.range(0))); }

void gaussian(benchmark::State& state) { all_of(state, DiagonalGaussian<float>(state.range(0))); }

void gaussian_scalar(benchmark::State& state) {
    Batch b(state.range(0), state.range(1));
    const Matrix<float> action = random_matrix(b.head.rows(), b.head.cols(), 3);
    std::vector<float> inverse(b.own.size());
    for (auto _ : state) {
        float log_volume = 0;
        for (std::size_t i = 0; i < b.own.size(); ++i) {
            inverse[i] = std::exp(-b.own[i]);
            log_volume += b.own[i] + 0.9189385F;
            b.d_own[i] += d_entropy * float(b.head.cols());
        }
        for (Index j = 0; j < b.head.cols(); ++j) {
            float squares = 0;
            for (Index i = 0; i < b.head.rows(); ++i) {
                const auto k = static_cast<std::size_t>(i);
                const float z = (action(i, j) - b.head(i, j)) * inverse[k];
                squares += z * z;
                b.d_head(i, j) = b.d_log_prob[j] * z * inverse[k];
                b.d_own[k] += b.d_log_prob[j] * (z * z - 1);
            }
            b.log_prob[j] = -log_volume - squares / 2;
            b.entropy[j] = log_volume + 0.5F * float(b.head.rows());
        }
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(b.head.cols()));
}

void gaussian_sample(benchmark::State& state) { samples_of(state, DiagonalGaussian<float>(state.range(0))); }

void choices(benchmark::internal::Benchmark* b) { b->ArgsProduct({{2, 4, 16, 18, 64}, {256, 4096}}); }
void dimensions(benchmark::internal::Benchmark* b) { b->ArgsProduct({{1, 3, 6, 17}, {4, 256, 4096}}); }
void few(benchmark::internal::Benchmark* b) { b->ArgsProduct({{1, 2, 6}, {4, 256}}); }

BENCHMARK(exponentials)->Apply(choices);
BENCHMARK(categorical)->Apply(choices)->Args({2, 4})->Args({2, 8});
BENCHMARK(categorical_scalar)->Apply(choices)->Args({2, 4})->Args({2, 8});
BENCHMARK(categorical_sample)->Apply(few);
BENCHMARK(gaussian)->Apply(dimensions);
BENCHMARK(gaussian_scalar)->Apply(dimensions);
BENCHMARK(gaussian_sample)->Apply(few);

// --- backward in time: environments, samples in all -----------------------------------------------------------------

void copy(benchmark::State& state) {
    const auto half = static_cast<std::size_t>(state.range(0)) / 2;
    std::vector<char> from(half, 1), to(half);
    for (auto _ : state) {
        std::memcpy(to.data(), from.data(), half);
        benchmark::DoNotOptimize(to.data());
        benchmark::ClobberMemory();
    }
    count(state, "B/s", double(state.range(0)));
}

constexpr float factor = 0.5F;  // the same buffer is scanned again and again: it must not grow

template <class Scan>
void scan_of(benchmark::State& state, const Scan& scan) {
    const Index steps = state.range(1) / state.range(0);
    const Matrix<float> continues = (random_matrix(state.range(0), steps).array() < 2.0F).cast<float>();
    Matrix<float> x = random_matrix(state.range(0), steps);
    for (auto _ : state) {
        scan(continues, x);
        benchmark::DoNotOptimize(x.data());
        benchmark::ClobberMemory();
    }
    count(state, "B/s", 3.0 * double(x.size()) * sizeof(float));
}

void advantage_scan(benchmark::State& state) {
    scan_of(state, [](const auto& continues, auto& x) { kernels::advantage_scan<float>(factor, continues, x); });
}

void advantage_scan_scalar(benchmark::State& state) {
    scan_of(state, [](const auto& continues, auto& x) {
        for (Index t = x.cols() - 2; t >= 0; --t) {
            for (Index n = 0; n < x.rows(); ++n) x(n, t) += factor * continues(n, t) * x(n, t + 1);
        }
    });
}

/// A rollout's rewards, values and ends.
template <class Estimate>
void advantages(benchmark::State& state, const Estimate& estimate) {
    const Vectorized envs(CartPole{}, {.count = state.range(0)});
    const Actor actor(envs, Mlp{.hidden = {}});
    Rollout<float> rollout(envs, actor);
    rollout.resize(state.range(1) / state.range(0));
    const Index n = rollout.environments, steps = rollout.horizon;
    rollout.reward.matrix() = random_matrix(n, steps, 1);
    rollout.value.matrix() = random_matrix(n, steps + 1, 2);
    rollout.next_value.matrix() = random_matrix(n, steps, 3);
    rollout.continues.matrix() = (random_matrix(n, steps, 4).array() < 2.0F).cast<float>();
    for (auto _ : state) {
        estimate(rollout);
        benchmark::ClobberMemory();
    }
    count(state, "B/s", 6.0 * double(state.range(1)) * sizeof(float));
}

constexpr Gae options{.gamma = 0.99, .lambda = 0.95};

void gae(benchmark::State& state) {
    advantages(state, [](Rollout<float>& rollout) { options(rollout); });
}

void gae_scalar(benchmark::State& state) {
    advantages(state, [](Rollout<float>& r) {
        const auto gamma = static_cast<float>(options.gamma);
        const auto trace = static_cast<float>(options.gamma * options.lambda);
        std::vector<float> next(static_cast<std::size_t>(r.environments));
        for (Index t = r.horizon - 1; t >= 0; --t) {
            for (Index n = 0; n < r.environments; ++n) {
                float& last = next[static_cast<std::size_t>(n)];
                last = r.reward(n, t) + gamma * r.next_value(n, t) - r.value(n, t) + trace * r.continues(n, t) * last;
                r.advantage(n, t) = last;
                r.value_target(n, t) = last + r.value(n, t);
            }
        }
    });
}

/// Two rollouts that stay in cache, and two that do not.
void rollouts(benchmark::internal::Benchmark* b) {
    for (const std::int64_t samples : {1 << 12, 1 << 16, 1 << 20, 1 << 22}) {
        for (const std::int64_t environments : {1, 4, 8, 64, 1024, 4096}) {
            if (samples / environments >= 16) b->Args({environments, samples});
        }
    }
}

/// As many bytes as a scan, 12 per sample, and as the advantages, 24 per sample.
void bytes_of_rollouts(benchmark::internal::Benchmark* b) {
    for (const std::int64_t samples : {1 << 12, 1 << 16, 1 << 20, 1 << 22}) b->Arg(12 * samples)->Arg(24 * samples);
}

BENCHMARK(copy)->Apply(bytes_of_rollouts);
BENCHMARK(advantage_scan)->Apply(rollouts);
BENCHMARK(advantage_scan_scalar)->Apply(rollouts);
BENCHMARK(gae)->Apply(rollouts);
BENCHMARK(gae_scalar)->Apply(rollouts);

// --- a minibatch's advantages with mean 0 and deviation 1 ----------------------------------------------------------

void standardise(benchmark::State& state) {
    Vector<float> x = random_matrix(state.range(0), 1);
    for (auto _ : state) {
        kernels::standardise<float>(x);
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(x.size()));
}

void standardise_scalar(benchmark::State& state) {
    Vector<float> x = random_matrix(state.range(0), 1);
    for (auto _ : state) {
        double mean = 0, squares = 0;
        for (Index i = 0; i < x.size(); ++i) mean += double(x[i]);
        mean /= double(x.size());
        for (Index i = 0; i < x.size(); ++i) squares += (double(x[i]) - mean) * (double(x[i]) - mean);
        const double scale = 1 / (std::sqrt(squares / double(x.size() - 1)) + 1e-8);
        for (Index i = 0; i < x.size(); ++i) x[i] = float((double(x[i]) - mean) * scale);
        benchmark::ClobberMemory();
    }
    count(state, "samples/s", double(x.size()));
}

BENCHMARK(standardise)->Arg(256)->Arg(4096);
BENCHMARK(standardise_scalar)->Arg(256)->Arg(4096);

}  // namespace
