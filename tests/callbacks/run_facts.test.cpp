#include "gradiva/callbacks/run_facts.hpp"

#include <cmath>
#include <cstdint>
#include <string>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("the facts of a run are those of its description") {
    Description d;
    d.set("options/horizon", std::int64_t{32});
    d.set("environments/count", std::int64_t{8});
    d.set("update/options/epochs", std::int64_t{20});
    d.set("update/options/minibatch", std::int64_t{100});
    d.set("advantage/gamma", 0.98);
    d.set("advantage/lambda", 0.8);
    d.set("options/sequence", std::int64_t{16});
    d.set("actor/distribution/type", std::string("Categorical"));
    d.set("actor/network/normalize_observations", true);
    RunFacts facts = RunFacts::of(d);
    CHECK(facts.horizon == 32);
    CHECK(facts.environments == 8);
    CHECK(facts.updates == 60);
    CHECK(facts.gamma == 0.98);
    CHECK(facts.lambda == 0.8);
    CHECK(std::isnan(facts.sequence));
    CHECK(facts.continuous == 0);
    CHECK(facts.normalizes_observations);

    d.set("actor/network/networks/1/type", std::string("Lstm"));
    d.set("update/options/minibatch", std::string("all"));
    d.set("actor/distribution/type", std::string("SquashedGaussian"));
    d.set("environments/action_space/size", std::int64_t{3});
    facts = RunFacts::of(d);
    CHECK(facts.sequence == 16);
    CHECK(facts.updates == 20);
    CHECK(facts.continuous == 1);
    CHECK(facts.action_size == 3);
    d.set("options/sequence", std::int64_t{0});
    CHECK(RunFacts::of(d).sequence == 32);
}

TEST_CASE("facts that no description tells are unknown") {
    const RunFacts facts = RunFacts::of({});
    for (const double fact : {facts.horizon, facts.environments, facts.updates, facts.gamma, facts.continuous})
        CHECK(std::isnan(fact));
    CHECK(facts.lambda == 1);
    Description d;
    d.set("options/horizon", std::int64_t{0});
    CHECK(std::isnan(RunFacts::of(d).horizon));
}
