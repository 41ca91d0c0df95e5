#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/failure.hpp"
#include "gradiva/train/detail/callback_hooks.hpp"
#include "gradiva/train/detail/saved_callbacks.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callbacks of any types, for a loop of `Trainer` that is not within one call of `train`; `Run` says what they may
/// have. Those that save the run are refused by a compile-time error.
template <class Trainer>
class CallbackList {
public:
    CallbackList() = default;

    /// Appends callbacks: lvalues, which must outlive the list, by reference, others by value.
    template <class... Callbacks>
    void add(Callbacks&&... callbacks) {
        (add_one<Callbacks>(std::forward<Callbacks>(callbacks)), ...);
    }

    bool empty() const { return all_.empty(); }

    /// Calls `on_start` of those that were added since the last call. Returns whether all want to go on. When one
    /// throws, it and those after it are not in the list.
    bool start(Run& run) {
        bool goes_on = true;
        undo_unless_done(
            [&] {
                for (; started_ < all_.size(); ++started_) goes_on = all_[started_]->start(run) && goes_on;
            },
            [&] { all_.resize(started_); });
        return goes_on;
    }

    /// Calls `before_iteration` of all.
    void before(Run& run) {
        for (const auto& callback : all_) callback->before(run);
    }

    /// Calls all with the report of an iteration, then their `after_iteration`. Returns whether all want to go on.
    bool report(Run& run, const Trainer& trainer) {
        bool goes_on = true;
        for (const auto& callback : all_) goes_on = callback->report(run.progress(), trainer) && goes_on;
        for (const auto& callback : all_) callback->after(run);
        return goes_on;
    }

    /// Calls `on_stop` of those that were started, also after one that throws, of which the first exception is thrown;
    /// forgets all.
    void stop(const Run& run, Stop why) {
        const std::size_t started = std::exchange(started_, 0);
        const std::vector<std::unique_ptr<Callback>> all = std::exchange(all_, {});
        CaughtException failure;
        for (std::size_t i = 0; i < started; ++i) failure.attempt([&] { all[i]->stop(run, why); });
        failure.rethrow();
    }

private:
    struct Callback {
        Callback() = default;
        Callback(const Callback&) = delete;
        Callback& operator=(const Callback&) = delete;
        virtual ~Callback() = default;
        virtual bool start(Run& run) = 0;
        virtual void before(Run& run) = 0;
        virtual bool report(const Progress& progress, const Trainer& trainer) = 0;
        virtual void after(Run& run) = 0;
        virtual void stop(const Run& run, Stop why) = 0;
    };

    template <class Given>
    struct CallbackOf : Callback {
        explicit CallbackOf(Given&& given) : callback(std::forward<Given>(given)) {}
        bool start(Run& run) override { return detail::call_on_start(callback, run); }
        void before(Run& run) override { detail::call_before_iteration(callback, run); }
        bool report(const Progress& progress, const Trainer& trainer) override {
            return detail::call_with_report(callback, progress, trainer);
        }
        void after(Run& run) override { detail::call_after_iteration(callback, run); }
        void stop(const Run& run, Stop why) override { detail::call_on_stop(callback, run, why); }
        Given callback;  // a reference for an lvalue
    };

    template <class Given, class Argument>
    void add_one(Argument&& given) {
        using Type = std::remove_reference_t<Given>;
        static_assert(detail::explain_callback<Type, Trainer>());
        static_assert(!detail::saves_run<Type>,
                      "gradiva: a callback that saves the training goes to train, whose trainings can be saved");
        all_.push_back(std::make_unique<CallbackOf<Given>>(std::forward<Given>(given)));
    }

    std::vector<std::unique_ptr<Callback>> all_;
    std::size_t started_ = 0;  // how many of them
};

}  // namespace GRADIVA_NAMESPACE
