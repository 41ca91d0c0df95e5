#include "gradiva/io/report.hpp"

#include "catch.hpp"

#include <array>
#include <filesystem>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using gradiva_test::TemporaryFolder;
using Json = nlohmann::json;

namespace {

using Limited = TimeLimit<CartPole>;

/// What a report asks of a trainer.
template <class A>
struct SmallTrainer {
    const A& actor() const { return *given; }
    const A* given;
};

Progress progress_of(Index iteration) {
    Progress progress;
    progress.iteration = iteration;
    progress.steps = 100 * iteration;
    progress.seconds = 1.0;
    progress.mean_return = static_cast<double>(iteration * iteration);
    return progress;
}

Json data_of(const std::string& path) {
    const std::string page = gradiva_test::read_text(path), begin = "id=\"data\">";
    const std::size_t at = page.find(begin) + begin.size();
    return Json::parse(page.substr(at, page.find("</script>", at) - at));
}

/// Iterations `first` to `last` of a training with this report.
template <class R, class... Trainer>
void train(R& report, Index first, Index last, Stop why, const Trainer&... trainer) {
    Progress progress = progress_of(first - 1);
    Run run("PpoClip", progress);
    report.on_start(run);
    for (Index i = first; i <= last; ++i) {
        progress = progress_of(i);
        report(progress, trainer...);
    }
    report.on_stop(run, why);
}

/// A cart that measures its episodes: twice their steps.
struct Measured : CartPole {
    static constexpr std::array<std::string_view, 1> metric_names = {"twice"};
    void reset(Rng& rng, std::span<float> observation) {
        CartPole::reset(rng, observation);
        twice = 0;
    }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        twice += 2;
        return CartPole::step(action, rng, observation);
    }
    void metrics(std::span<double> values) const { values[0] = twice; }
    double twice = 0;
};

/// An environment whose simulator is gone.
struct Broken : CartPole {
    Outcome step(int, Rng&, std::span<float>) { throw std::runtime_error("the simulator is gone"); }
};

}  // namespace

TEST_CASE("a report shows the training that it was given to") {
    const TemporaryFolder folder("report");
    Report report(folder / "report.html", {.title = "Mine"});
    train(report, 1, 5, Stop::steps);
    CHECK(folder.names() == std::set<std::string>{"report.html"});
    CHECK(gradiva_test::read_text(folder / "report.html").find("<title>Mine</title>") != std::string::npos);
    const Json data = data_of(folder / "report.html");
    CHECK(data["runs"][0]["name"] == "PpoClip");
    CHECK(data["runs"][0]["rows"] == 5);
    CHECK(data["runs"][0]["final"] == 25);
    CHECK(data["runs"][0]["notes"].empty());
    CHECK(data["groups"][0]["options"]["algorithm"] == "PpoClip");
    CHECK(!data["runs"][0].contains("evaluation"));
    CHECK(report.run().series.table().rows() == 5);
}

TEST_CASE("a report of a training that ended early says so") {
    const TemporaryFolder folder("report");
    Report report(folder / "report.html");
    train(report, 1, 3, Stop::exception);
    CHECK(data_of(folder / "report.html")["runs"][0]["notes"][0] == "An error ended the training after iteration 3.");
    train(report, 4, 6, Stop::callback);
    const Json data = data_of(folder / "report.html");
    CHECK(data["runs"][0]["notes"] == Json({"A callback ended the training after iteration 6."}));
    CHECK(data["runs"][0]["rows"] == 6);
}

TEST_CASE("a report evaluates the actor in its environment and plays episodes") {
    const TemporaryFolder folder("report");
    const Limited cart_pole(CartPole{}, 30);
    const Vectorized envs(cart_pole, {.count = 1, .seed = 1});
    const Actor actor(envs, Mlp{.hidden = {4}});
    const SmallTrainer<Actor<MlpNetwork<float>, Categorical<float>>> trainer{&actor};
    Report report(folder / "report.html", cart_pole, {.episodes = 5, .played = 2, .seed = 3});
    train(report, 1, 2, Stop::steps, trainer);
    Json run = data_of(folder / "report.html")["runs"][0];
    CHECK(run["evaluation"]["mean"] == evaluate(actor, cart_pole, {.episodes = 5, .seed = 3}).mean_return);
    CHECK(run["evaluation"]["episodes"] == 5);
    CHECK(run["recording"]["episodes"].size() == 2);
    train(report, 3, 4, Stop::exception, trainer);
    run = data_of(folder / "report.html")["runs"][0];
    CHECK(!run.contains("evaluation"));
    CHECK(!run.contains("recording"));
    Report unplayed(folder / "report.html", cart_pole, {.episodes = 5, .played = 0});
    train(unplayed, 1, 2, Stop::steps, trainer);
    run = data_of(folder / "report.html")["runs"][0];
    CHECK(run.contains("evaluation"));
    CHECK(!run.contains("recording"));
    CHECK(run["evaluation"]["metrics"].empty());
    const TimeLimit measured_cart(Measured{}, 30);
    Report measured(folder / "report.html", measured_cart, {.episodes = 5, .played = 0});
    train(measured, 1, 2, Stop::steps, trainer);
    run = data_of(folder / "report.html")["runs"][0];
    CHECK(run["evaluation"]["metrics"]["twice"] == 2 * run["evaluation"]["mean"].get<double>());
    Report made(folder / "report.html", [&](Index) { return cart_pole; }, {.episodes = 5, .played = 1, .seed = 3});
    train(made, 1, 2, Stop::steps, trainer);
    run = data_of(folder / "report.html")["runs"][0];
    CHECK(run["evaluation"]["mean"] == evaluate(actor, cart_pole, {.episodes = 5, .seed = 3}).mean_return);
    CHECK(run["recording"]["episodes"].size() == 1);
}

