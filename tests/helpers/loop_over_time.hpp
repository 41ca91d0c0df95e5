// Networks with memory as a plain loop over time, for one sequence in double: the reference for full backpropagation
// through time. It shares no code with the library.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace gradiva_test {

using Numbers = std::vector<double>;

/// Numbers of a network: units of the dense layers before and after, all with tanh.
struct LoopShape {
    std::string cell;  ///< "gru" or "lstm"
    std::size_t inputs = 0;
    std::vector<std::size_t> before;
    std::size_t units = 0;
    std::vector<std::size_t> after;
    std::size_t outputs = 0;

    std::size_t states() const { return cell == "gru" ? units : 2 * units; }
};

/// The flat parameters, or their gradient: W and b of layer after layer.
struct LoopLayer {
    std::size_t rows, columns, at;
    double w(const Numbers& flat, std::size_t i, std::size_t k) const { return flat[at + k * rows + i]; }
    double b(const Numbers& flat, std::size_t i) const { return flat[at + rows * columns + i]; }

    Numbers apply(const Numbers& flat, const Numbers& x) const {
        Numbers z(rows);
        for (std::size_t i = 0; i < rows; ++i) {
            z[i] = b(flat, i);
            for (std::size_t k = 0; k < columns; ++k) z[i] += w(flat, i, k) * x[k];
        }
        return z;
    }
    /// Adds to the gradient, and returns dL/dx.
    Numbers back(const Numbers& flat, const Numbers& dz, const Numbers& x, Numbers& gradient) const {
        Numbers dx(columns, 0.0);
        for (std::size_t i = 0; i < rows; ++i) {
            gradient[at + rows * columns + i] += dz[i];
            for (std::size_t k = 0; k < columns; ++k) {
                gradient[at + k * rows + i] += dz[i] * x[k];
                dx[k] += w(flat, i, k) * dz[i];
            }
        }
        return dx;
    }
};

inline double loop_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// One sequence: forward at construction, then `back`.
class LoopOverTime {
public:
    LoopOverTime(const LoopShape& shape, const Numbers& flat, const std::vector<Numbers>& x,
                 const std::vector<bool>& begins, const Numbers& state)
        : shape_(shape), flat_(flat), begins_(begins) {
        std::size_t at = 0, width = shape.inputs;
        const auto add = [&](std::vector<LoopLayer>& layers, std::size_t units, std::size_t inputs) {
            layers.push_back({units, inputs, at});
            at += units * (inputs + 1);
            return units;
        };
        for (const std::size_t units : shape.before) width = add(before_, units, width);
        const std::size_t gates = (shape.cell == "gru" ? 3 : 4) * shape.units;
        std::vector<LoopLayer> both;
        add(both, gates, width);
        add(both, gates, shape.units);
        input_ = both[0];
        hidden_ = both[1];
        width = shape.units;
        for (const std::size_t units : shape.after) width = add(after_, units, width);
        add(after_, shape.outputs, width);
        parameters = at;
        Numbers now = state;
        for (std::size_t t = 0; t < x.size(); ++t) {
            if (begins[t]) now.assign(shape.states(), 0.0);
            Step s;
            s.into_before = {x[t]};
            for (const LoopLayer& layer : before_)
                s.into_before.push_back(squash(layer.apply(flat, s.into_before.back())));
            s.state_before = now;
            s.p = input_.apply(flat, s.into_before.back());
            s.q = hidden_.apply(flat, hidden_part(now));
            now = shape.cell == "gru" ? gru(s) : lstm(s);
            s.into_after = {hidden_part(now)};
            for (std::size_t l = 0; l + 1 < after_.size(); ++l)
                s.into_after.push_back(squash(after_[l].apply(flat, s.into_after.back())));
            y.push_back(after_.back().apply(flat, s.into_after.back()));
            state_after.push_back(now);
            steps_.push_back(s);
        }
    }

    std::size_t parameters = 0;
    std::vector<Numbers> y, state_after;

