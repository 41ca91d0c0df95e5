// expect first: gradiva: this is no description of a network, such as Mlp: specialise gradiva::NetworkFor for it
#include <gradiva/gradiva.hpp>

struct Mine {};

void wrong() { gradiva::check_network(Mine{}, 3, 2); }
