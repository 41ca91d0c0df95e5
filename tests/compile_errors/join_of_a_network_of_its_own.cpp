// expect first: gradiva: a network of a Join, and the trunk of a SharedTrunk, is described by Mlp, Convolution or Join
#include <gradiva/gradiva.hpp>

struct Mine {
    gradiva::Index units = 64;
};

template <class T>
struct gradiva::NetworkFor<Mine, T> {
    using Type = MlpNetwork<T>;
};

int main() {
    using namespace gradiva;
    const Join join{.networks = {Mlp{}, Mine{}}};
}
