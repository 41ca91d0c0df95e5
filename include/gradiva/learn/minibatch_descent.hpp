#pragma once

#include <cmath>
#include <concepts>
#include <tuple>
#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/learn/descent_part.hpp"
#include "gradiva/learn/detail/update_order.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/optim/clip_norm.hpp"

namespace GRADIVA_NAMESPACE {

/// Minibatch gradient descent on the samples of a rollout, in one or more parts (`DescentPart`) without common weights,
/// such as actor and critic. A minibatch is split into fixed shards, so that no bit depends on the number of threads.
/// In parallel with the passes of other parts, a part's gradient is summed and, where it does not depend on the others,
/// its step taken, and the next minibatch is prepared.
///
/// Call `begin`, then `step` until it returns false, then `finish`. If one throws, such as an `Error` on a gradient or
/// weights that are not finite, weights, optimisers and random stream are restored to their state before `begin`.
template <class... Parts>
class MinibatchDescent {
    using FirstPart = std::tuple_element_t<0, std::tuple<Parts...>>;

public:
    using Scalar = typename FirstPart::Scalar;
    using Sums = typename FirstPart::Sums;
    using Epoch = DescentEpoch<Sums>;

    /// Throws `Error` on options out of range.
    MinibatchDescent(const UpdateOptions& options, Threads& threads, Rng rng, Parts... parts)
        : options_(options), threads_(threads), order_(options, rng), parts_(std::move(parts)...) {
        options_.check();
    }

    /// Starts an update. `progress`, from 0 to 1, is the position in the learning rate's schedule. Borrows the rollout
    /// until `finish`.
    void begin(const Rollout<Scalar>& rollout, double progress) {
        rollout_ = &rollout;
        learning_rate_ = options_.learning_rate(progress);
        epochs_left_ = options_.epochs;
        for_each_part([](auto& part) { part.begin(); });
        order_.begin(rollout, (Parts::learns_from_sequences || ...) ? rollout.steps_of_sequence() : 1);
    }

    /// One gradient step, on one minibatch. `loss(shard, pass)`, one for each part, adds the gradient of its loss on
    /// the minibatch to the shard's gradient, and reported statistics to its sums. Returns whether another step
    /// follows: false after the last minibatch of the last epoch, and where the mean of `kl` in the sums exceeds 1.5
    /// times target_kl; in the second case the weights are not changed.
    template <class... Loss>
    bool step(const Loss&... loss) {
        static_assert(sizeof...(Loss) == sizeof...(Parts), "gradiva: MinibatchDescent needs one loss for each part");
        return undo_unless_done([&] { return try_step(loss...); }, [&] { revert(); });
    }

    /// Ends the update: checks and commits weights and optimisers, and returns `report(epoch)`, which may throw.
    template <class Report>
    auto finish(const Report& report) {
        return undo_unless_done(
            [&] {
                GRADIVA_ASSERT(epoch_.steps > 0);
                for_each_part([](auto& part) { part.check_weights(); });
                auto result = report(std::as_const(epoch_));
                for_each_part([](auto& part) { part.commit(); });
                return result;
            },
            [&] { revert(); });
    }

    /// A whole update where the shards' sums are those of a value loss.
    template <class... Loss>
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress,
                            const Loss&... loss) requires std::same_as<Sums, double> {
        begin(rollout, progress);
        while (step(loss...)) continue;
        return finish([this](const Epoch& epoch) {
            return UpdateReport{.value_loss = epoch.mean(epoch.sums),
                                .gradient_norm = epoch.mean_norm(),
                                .learning_rate = learning_rate_};
        });
    }

    /// Calls `body(shard, pass)` for all samples of the rollout, with the shards of the first part and the current
    /// weights; returns the sums that it adds up in the shards. To be called by the `report` of `finish`.
    template <class Body>
    Epoch over_rollout(const Body& body) {
        FirstPart& part = std::get<0>(parts_);
        const Minibatches& all = order_.samples();
        const Index samples = all.sample_count();
        const auto visit = [&](auto& shard, Range positions) { body(shard, pass_of(positions, samples, true)); };
        run_together(threads_, part.tasks({0, all.size()}, all.pass_size(), visit, [] {}));
        Epoch epoch{.samples = samples};
        part.add_sums(epoch.sums);
        return epoch;
    }

    double learning_rate() const { return learning_rate_; }

