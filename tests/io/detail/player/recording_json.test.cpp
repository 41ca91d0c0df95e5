#include "gradiva/io/detail/player/recording_json.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "catch.hpp"

using namespace gradiva;
using gradiva::detail::recording_json;
using Json = nlohmann::json;

namespace {

struct Decoded {
    Json look;
    std::vector<int> numbers;
};

/// All frames, by the rules that the header states.
std::vector<std::vector<Decoded>> decoded(const Json& json) {
    std::vector<std::vector<Decoded>> frames;
    std::vector<Decoded> shapes;
    for (const Json& episode : json["episodes"]) {
        REQUIRE(episode["frames"].size() == episode["steps"].size());
        REQUIRE(episode["frames"].size() == episode["returns"].size());
        for (const Json& frame : episode["frames"]) {
            shapes.resize(frame[0].get<std::size_t>());
            for (std::size_t at = 1; at < frame.size();) {
                const auto code = frame[at++].get<std::size_t>();
                Decoded& shape = shapes.at(code / 2);
                const bool anew = code % 2 == 1;
                if (anew) {
                    shape.look = json["looks"][frame[at++].get<std::size_t>()];
                    const int kind = shape.look[0];
                    shape.numbers.assign(kind == 1 || kind == 3 ? 2 : 4, 0);
                }
                for (int& number : shape.numbers) number += frame[at++].get<int>();
            }
            frames.push_back(shapes);
        }
    }
    return frames;
}

/// A ball that moves, a line that stays, a text that changes, and every fifth step a rectangle.
Canvas picture(Index step) {
    Canvas canvas;
    canvas.view({.left = 0, .bottom = 0, .right = 4, .top = 2});
    canvas.line({0, 1}, {4, 1}, {.ink = Ink::muted, .width = 0.5});
    canvas.circle({2 + std::sin(0.1 * static_cast<double>(step)), 1}, 0.25,
                  {.fill = Ink::accent, .stroke = Ink::bad, .width = 0.1});
    canvas.text({0, 2}, "step " + std::to_string(step), {.size = 0.4, .ink = Ink::good, .align = Align::end});
    if (step % 5 == 0) canvas.rectangle({1, 0}, {2, 0.5});
    return canvas;
}

Recording made(Index episodes, Index length) {
    Recording recording{.name = "made", .seconds_per_step = 0.125};
    for (Index i = 0; i < episodes; ++i) {
        RecordedEpisode episode{
            .reward_sum = 0.5 * static_cast<double>(length), .length = length, .terminated = i == 0};
        for (Index step = 0; step <= length; ++step) {
            episode.frames.push_back(
                {.canvas = picture(step), .step = step, .reward_sum = 0.5 * static_cast<double>(step)});
        }
        recording.episodes.push_back(std::move(episode));
    }
    return recording;
}

}  // namespace

