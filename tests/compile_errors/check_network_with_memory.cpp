// expect first: gradiva: check_network tries networks without memory
#include <gradiva/gradiva.hpp>

int main() { gradiva::check_network(gradiva::Gru{.units = 8}, 2, 1); }