TEST_CASE("a report whose evaluation or recording fails is written and says so") {
    const TemporaryFolder folder("report");
    const Limited cart_pole(CartPole{}, 30);
    const Vectorized envs(cart_pole, {.count = 1, .seed = 1});
    const Actor actor(envs, Mlp{.hidden = {4}});
    const SmallTrainer<Actor<MlpNetwork<float>, Categorical<float>>> trainer{&actor};
    Report endless(folder / "report.html", cart_pole, {.most_steps_per_episode = 3});
    train(endless, 1, 2, Stop::steps, trainer);
    Json run = data_of(folder / "report.html")["runs"][0];
    CHECK(!run.contains("evaluation"));
    CHECK(!run.contains("recording"));
    REQUIRE(run["notes"].size() == 1);
    CHECK_THAT(run["notes"][0].get<std::string>(),
               ContainsText("The evaluation failed: evaluate: environment 0 has not ended its episode after 3 steps"));
    Report broken(folder / "report.html", Broken{});
    train(broken, 1, 2, Stop::callback, trainer);
    run = data_of(folder / "report.html")["runs"][0];
    CHECK(run["notes"] ==
          Json({"A callback ended the training after iteration 2.", "The evaluation failed: the simulator is gone"}));
}

TEST_CASE("a report whose evaluation fails does not cost the training its checkpoint") {
    const TemporaryFolder folder("report");
    const Limited cart_pole(CartPole{}, 30);
    Vectorized envs(cart_pole, {.count = 3, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.9}, {.horizon = 16, .minibatch = 16, .epochs = 1});
    Report report(folder / "report.html", Broken{});
    CHECK(trainer.train({.steps = 96}, Checkpoint(folder / "run.safetensors"), report).iteration == 2);
    CHECK(std::filesystem::exists(folder / "run.safetensors"));
    CHECK(data_of(folder / "report.html")["runs"][0]["rows"] == 2);
}

TEST_CASE("a report without an iteration writes no file") {
    const TemporaryFolder folder("report");
    Report report(folder / "report.html");
    train(report, 1, 0, Stop::callback);
    CHECK(folder.names().empty());
}

TEST_CASE("a report that cannot be written is an error before the training, and one that can leaves the former file") {
    const TemporaryFolder folder("report");
    const Progress progress;
    const Run run("PpoClip", progress);
    CHECK_THROWS_WITH(Report(folder / "none/report.html").on_start(run), ContainsText("cannot open"));
    CHECK_THROWS_WITH(Report(folder.path()).on_start(run), ContainsText("it is a folder"));
    gradiva_test::write_text(folder / "report.html", "former");
    Report(folder / "report.html").on_start(run);
    CHECK(gradiva_test::read_text(folder / "report.html") == "former");
    CHECK(folder.names() == std::set<std::string>{"report.html"});
}

TEST_CASE("a report of a resumed training shows all of it") {
    const TemporaryFolder folder("report");
    Report saved(folder / "saved.html"), restored(folder / "restored.html");
    train(saved, 1, 3, Stop::callback);
    train(restored, 1, 7, Stop::callback);
    restore("test", image_of(saved), restored);
    train(saved, 4, 6, Stop::steps);
    train(restored, 4, 6, Stop::steps);
    CHECK(data_of(folder / "restored.html") == data_of(folder / "saved.html"));
    CHECK(data_of(folder / "restored.html")["runs"][0]["rows"] == 6);
}

TEST_CASE("options of a report out of range are refused") {
    const Limited cart_pole(CartPole{}, 30);
    CHECK_THROWS_WITH(Report("report.html", cart_pole, {.episodes = 0, .played = 0}), ContainsText("episodes is 0"));
    CHECK_THROWS_WITH(Report("report.html", cart_pole, {.episodes = 2}), ContainsText("played is 3"));
    CHECK_THROWS_WITH(Report("report.html", cart_pole, {.played = -1}), ContainsText("played is -1"));
    CHECK_THROWS_WITH(Report("report.html", cart_pole, {.most_steps_per_episode = 0}),
                      ContainsText("most_steps_per_episode is 0"));
}