TEST_CASE("a recording's JSON says what was recorded") {
    const Recording recording = made(2, 12);
    const Json json = Json::parse(recording_json("test", recording));
    CHECK(json["version"] == 1);
    CHECK(json["name"] == "made");
    CHECK(json["width"] == 2000);
    CHECK(json["height"] == 1000);
    CHECK(json["seconds"] == 0.125);
    REQUIRE(json["episodes"].size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        const Json& episode = json["episodes"][i];
        CHECK(episode["return"] == 6);
        CHECK(episode["length"] == 12);
        CHECK(episode["terminated"] == (i == 0 ? 1 : 0));
        CHECK(episode["steps"] == Json({0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
        CHECK(episode["returns"][3] == 1.5);
    }
    const auto frames = decoded(json);
    REQUIRE(frames.size() == 26);
    for (std::size_t f = 0; f < 26; ++f) {
        const auto step = static_cast<Index>(f % 13);
        CAPTURE(f);
        REQUIRE(frames[f].size() == (step % 5 == 0 ? 4 : 3));
        CHECK(frames[f][0].look == Json({0, 0, 3, 1, 0, 250}));
        CHECK(frames[f][0].numbers == std::vector<int>{0, 500, 2000, 500});
        CHECK(frames[f][1].look == Json({1, 5, 8, 1, 125, 50}));
        const auto x = static_cast<int>(std::lround(500 * (2 + std::sin(0.1 * static_cast<double>(step)))));
        CHECK(frames[f][1].numbers == std::vector<int>{x, 500});
        CHECK(frames[f][2].look == Json({3, 7, 0, 2, 200, 0, "step " + std::to_string(step)}));
        CHECK(frames[f][2].numbers == std::vector<int>{0, 0});
        if (step % 5 == 0) CHECK(frames[f][3].numbers == std::vector<int>{500, 750, 1000, 1000});
    }
}

TEST_CASE("what does not change takes no room") {
    Recording recording = made(1, 0);
    for (Index step = 1; step <= 1000; ++step) {
        recording.episodes[0].frames.push_back({.canvas = picture(0), .step = step, .reward_sum = 0});
    }
    recording.episodes[0].length = 1000;
    CHECK(recording_json("test", recording).size() < 10'000);  // of which steps, returns and counts are 8000
}

TEST_CASE("a recording's JSON keeps to its limit: rounded more coarsely, then with fewer frames") {
    const Recording recording = made(3, 400);
    const std::string whole = recording_json("test", recording, 1'000'000);
    std::size_t before = whole.size();
    for (std::size_t limit = whole.size(); limit > 4000; limit = limit * 2 / 3) {
        const std::string text = recording_json("test", recording, limit);
        CHECK(text.size() <= limit);
        CHECK(text.size() <= before);
        before = text.size();
        const Json json = Json::parse(text);
        CHECK(json["width"].get<int>() >= 500);
        for (const Json& episode : json["episodes"]) {
            int last = 0;
            for (const Json& steps : episode["steps"]) last += steps.get<int>();
            CHECK(last == 400);  // the last picture is always there
            CHECK(episode["returns"].back() == 200);
        }
        const auto frames = decoded(json);
        CHECK(frames.back()[2].look[6] == "step 400");
    }
    CHECK_THROWS_WITH(recording_json("test", recording, 500),
                      ContainsText("test: two pictures of each of 3 episodes take"));
}

TEST_CASE("a long recording of many shapes takes at most 200 kB") {
    Recording recording{.name = "many"};
    for (int e = 0; e < 3; ++e) {
        RecordedEpisode episode{.length = 500};
        for (Index step = 0; step <= 500; ++step) {
            Canvas canvas;
            for (int i = 0; i < 60; ++i) {
                canvas.circle({std::sin(0.37 * static_cast<double>(step * (i + 1))),
                               std::cos(0.11 * static_cast<double>(step * i))},
                              0.01);
            }
            episode.frames.push_back({.canvas = canvas, .step = step});
        }
        recording.episodes.push_back(std::move(episode));
    }
    const std::string json = recording_json("test", recording);
    CHECK(json.size() <= 200'000);
    CHECK(json.size() > 100'000);  // as many frames as fit, by halves
}

TEST_CASE("names and texts of users can do no harm in a page's script") {
    Recording recording = made(1, 1);
    const std::string hostile = "</script><!-- \"quoted\" \\ & \n \x01 \xFF caf\xC3\xA9";
    recording.name = hostile;
    recording.episodes[0].frames[0].canvas.text({0, 0}, hostile);
    const std::string json = recording_json("test", recording);
    CHECK(json.find('<') == std::string::npos);
    const Json parsed = Json::parse(json);
    const std::string expected = "</script><!-- \"quoted\" \\ & \n \x01 \xEF\xBF\xBD caf\xC3\xA9";
    CHECK(parsed["name"] == expected);
    CHECK(decoded(parsed)[0][4].look[6] == expected);
}

TEST_CASE("pictures of another view fit into the first one's, as large as possible, in the middle") {
    Recording recording{.name = "zoom"};
    RecordedEpisode episode{.length = 2};
    for (const CanvasView& view : {CanvasView{0, 0, 2, 1}, CanvasView{10, 10, 14, 12}, CanvasView{-1, -1, 1, 1}}) {
        Canvas canvas;
        canvas.view(view);
        canvas.circle({view.left, view.top}, 0.25 * view.height());
        episode.frames.push_back({.canvas = canvas, .step = static_cast<Index>(episode.frames.size())});
    }
    recording.episodes.push_back(episode);
    const auto frames = decoded(Json::parse(recording_json("test", recording)));
    CHECK(frames[0][0].numbers == std::vector<int>{0, 0});
    CHECK(frames[1][0].numbers == std::vector<int>{0, 0});
    CHECK(frames[2][0].numbers == std::vector<int>{500, 0});
    for (const auto& frame : frames) CHECK(frame[0].look[4] == 250);
}

TEST_CASE("what lies far outside of the view has numbers of few digits") {
    Recording recording = made(1, 0);
    recording.episodes[0].frames[0].canvas.line({-1e300, 0}, {1e300, 2});
    const auto frames = decoded(Json::parse(recording_json("test", recording)));
    CHECK(frames[0].back().numbers == std::vector<int>{-1'000'000, 1000, 1'000'000, 0});
}

TEST_CASE("a recording without pictures, or with numbers that are not finite, is refused") {
    const auto refuses = [](const Recording& recording, const char* text) {
        CHECK_THROWS_WITH(recording_json("test", recording), ContainsText(text));
    };
    refuses({}, "test: the recording has no episodes");
    Recording recording = made(2, 2);
    recording.episodes[1].frames.clear();
    refuses(recording, "test: episode 1 of the recording has no pictures");
    for (const double bad :
         {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        recording = made(1, 1);
        recording.seconds_per_step = bad;
        refuses(recording, "test: seconds_per_step is");
    }
    recording = made(1, 1);
    recording.episodes[0].reward_sum = std::numeric_limits<double>::quiet_NaN();
    refuses(recording, "test: a return of episode 0 is not finite");
    recording = made(1, 1);
    recording.episodes[0].frames[1].reward_sum = std::numeric_limits<double>::infinity();
    refuses(recording, "test: a return of episode 0 is not finite");
    recording = made(1, 1);
    recording.episodes[0].frames[1].step = 0;
    refuses(recording, "test: episode 0 has a picture of step 0 after one of step 0");
}
