// expect first: gradiva: the trunk of a RecurrentTrunk is described by Gru or Lstm
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    const RecurrentTrunk shared{.trunk = Mlp{}};
}
