#pragma once

namespace gradiva_bench {

/// Operations of one sample in an inputs-width-width-outputs network, counting an addition and a multiplication as two.
struct MlpFlops {
    double inputs = 0, width = 0, outputs = 0;

    double forward() const { return 2 * (inputs * width + width * width + width * outputs); }

    /// The same again for the weights, and once more for the inputs of the second and the third layer.
    double backward() const { return forward() + 2 * (width * width + width * outputs); }
};

}  // namespace gradiva_bench
