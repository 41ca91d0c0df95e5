#pragma once

#include <gradiva/gradiva.hpp>
#include <vector>

namespace environments {

using gradiva::Index;

/// How many values each choice of an action has.
inline std::vector<Index> choices(const gradiva::Discrete& space) { return {space.n}; }
inline std::vector<Index> choices(const gradiva::MultiDiscrete& space) { return space.n; }
inline std::vector<Index> choices(const gradiva::HybridSpace& space) { return {space.choice.n}; }
inline std::vector<Index> choices(const gradiva::Box&) { return {}; }

inline gradiva::Box real_part(const gradiva::Box& space) { return space; }
inline gradiva::Box real_part(const gradiva::HybridSpace& space) { return space.box; }
inline gradiva::Box real_part(const auto&) { return {.size = 0}; }

/// Random legal actions for some environments. They are drawn once: those of a step are a window into them, so that
/// where there are no masks an action costs nothing.
template <class V>
class RandomActions {
public:
    RandomActions(const V& envs, gradiva::Range range)
        : envs_(envs), range_(range), choices_(choices(envs.action_space())),
          drawn_(gradiva::action_shape_of(envs.action_space()), range.size() + windows),
          legal_actions_(drawn_.shape(), range.size()) {
        gradiva::Rng rng(1, gradiva::Purpose::user, static_cast<std::uint64_t>(range.begin));
        const gradiva::Box box = real_part(envs.action_space());
        for (Index j = 0; j < range.size() + windows; ++j) {
            gradiva::ActionView action = drawn_.columns({j, j + 1});
            for (Index i = 0; i < action.integers.rows(); ++i) {
                action.integers(i, 0) = static_cast<int>(rng.below(choices_[static_cast<std::size_t>(i)]));
            }
            for (Index i = 0; i < action.reals.rows(); ++i) {
                action.reals(i, 0) =
                    static_cast<float>(rng.uniform(std::max(-1.0F, box.low_of(i)), std::min(1.0F, box.high_of(i))));
            }
        }
        mask_.resize(gradiva::mask_size_of(envs), range.size());
    }

    /// The actions of the next step.
    gradiva::ConstActionView operator()() {
        at_ = (at_ + 97) % windows;
        if constexpr (gradiva::HasVectorActionMask<V>) {
            envs_.action_mask(range_, mask_.matrix());
            for (Index j = 0; j < range_.size(); ++j) legalise(j);
            return std::as_const(legal_actions_).all();
        } else {
            return std::as_const(drawn_).columns({at_, at_ + range_.size()});
        }
    }

private:
    static constexpr Index windows = 1009;

    /// Moves each choice of action j on to the next legal one.
    void legalise(Index j) {
        legal_actions_.copy_column(j, drawn_, at_ + j);
        gradiva::ActionView action = legal_actions_.columns({j, j + 1});
        Index first = 0;
        for (std::size_t i = 0; i < choices_.size(); ++i) {
            int& choice = action.integers(static_cast<Index>(i), 0);
            while (mask_(first + choice, j) == 0) choice = (choice + 1) % static_cast<int>(choices_[i]);
            first += choices_[i];
        }
    }

    const V& envs_;
    gradiva::Range range_;
    std::vector<Index> choices_;
    gradiva::ActionBatch drawn_, legal_actions_;
    gradiva::MatrixBuffer<std::uint8_t> mask_;
    Index at_ = 0;
};

}  // namespace environments
