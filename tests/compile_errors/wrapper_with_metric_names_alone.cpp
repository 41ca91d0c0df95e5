// expect: gradiva: this class has metric_names of its own and inherits metrics of other names
#include <gradiva/gradiva.hpp>

// Names a metric that it does not write.
template <class E>
struct Counted : gradiva::Wrapper<E> {
    using gradiva::Wrapper<E>::Wrapper;
    static constexpr auto metric_names = gradiva::metric_names_and<E>("bumps");
};
static_assert(gradiva::is_env<Counted<gradiva::MaskedGrid>>);
