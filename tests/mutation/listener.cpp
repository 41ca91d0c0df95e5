// Linked into the test program of the mutants: notes for each test case which of them it reaches.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "catch.hpp"

#include <chrono>
#include <string>

#include "gradiva_mutation/switch.hpp"

namespace {

#if CATCH_VERSION_MAJOR >= 3
using Base = Catch::EventListenerBase;
#else
using Base = Catch::TestEventListenerBase;
#endif

class Reached : public Base {
public:
    using Base::Base;

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        Base::testCaseStarting(info);
        for (auto& mutant : gradiva_mutation::reached) mutant = 0;
        name_ = info.name;
        file_ = info.lineInfo.file;
        start_ = std::chrono::steady_clock::now();
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        Base::testCaseEnded(stats);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
        const bool failed = stats.totals.assertions.failed > 0;
        gradiva_mutation::write_reached(failed ? "failed" : file_.c_str(), seconds.count(), name_.c_str());
    }

private:
    std::string name_, file_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace

CATCH_REGISTER_LISTENER(Reached)