    /// Between updates.
    void visit_state(State& state) {
        state.fixed("options", options_);
        state("minibatches", order_);
        for_each_part([&](auto& part) { state(part.name(), part); });
    }
    static consteval bool explain_saved() { return (Parts::explain_saved() && ...); }

private:
    template <class Body>
    void for_each_part(const Body& body) {
        std::apply([&](auto&... part) { (body(part), ...); }, parts_);
    }

    MinibatchPass<Scalar> pass_of(Range positions, Index minibatch, bool report) const {
        return {{*rollout_, order_.samples(), order_.advantage(), positions}, minibatch, report};
    }

    void revert() {
        for_each_part([](auto& part) { part.revert(); });
        order_.revert();
    }

    template <class... Loss>
    bool try_step(const Loss&... loss) {
        GRADIVA_ASSERT(epochs_left_ > 0 || !order_.ends_epoch());  // `step` has returned false already
        order_.advance();
        if (order_.begins_epoch()) {
            epoch_ = {};
            --epochs_left_;
        }
        const bool is_last = epochs_left_ == 0 && order_.ends_epoch();
        const Index samples = order_.samples().places(order_.minibatch()).size();
        find_gradients(is_last, samples, loss...);
        Sums sums{};
        for_each_part([&](auto& part) { part.add_sums(sums); });
        epoch_.sums += sums;
        epoch_.samples += samples;
        ++epoch_.steps;
        const double norm = gradient_norm();
        epoch_.norms += norm;
        if (exceeds_target_kl(sums, samples)) return false;
        if (!steps_at_once()) apply_gradients(norm);
        return !is_last;
    }

    template <class... Loss>
    void find_gradients(bool is_last, Index samples, const Loss&... loss) {
        const Range minibatch = order_.minibatch();
        const Index width = order_.samples().pass_size();
        const bool report = epochs_left_ == 0 || options_.target_kl > 0;
        const auto prepare_next = [&] {
            if (!is_last) order_.prepare_next(*rollout_);
        };
        const auto tasks_of = [&](auto& part, const auto& loss_of_part) {
            return part.tasks(
                minibatch, width,
                [&, samples, this](auto& shard, Range positions) {
                    loss_of_part(shard, pass_of(positions, samples, report));
                },
                [&part, this] { finish_gradient(part); });
        };
        const bool is_small = sizeof...(Parts) == 1 && shard_count(minibatch.size(), width) == 1;
        Threads& threads = is_small ? calling_thread_ : threads_;
        std::apply([&](auto&... part) { run_together(threads, tasks_of(part, loss)..., SingleTask(prepare_next)); },
                   parts_);
    }

    /// Called by the thread that ends the last shard of a part.
    template <class Part>
    void finish_gradient(Part& part) {
        part.add_up_gradient();
        if (steps_at_once() && std::isfinite(part.norm())) part.step(part.norm(), 0, learning_rate_);
    }

    /// Whether a part's step depends neither on the other parts' gradients (joint clipping) nor on the minibatch's KL,
    /// so that it can be taken immediately.
    bool steps_at_once() const { return !(options_.max_gradient_norm > 0) && !(options_.target_kl > 0); }

    bool exceeds_target_kl(const Sums& sums, Index samples) const {
        if constexpr (requires { sums.kl; }) {
            return options_.target_kl > 0 && sums.kl / static_cast<double>(samples) > 1.5 * options_.target_kl;
        } else {
            return false;
        }
    }

    /// The norm of the gradients of all parts together. Throws `Error` where it is not finite.
    double gradient_norm() {
        double norm = 0;
        for_each_part([&](const auto& part) { norm = joint_norm(norm, part.finite_norm()); });
        require(std::isfinite(norm), "update: the norm of the whole gradient is {}; lower the learning rate", norm);
        return norm;
    }

    /// Takes the steps of all parts, in parallel where these are large. `norm` is that of the joint gradient.
    void apply_gradients(double norm) {
        const auto step_of = [&](auto& part) {
            return SingleTask([&, this] { part.step(norm, options_.max_gradient_norm, learning_rate_); });
        };
        std::apply(
            [&](auto&... part) {
                run_together((part.is_large() && ...) ? threads_ : calling_thread_, step_of(part)...);
            },
            parts_);
    }

    UpdateOptions options_;
    Threads& threads_;
    Threads calling_thread_{1};  // for work too small to share out
    detail::UpdateOrder<Scalar> order_;
    std::tuple<Parts...> parts_;
    const Rollout<Scalar>* rollout_ = nullptr;
    double learning_rate_ = 0;
    Index epochs_left_ = 0;
    Epoch epoch_;
};

}  // namespace GRADIVA_NAMESPACE
