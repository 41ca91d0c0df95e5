// expect first: gradiva: a Distribution's to_environment is
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::DiagonalGaussian<float> {
    using DiagonalGaussian::DiagonalGaussian;
    void to_environment(gradiva::ConstActionView, gradiva::ActionView) {}
};

int main() { gradiva::Hybrid<float, Mine> hybrid(3, Mine(2)); }
