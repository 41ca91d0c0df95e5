// Both parts of a program, built for different targets, compute what they compute alone.
#include <array>
#include <cmath>
#include <cstdio>

float log_prob_in_narrow();
float log_prob_in_wide();
std::array<double, 2> trained_in_narrow();
std::array<double, 2> trained_in_wide();

int main() {
    const double right = 7 - std::log(1 + std::exp(7.0) + std::exp(1.0));
    const auto narrow = trained_in_narrow(), wide = trained_in_wide();
    for (const double sum : {narrow[0], narrow[1], wide[0], wide[1]}) std::printf("%a\n", sum);
    const bool good = std::abs(log_prob_in_narrow() - right) < 1e-5 && std::abs(log_prob_in_wide() - right) < 1e-5;
    return good ? 0 : 1;
}
