// The hot kernels against the scalar loops that they replace. Compare a kernel's line with its `_scalar` line.

#include <benchmark/benchmark.h>

#include <cmath>
#include <gradiva/gradiva.hpp>

namespace {

using namespace gradiva;

Matrix<float> random_matrix(Index rows, Index columns) {
    Rng rng(1);
    Matrix<float> m(rows, columns);
    for (Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(rng.normal());
    return m;
}

void count_flops(benchmark::State& state, double flops) {
    state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

void count_bytes(benchmark::State& state, double bytes) {
    state.counters["B/s"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
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
    count_flops(state, 2.0 * double(n) * double(n) * double(columns));
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
    count_bytes(state, 2.0 * double(z.size()) * sizeof(float));
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

// --- log-softmax of n choices, 256 samples -------------------------------------------------------------------------

template <class Normalise>
void softmax(benchmark::State& state, const Normalise& normalise) {
    const Matrix<float> z = random_matrix(state.range(0), 256);
    Matrix<float> log_p(z.rows(), z.cols());
    Matrix<float> p(z.rows(), z.cols());
    for (auto _ : state) {
        normalise(z, log_p, p);
        benchmark::DoNotOptimize(log_p.data());
        benchmark::DoNotOptimize(p.data());
    }
    state.counters["samples/s"] = benchmark::Counter(256, benchmark::Counter::kIsIterationInvariantRate);
}

void log_softmax(benchmark::State& state) {
    softmax(state, [](const auto& z, auto& log_p, auto& p) { kernels::log_softmax<float>(z, log_p, p); });
}

void log_softmax_scalar(benchmark::State& state) {
    softmax(state, [](const auto& z, auto& log_p, auto& p) {
        for (Index j = 0; j < z.cols(); ++j) {
            float largest = z(0, j);
            for (Index i = 1; i < z.rows(); ++i) largest = std::max(largest, z(i, j));
            float sum = 0;
            for (Index i = 0; i < z.rows(); ++i) sum += std::exp(z(i, j) - largest);
            for (Index i = 0; i < z.rows(); ++i) {
                log_p(i, j) = z(i, j) - largest - std::log(sum);
                p(i, j) = std::exp(log_p(i, j));
            }
        }
    });
}

BENCHMARK(log_softmax)->Arg(2)->Arg(16)->Arg(64);
BENCHMARK(log_softmax_scalar)->Arg(2)->Arg(16)->Arg(64);

// --- advantage scan, n environments x 128 steps --------------------------------------------------------------------

template <class Scan>
void advantage(benchmark::State& state, const Scan& scan) {
    const Matrix<float> continues = (random_matrix(state.range(0), 128).array() < 2.0F).cast<float>();
    Matrix<float> x = random_matrix(state.range(0), 128);
    for (auto _ : state) {
        scan(continues, x);
        benchmark::DoNotOptimize(x.data());
    }
    count_bytes(state, 3.0 * double(x.size()) * sizeof(float));
}

constexpr float factor = 0.5F;  // the same buffer is scanned again and again: it must not grow

void advantage_scan(benchmark::State& state) {
    advantage(state, [](const auto& continues, auto& x) { kernels::advantage_scan<float>(factor, continues, x); });
}

void advantage_scan_scalar(benchmark::State& state) {
    advantage(state, [](const auto& continues, auto& x) {
        for (Index n = 0; n < x.rows(); ++n) {
            for (Index t = x.cols() - 2; t >= 0; --t) x(n, t) += factor * continues(n, t) * x(n, t + 1);
        }
    });
}

BENCHMARK(advantage_scan)->Arg(8)->Arg(256)->Arg(4096);
BENCHMARK(advantage_scan_scalar)->Arg(8)->Arg(256)->Arg(4096);

}  // namespace

BENCHMARK_MAIN();
