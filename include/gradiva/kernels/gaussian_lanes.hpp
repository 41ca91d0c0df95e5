#pragma once

#include <algorithm>

#include "gradiva/kernels/lane_transpose.hpp"

// The sums of kernels/gaussian.hpp for as many samples at once as a register has floats.

namespace gradiva::kernels::detail {

/// Where the standardised actions z = (a - m) / sigma of a batch come from, column-major.
struct Deviates {
    const float* mean;
    Index mean_stride;
    const float* action;
    Index action_stride;
    const float* inverse_std;

    Deviates from(Index row, Index column) const {
        return {mean + row + column * mean_stride, mean_stride, action + row + column * action_stride, action_stride,
                inverse_std + row};
    }

    /// Whether the samples lie side by side as they are.
    bool are_one_row(Index rows) const { return rows == 1 && mean_stride == 1 && action_stride == 1; }

    /// z of one row.
    RegisterOf<float> row() const { return (load(action) - load(mean)) * inverse_std[0]; }

    /// The first `rows` rows of z, side by side.
    void load_rows(Index rows, float* z) const {
        constexpr Index width = lanes<float>;
        alignas(vector_bytes) float a[rows_at_once * width];
        columns_to_lanes(mean, mean_stride, rows, width, z);
        columns_to_lanes(action, action_stride, rows, width, a);
        for (Index i = 0; i < rows; ++i) {
            store((load(a + i * width) - load(z + i * width)) * inverse_std[i], z + i * width);
        }
    }
};

/// sum_i z_i^2 of each column.
inline RegisterOf<float> sum_of_squares(const Deviates& deviates, Index rows) {
    constexpr Index width = lanes<float>;
    if (deviates.are_one_row(rows)) return deviates.row() * deviates.row();
    alignas(vector_bytes) float z[rows_at_once * width];
    RegisterOf<float> sum{};
    for (Index row = 0; row < rows; row += rows_at_once) {
        const Index some = std::min(rows - row, rows_at_once);
        deviates.from(row, 0).load_rows(some, z);
        for (Index i = 0; i < some; ++i) {
            const RegisterOf<float> z_i = load(z + i * width);
            sum += z_i * z_i;
        }
    }
    return sum;
}

/// Writes w_j z / sigma to `d`, and adds w_j (z^2 - 1) to `sum`.
inline void add_log_prob_gradient(const RegisterOf<float>& z, const RegisterOf<float>& w, float inverse_std, float* d,
                                  RegisterOf<float>& sum) {
    sum += w * (z * z - 1);
    store(w * z * inverse_std, d);
}

/// For `rows` rows, at most `rows_at_once`, and `columns` columns, which fill whole registers: writes w_j z / sigma to
/// `d_mean` and sum_j w_j (z^2 - 1) to `d_s`.
inline void log_prob_gradient(const Deviates& deviates, const float* w, Index rows, Index columns, float* d_mean,
                              Index d_stride, float* d_s) {
    constexpr Index width = lanes<float>;
    if (deviates.are_one_row(rows) && d_stride == 1) {
        RegisterOf<float> sum{};
        for (Index j = 0; j < columns; j += width) {
            add_log_prob_gradient(deviates.from(0, j).row(), load(w + j), deviates.inverse_std[0], d_mean + j, sum);
        }
        *d_s = sum_of<float>(sum);
        return;
    }
    alignas(vector_bytes) float z[rows_at_once * width], d[rows_at_once * width];
    RegisterOf<float> sum[rows_at_once] = {};
    for (Index j = 0; j < columns; j += width) {
        const RegisterOf<float> weight = load(w + j);
        deviates.from(0, j).load_rows(rows, z);
        for (Index i = 0; i < rows; ++i) {
            add_log_prob_gradient(load(z + i * width), weight, deviates.inverse_std[i], d + i * width, sum[i]);
        }
        lanes_to_columns(d, rows, width, d_mean + j * d_stride, d_stride);
    }
    for (Index i = 0; i < rows; ++i) d_s[i] = sum_of<float>(sum[i]);
}

}  // namespace gradiva::kernels::detail
