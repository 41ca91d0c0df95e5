// expect first: gradiva: Actor and Critic take feed-forward networks, and this is one with memory, such as Gru
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Actor actor(LstmNetwork<float>(4, 2, {}, Rng(1)), Categorical<float>(2));
}
