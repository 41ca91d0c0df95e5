#pragma once

#include "gradiva/core/failure.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/any_recurrent_layers.hpp"
#include "gradiva/nn/mlp_description.hpp"
#include "gradiva/nn/recurrent_description.hpp"
#include "gradiva/policy/network_for.hpp"
#include "gradiva/policy/network_with_value.hpp"

namespace GRADIVA_NAMESPACE {

/// The same as `SharedTrunk` with a memory: a network whose first layers, with the state that they carry, actor and
/// critic share, and a head of its own for each:
///   Actor actor(envs, RecurrentTrunk{.trunk = Gru{.units = 64, .after = {}}});
///   SharedCritic critic(actor);
struct RecurrentTrunk {
    RecurrentPart trunk = Gru{};  ///< Gru or Lstm, without its output layer
    Mlp actor = {.hidden = {}};   ///< from all outputs of the trunk to the head of the distribution
    Mlp critic = {.hidden = {}};  ///< from all outputs of the trunk to the value
};

/// The network that `RecurrentTrunk` describes (see `NetworkWithValue`). Models `RecurrentModule` with jvp and input
/// gradient.
template <class ScalarT>
class RecurrentTrunkNetwork : public NetworkWithValue<AnyRecurrentLayers<ScalarT>> {
    using Base = NetworkWithValue<AnyRecurrentLayers<ScalarT>>;

public:
    /// Throws `Error` for what the descriptions refuse, and for a head that has `normalize_observations` or `inputs`.
    RecurrentTrunkNetwork(Index inputs, Index outputs, const RecurrentTrunk& description, Rng rng,
                          double output_gain = 1)
        : Base("RecurrentTrunk",
               with_prefix([&] { return AnyRecurrentLayers<ScalarT>(inputs, features, description.trunk); },
                           [] { return "RecurrentTrunk.trunk"; }),
               outputs, description.actor, description.critic, rng, output_gain) {}

    void visit_state(State& state) {
        state.fixed("type", "RecurrentTrunk");
        Base::visit_parts(state);
    }
};

template <class Scalar>
struct NetworkFor<RecurrentTrunk, Scalar> {
    using Type = RecurrentTrunkNetwork<Scalar>;
};

}  // namespace GRADIVA_NAMESPACE
