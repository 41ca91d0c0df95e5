#pragma once

#include <cmath>
#include <concepts>
#include <tuple>
#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/learn/descent_part.hpp"
#include "gradiva/learn/detail/update_order.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/optim/clip_norm.hpp"

namespace GRADIVA_NAMESPACE {

/// Gradient descent on a loss by minibatches of a rollout, in one or more parts (`DescentPart`) that share no weights:
/// on two threads each stays in the cache of one core. A minibatch is split into fixed shards, so that no bit depends
/// on the number of threads. A part's gradient is finished, and where nothing else must be known its step is taken,
/// while other parts still work; the next minibatch is prepared at the same time.
///
/// `begin`, then `step` until it returns false, then `finish`. Where one throws, such as an `Error` on a gradient or
/// weights that are not finite, weights, optimisers and the order of samples are as they were before `begin`.
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

    /// `progress`, from 0 to 1, is where the learning rate's schedule stands. Borrows the rollout until `finish`.
    void begin(const Rollout<Scalar>& rollout, double progress) {
        rollout_ = &rollout;
        learning_rate_ = options_.learning_rate(progress);
        epochs_left_ = options_.epochs;
        for_each_part([](auto& part) { part.begin(); });
        order_.begin(rollout);
    }

    /// One minibatch. `loss(shard, pass)`, one for each part, adds the derivative of the minibatch's loss to the
    /// shard's gradient and what there is to report to its sums. Returns whether there is another step to take: none
    /// after the last epoch, nor where the mean of `kl` in the sums exceeds 1.5 times target_kl; then the weights stay.
    template <class... Loss>
    bool step(const Loss&... loss) {
        static_assert(sizeof...(Loss) == sizeof...(Parts), "gradiva: MinibatchDescent needs one loss for each part");
        return detail::undo_unless_done([&] { return try_step(loss...); }, [&] { put_back(); });
    }

    /// Returns `report(epoch)`, which may throw as well.
    template <class Report>
    auto finish(const Report& report) {
        return detail::undo_unless_done(
            [&] {
                GRADIVA_ASSERT(epoch_.steps > 0);
                for_each_part([](auto& part) { part.check_weights(); });
                auto result = report(std::as_const(epoch_));
                for_each_part([](auto& part) { part.keep(); });
                return result;
            },
            [&] { put_back(); });
    }

    /// All steps on a value loss, which is what the shards sum up.
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

    /// Calls `body(shard, pass)` for all samples of the rollout, with the shards of the first part and the present
    /// weights; returns what it adds to the shards' sums. To be called by the `report` of `finish`.
    template <class Body>
    Epoch over_rollout(const Body& body) {
        FirstPart& part = std::get<0>(parts_);
        const Index samples = order_.samples().sample_count();
        const auto visit = [&](auto& shard, Range positions) { body(shard, pass_of(positions, samples, true)); };
        run_together(threads_, part.tasks({0, samples}, visit, [] {}));
        Epoch epoch{.samples = samples};
        part.add_sums(epoch.sums);
        return epoch;
    }

    double learning_rate() const { return learning_rate_; }

private:
    template <class Body>
    void for_each_part(const Body& body) {
        std::apply([&](auto&... part) { (body(part), ...); }, parts_);
    }

    MinibatchPass<Scalar> pass_of(Range positions, Index minibatch, bool report) const {
        return {{*rollout_, order_.samples(), order_.advantage(), positions}, minibatch, report};
    }

    void put_back() {
        for_each_part([](auto& part) { part.put_back(); });
        order_.put_back();
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
        const Index samples = order_.minibatch().size();
        find_gradients(is_last, loss...);
        Sums sums{};
        for_each_part([&](auto& part) { part.add_sums(sums); });
        epoch_.sums += sums;
        epoch_.samples += samples;
        ++epoch_.steps;
        const double norm = gradient_norm();
        epoch_.norms += norm;
        if (went_too_far(sums, samples)) return false;
        if (!steps_at_once()) apply_gradients(norm);
        return !is_last;
    }

    template <class... Loss>
    void find_gradients(bool is_last, const Loss&... loss) {
        const Range minibatch = order_.minibatch();
        const bool report = epochs_left_ == 0 || options_.target_kl > 0;
        const auto prepare_next = [&] {
            if (!is_last) order_.prepare_next(*rollout_);
        };
        const auto tasks_of = [&](auto& part, const auto& loss_of_part) {
            return part.tasks(
                minibatch,
                [&, this](auto& shard, Range positions) {
                    loss_of_part(shard, pass_of(positions, minibatch.size(), report));
                },
                [&part, this] { finish_gradient(part); });
        };
        const bool is_small = sizeof...(Parts) == 1 && shard_count(minibatch.size()) == 1;
        Threads& threads = is_small ? calling_thread_ : threads_;
        std::apply([&](auto&... part) { run_together(threads, tasks_of(part, loss)..., SingleTask(prepare_next)); },
                   parts_);
    }

    /// Done by whoever ends the last shard of a part.
    template <class Part>
    void finish_gradient(Part& part) {
        part.add_up_gradient();
        if (steps_at_once() && std::isfinite(part.norm())) part.step(part.norm(), 0, learning_rate_);
    }

    /// Whether a part may be stepped whatever the gradients of the others, and the divergence of the whole minibatch.
    bool steps_at_once() const { return !(options_.max_gradient_norm > 0) && !(options_.target_kl > 0); }

    bool went_too_far(const Sums& sums, Index samples) const {
        if constexpr (requires { sums.kl; }) {
            return options_.target_kl > 0 && sums.kl / static_cast<double>(samples) > 1.5 * options_.target_kl;
        } else {
            return false;
        }
    }

    /// Of all parts together. Throws `Error` where it is not finite.
    double gradient_norm() {
        double norm = 0;
        for_each_part([&](const auto& part) { norm = joint_norm(norm, part.finite_norm()); });
        require(std::isfinite(norm), "update: the norm of the whole gradient is {}; lower the learning rate", norm);
        return norm;
    }

    /// Steps the parts, each on a thread of its own where they are large. `norm` is that of the joint gradient.
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
