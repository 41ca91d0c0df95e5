#pragma once

#include <cstdint>
#include <numeric>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Observations of a rollout of which a critic with memory computes the values in one forward pass, with the storage
/// for it. Unlike a `BatchLayout` it holds environments side by side, their padding and what follows their last samples
/// too, as their states go on from pass to pass.
template <class C>
class SequentialPass {
public:
    using Scalar = typename C::Scalar;

    /// Takes the observations of some environments at some times, T included, which follow one another.
    void take_steps(const Rollout<Scalar>& rollout, Range environments, Range times) {
        width_.assign(times.size(), environments.size());
        columns.resize(times.size() * environments.size());
        begins_.assign(columns.size(), 0);
        Index j = 0;
        for (Index t = times.begin; t < times.end; ++t) {
            for (Index n = environments.begin; n < environments.end; ++n, ++j) {
                columns[j] = t * rollout.environments + n;
                if (t > times.begin) begins_[j] = rollout.ends_episode(columns[j] - rollout.environments);
            }
        }
        gather(rollout.observation, rollout.mask);
    }

    /// Takes the final observations `columns[0]`, ..., one step of each.
    void take_finals(const Rollout<Scalar>& rollout) {
        be_one_step();
        gather(rollout.final_observation, rollout.final_mask);
    }

    /// Runs a pass over the first observations of some environments, from states of zeros, so that no later one of as
    /// many columns allocates.
    void reserve(const C& critic, const Rollout<Scalar>& rollout, Range environments) {
        if (columns.capacity() >= environments.size()) return;
        columns.resize(environments.size());
        std::iota(columns.begin(), columns.end(), environments.begin);
        state.resize(critic.state_size(), environments.size());
        state.clear_columns({0, environments.size()});
        be_one_step();
        gather(rollout.observation, rollout.mask);
        values(critic);
    }

    /// Writes the values of what was taken to the elements `columns[0]`, ... of `to`.
    void write_values(const C& critic, Scalar* to) {
        const ConstVectorMap<Scalar> value = values(critic);
        for (Index i = 0; i < columns.size(); ++i) to[columns[i]] = value[i];
    }

    Buffer<Index> columns;       ///< of the rollout's observations, or of its final ones
    MatrixBuffer<Scalar> state;  ///< of each environment: before the first step
    typename C::Tape tape;       ///< of the last pass

private:
    void be_one_step() {
        width_.assign(1, columns.size());
        begins_.assign(columns.size(), 0);
    }

    void gather(const MatrixBuffer<float>& observation, const MatrixBuffer<std::uint8_t>& mask) {
        observation_.gather_columns(observation.data(), observation.rows(), columns.data(), columns.size());
        mask_.gather_columns(mask.data(), mask.rows(), columns.data(), columns.size());
    }

    ConstVectorMap<Scalar> values(const C& critic) {
        const ConstMatrixMap<Scalar> input = input_(std::as_const(observation_).matrix());
        const Sequences<Scalar> sequences{width_.span(), begins_.span(), std::as_const(state).matrix()};
        const ActionMask legal = std::as_const(mask_).matrix();
        if constexpr (requires { critic.forward(input, legal, sequences, tape); }) {
            return critic.forward(input, legal, sequences, tape);
        } else {
            return critic.forward(input, sequences, tape);
        }
    }

    NetworkInput<Scalar> input_;
    MatrixBuffer<float> observation_;
    MatrixBuffer<std::uint8_t> mask_;
    Buffer<Index> width_;
    Buffer<std::uint8_t> begins_;
};

}  // namespace GRADIVA_NAMESPACE::detail
