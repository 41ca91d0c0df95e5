// expect first: gradiva: a Behaviour's column_by_column is static constexpr bool column_by_column = true
#include <gradiva/gradiva.hpp>

struct Mine
    : decltype(gradiva::Actor(gradiva::MlpNetwork<float>(4, 2, {}, gradiva::Rng(1)), gradiva::Categorical<float>(2))) {
    using Actor::Actor;
    static bool column_by_column() { return true; }
};

int main() {
    using namespace gradiva;
    CartPole env;
    Vectorized envs(env);
    Mine actor(MlpNetwork<float>(4, 2, {}, Rng(1)), Categorical<float>(2));
    Threads threads;
    Collector collect(envs, actor, threads);
}
