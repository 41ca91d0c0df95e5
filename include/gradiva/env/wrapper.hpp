#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// An environment that holds another and forwards every call to it. Derive from it to change a part:
///
///   template <class E>
///   struct CostOfLiving : Wrapper<E> {
///       using Wrapper<E>::Wrapper;
///       Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
///           Outcome outcome = this->wrapped().step(action, rng, observation);
///           outcome.reward -= 0.1;
///           return outcome;
///       }
///   };
///   template <class E>
///   CostOfLiving(E) -> CostOfLiving<E>;
///
/// Optional members of the environment, `action_mask`, `render`, `visit_state`, `metric_names` and `metrics`, are
/// forwarded too. A derived class that adds metrics has both:
///
///   static constexpr auto metric_names = metric_names_and<E>("bumps");
///   void metrics(std::span<double> out) const { write_metrics(this->wrapped(), out)[0] = bumps_; }
///
/// Where the derived class adds members, a training can be saved only if it has a `visit_state` of its own:
///
///   void visit_state(State& state) requires HasSavedState<E> {
///       Wrapper<E>::visit_state(state);
///       state("steps", steps_);          // changes from step to step
///       state.fixed("limit", limit_);    // never changes
///   }
template <class E>
class Wrapper : public MetricNamesFrom<E> {
    static_assert(detail::explain_env<E>());

public:
    explicit Wrapper(E env) : env_(std::move(env)) {}

    Box observation_space() const { return env_.observation_space(); }
    auto action_space() const { return env_.action_space(); }
    void reset(Rng& rng, std::span<float> observation) { env_.reset(rng, observation); }
    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        return env_.step(action, rng, observation);
    }
    void action_mask(std::span<std::uint8_t> legal) const requires HasActionMask<E> { env_.action_mask(legal); }
    void render(Canvas& canvas) const requires HasRender<E> { env_.render(canvas); }
    void metrics(std::span<double> out) const requires HasMetrics<E> { env_.metrics(out); }
    void visit_state(State& state) requires HasSavedState<E> {
        state.within("wrapped", [&] { visit_env_state(state, env_); });
    }

    const E& wrapped() const { return env_; }
    E& wrapped() { return env_; }

private:
    E env_;
};

}  // namespace GRADIVA_NAMESPACE