    /// Adds to the gradient, and returns dL/dx of each step.
    std::vector<Numbers> back(const std::vector<Numbers>& dy, Numbers& gradient) const {
        std::vector<Numbers> dx(steps_.size());
        Numbers d_state(shape_.states(), 0.0);
        for (std::size_t t = steps_.size(); t-- > 0;) {
            const Step& s = steps_[t];
            Numbers d = after_.back().back(flat_, dy[t], s.into_after.back(), gradient);
            for (std::size_t l = after_.size() - 1; l-- > 0;) {
                d = after_[l].back(flat_, unsquash(d, s.into_after[l + 1]), s.into_after[l], gradient);
            }
            for (std::size_t i = 0; i < shape_.units; ++i) d_state[i] += d[i];
            Numbers dp(s.p.size()), dq(s.p.size()), earlier(shape_.states(), 0.0);
            shape_.cell == "gru" ? gru_back(s, d_state, dp, dq, earlier) : lstm_back(s, d_state, dp, dq, earlier);
            const Numbers dh = hidden_.back(flat_, dq, hidden_part(s.state_before), gradient);
            for (std::size_t i = 0; i < shape_.units; ++i) earlier[i] += dh[i];
            d = input_.back(flat_, dp, s.into_before.back(), gradient);
            for (std::size_t l = before_.size(); l-- > 0;) {
                d = before_[l].back(flat_, unsquash(d, s.into_before[l + 1]), s.into_before[l], gradient);
            }
            dx[t] = d;
            d_state = begins_[t] ? Numbers(shape_.states(), 0.0) : earlier;
        }
        return dx;
    }

private:
    struct Step {
        std::vector<Numbers> into_before, into_after;  // inputs of each layer; the last of `before` goes to the memory
        Numbers state_before, p, q;
    };

    static Numbers squash(Numbers z) {
        for (double& v : z) v = std::tanh(v);
        return z;
    }
    static Numbers unsquash(Numbers d, const Numbers& a) {
        for (std::size_t i = 0; i < d.size(); ++i) d[i] *= 1 - a[i] * a[i];
        return d;
    }
    Numbers hidden_part(const Numbers& state) const {
        return {state.begin(), state.begin() + static_cast<std::ptrdiff_t>(shape_.units)};
    }

    Numbers gru(const Step& s) const {
        const std::size_t n = shape_.units;
        Numbers next(n);
        for (std::size_t i = 0; i < n; ++i) {
            const double r = loop_sigmoid(s.p[i] + s.q[i]), z = loop_sigmoid(s.p[n + i] + s.q[n + i]);
            next[i] = (1 - z) * std::tanh(s.p[2 * n + i] + r * s.q[2 * n + i]) + z * s.state_before[i];
        }
        return next;
    }
    void gru_back(const Step& s, const Numbers& d, Numbers& dp, Numbers& dq, Numbers& earlier) const {
        const std::size_t n = shape_.units;
        for (std::size_t i = 0; i < n; ++i) {
            const double r = loop_sigmoid(s.p[i] + s.q[i]), z = loop_sigmoid(s.p[n + i] + s.q[n + i]);
            const double value = std::tanh(s.p[2 * n + i] + r * s.q[2 * n + i]);
            const double d_value = d[i] * (1 - z) * (1 - value * value);
            dp[2 * n + i] = d_value;
            dq[2 * n + i] = d_value * r;
            dp[i] = dq[i] = d_value * s.q[2 * n + i] * r * (1 - r);
            dp[n + i] = dq[n + i] = d[i] * (s.state_before[i] - value) * z * (1 - z);
            earlier[i] = d[i] * z;
        }
    }
    Numbers lstm(const Step& s) const {
        const std::size_t n = shape_.units;
        const auto a = [&](std::size_t gate, std::size_t i) { return s.p[gate * n + i] + s.q[gate * n + i]; };
        Numbers next(2 * n);
        for (std::size_t i = 0; i < n; ++i) {
            next[n + i] = loop_sigmoid(a(1, i)) * s.state_before[n + i] + loop_sigmoid(a(0, i)) * std::tanh(a(2, i));
            next[i] = loop_sigmoid(a(3, i)) * std::tanh(next[n + i]);
        }
        return next;
    }
    void lstm_back(const Step& s, const Numbers& d, Numbers& dp, Numbers& dq, Numbers& earlier) const {
        const std::size_t n = shape_.units;
        const Numbers next = lstm(s);
        for (std::size_t j = 0; j < n; ++j) {
            const auto a = [&](std::size_t gate) { return s.p[gate * n + j] + s.q[gate * n + j]; };
            const double i = loop_sigmoid(a(0)), f = loop_sigmoid(a(1)), g = std::tanh(a(2)), o = loop_sigmoid(a(3));
            const double c = std::tanh(next[n + j]), d_s = d[n + j] + d[j] * o * (1 - c * c);
            dp[j] = d_s * g * i * (1 - i);
            dp[n + j] = d_s * s.state_before[n + j] * f * (1 - f);
            dp[2 * n + j] = d_s * i * (1 - g * g);
            dp[3 * n + j] = d[j] * c * o * (1 - o);
            earlier[n + j] = d_s * f;
        }
        dq = dp;
    }

    LoopShape shape_;
    const Numbers& flat_;
    std::vector<bool> begins_;
    std::vector<LoopLayer> before_, after_;
    LoopLayer input_{}, hidden_{};
    std::vector<Step> steps_;
};

}  // namespace gradiva_test
