// A saved policy plays: whatever file an example wrote by --save or --checkpoint, in any environment of the library.
//
//   cartpole_ppo_clip --save cartpole.safetensors
//   play_policy cartpole.safetensors --env CartPole --episodes 100 --seed 1
//   play_policy cartpole.safetensors --env CartPole --watch cartpole.html    # or .svg, or - for this terminal
// The program knows nothing of the policy's network or of how it was trained; all of that is in the file. With the seed
// of the training it prints the same last line.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <gradiva/io/html_player.hpp>
#include <gradiva/io/record_episodes.hpp>
#include <gradiva/io/saved_policy.hpp>
#include <gradiva/io/svg.hpp>
#include <gradiva/io/terminal_player.hpp>
#include <limits>
#include <string>
#include <vector>

#include "environments.hpp"
#include "files.hpp"
#include "numbers.hpp"
#include "program.hpp"

namespace {

struct Options {
    std::string file = {}, env = {}, part = "actor", watch = {};
    gradiva::Index episodes = 100;
    std::uint64_t seed = 1;
    bool sampled = false;
};

/// Takes "-" and paths of .html and .svg where a file can be written.
CLI::Validator place_of_pictures() {
    const auto check = [](const std::string& path) -> std::string {
        if (path == "-") return {};
        if (!path.ends_with(".html") && !path.ends_with(".svg"))
            return fmt::format("'{}' is neither a .html nor a .svg file, nor -", path);
        std::string file = path;
        return example::writable_file()(file);
    };
    return {check, "FILE.html, FILE.svg or -"};
}

Options read_options(int argc, char** argv) {
    Options options;
    std::vector<std::string> names;
    example::for_each_environment([&](const char* name, const auto&) { names.push_back(name); });
    CLI::App app("A saved policy plays in an environment of the library");
    app.option_defaults()->always_capture_default();
    app.add_option("FILE", options.file, "what --save or --checkpoint wrote")->required();
    app.add_option("--env", options.env, "the environment that it was trained in")
        ->required()
        ->check(CLI::IsMember(names));
    app.add_option("--episodes", options.episodes, "whose returns are averaged")
        ->check(example::whole_number<gradiva::Index>(1, 1'000'000'000));
    app.add_option("--seed", options.seed, "names all random numbers")
        ->check(example::whole_number<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()));
    app.add_option("--part", options.part, "of a checkpoint: actor, or best_actor where the training kept it");
    app.add_option("--watch", options.watch,
                   "show three episodes: in a page that plays them, in an animated picture, or in this terminal (-)")
        ->check(place_of_pictures());
    app.add_flag("--sampled", options.sampled, "sample actions, in place of the most probable ones");
    example::parse(app, argc, argv);
    return options;
}

/// Shows the first of the episodes.
template <class E>
void watch(const gradiva::SavedPolicy& policy, const E& env, const Options& options) {
    if constexpr (!gradiva::HasRender<E>) {
        gradiva::fail("play_policy: {} draws no pictures; give it void render(Canvas&) const, or leave out --watch",
                      options.env);
    } else {
        const gradiva::Recording recording = record_episodes(policy, env,
                                                             {.episodes = std::min<gradiva::Index>(3, options.episodes),
                                                              .greedy = !options.sampled,
                                                              .seed = options.seed,
                                                              .name = options.env});
        if (options.watch == "-") {
            gradiva::TerminalPlayer().play(recording);
        } else if (options.watch.ends_with(".svg")) {
            write_svg(options.watch, recording);
        } else {
            write_html_player(options.watch, recording);
        }
    }
}

template <class E>
void play(const gradiva::SavedPolicy& policy, const E& env, const Options& options) {
    const gradiva::Spaces spaces{env.observation_space(), env.action_space(), gradiva::HasActionMask<E>};
    gradiva::require(policy.spaces() == spaces,
                     "play_policy: '{}' is a policy for other observations or actions than those of {}; give the "
                     "environment that it was trained in",
                     options.file, options.env);
    if (!options.watch.empty()) watch(policy, env, options);
    const gradiva::Evaluation worth = policy.with_actor([&](const auto& actor) {
        return evaluate(actor, env, {.episodes = options.episodes, .greedy = !options.sampled, .seed = options.seed});
    });
    fmt::print("{}\n", worth);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    return example::run([&] {
        const gradiva::SavedPolicy policy(options.file, {.part = options.part});
        example::for_each_environment([&](const char* name, const auto& env) {
            if (name == options.env) play(policy, env, options);
        });
    });
}
