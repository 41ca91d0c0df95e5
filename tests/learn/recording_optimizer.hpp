// An optimiser that records its arguments and does not change the weights.
#pragma once

#include <memory>
#include <span>
#include <vector>

namespace gradiva_test {

/// All copies write to one record. An update steps the actor first, then the critic, where there is one.
struct RecordingOptimizer {
    struct Record {
        std::vector<std::vector<double>> gradients;
        std::vector<double> learning_rates;
    };

    std::shared_ptr<Record> record = std::make_shared<Record>();

    template <class Scalar>
    void step(std::span<Scalar>, std::span<const Scalar> gradient, double learning_rate) {
        record->gradients.emplace_back(gradient.begin(), gradient.end());
        record->learning_rates.push_back(learning_rate);
    }
};

}  // namespace gradiva_test
