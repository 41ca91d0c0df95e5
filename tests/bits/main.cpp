// The same numbers have the same bits wherever they stand in a batch, and a training for any number of threads. Built
// with several sets of flags: compilers contract products and sums, and turn loops into vectors, in other ways with
// each.
#include "bits/column_bits.hpp"

int main() {
    using namespace gradiva_bits;
    check_kernels();
    check_distributions();
    check_networks();
    check_recurrent();
    check_trainings();
    fmt::print("{} of {} functions give other bits\n", failures, tried);
    return failures == 0 ? 0 : 1;
}
