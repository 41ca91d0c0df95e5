#pragma once

#include <utility>
#include <vector>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/any_layers.hpp"
#include "gradiva/nn/join_description.hpp"
#include "gradiva/policy/network_for.hpp"
#include "gradiva/policy/network_with_value.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of a network whose first layers actor and critic share, the trunk, with a head of its own for each:
///   Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {64, 64}}});
///   SharedCritic critic(actor);
struct SharedTrunk {
    NetworkPart trunk = Mlp{};    ///< Mlp, Convolution or Join, without its output layer
    Mlp actor = {.hidden = {}};   ///< from all outputs of the trunk to the head of the distribution
    Mlp critic = {.hidden = {}};  ///< from all outputs of the trunk to the value
};

/// The same where networks without a shape in the trunk have the observation's (see `nn/observation_shape.hpp`).
inline SharedTrunk with_observation_shape(SharedTrunk description, const std::vector<Index>& shape) {
    description.trunk = with_observation_shape(std::move(description.trunk), shape);
    return description;
}

/// The network that `SharedTrunk` describes (see `NetworkWithValue`). Models `Module` with jvp and input gradient.
template <class ScalarT>
class TrunkNetwork : public NetworkWithValue<AnyLayers<ScalarT>> {
    using Base = NetworkWithValue<AnyLayers<ScalarT>>;

public:
    /// Throws `Error` for what the descriptions refuse, and for a head that has `normalize_observations` or `inputs`.
    TrunkNetwork(Index inputs, Index outputs, const SharedTrunk& description, Rng rng, double output_gain = 1)
        : Base("SharedTrunk",
               with_prefix([&] { return AnyLayers<ScalarT>(inputs, features, description.trunk); },
                           [] { return "SharedTrunk.trunk"; }),
               outputs, description.actor, description.critic, rng, output_gain) {}

    void visit_state(State& state) {
        state.fixed("type", "SharedTrunk");
        Base::visit_parts(state);
    }
};

template <class Scalar>
struct NetworkFor<SharedTrunk, Scalar> {
    using Type = TrunkNetwork<Scalar>;
};

}  // namespace GRADIVA_NAMESPACE
