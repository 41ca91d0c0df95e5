#include "catch.hpp"

#include "gradiva/core/fixed_places.hpp"

using namespace gradiva;

namespace {

/// Counts those that live; cannot be moved.
struct Guest {
    explicit Guest(Index& living, int fails_at = 0) : living_(living) {
        if (living + 1 == fails_at) throw Error("no room");
        ++living_;
    }
    Guest(const Guest&) = delete;
    Guest& operator=(const Guest&) = delete;
    ~Guest() { --living_; }

private:
    Index& living_;
};

}  // namespace

TEST_CASE("elements keep their addresses") {
    FixedPlaces<double> places;
    places.grow_to(1);
    double* const first = &places[0];
    *first = 5;
    places.grow_to(100);
    CHECK(places.size() == 100);
    CHECK(&places[0] == first);
    CHECK(places[0] == 5);
    places.grow_to(10);
    CHECK(places.size() == 100);
    FixedPlaces<double> taken(std::move(places));
    CHECK(&taken[0] == first);
}

TEST_CASE("iteration follows the order of construction") {
    FixedPlaces<int> places;
    for (int i = 0; i < 5; ++i) places.emplace_back(i);
    int expected = 0;
    for (int& element : places) CHECK(element++ == expected++);
    CHECK(expected == 5);
    CHECK(places[4] == 5);
}

TEST_CASE("elements are destroyed with the array, also after a constructor threw") {
    Index living = 0;
    {
        FixedPlaces<Guest> places;
        for (int i = 0; i < 3; ++i) places.emplace_back(living);
        CHECK_THROWS_AS(places.emplace_back(living, 4), Error);
        CHECK(places.size() == 3);
        CHECK(living == 3);
        const FixedPlaces<Guest> taken(std::move(places));
        CHECK(taken.size() == 3);
    }
    CHECK(living == 0);
}

TEST_CASE("move assignment takes the elements over and ends those that were there") {
    Index living = 0;
    {
        FixedPlaces<Guest> places, others;
        for (int i = 0; i < 3; ++i) places.emplace_back(living);
        for (int i = 0; i < 2; ++i) others.emplace_back(living);
        Guest* const first = &others[0];
        places = std::move(others);
        CHECK(places.size() == 2);
        CHECK(&places[0] == first);
    }
    CHECK(living == 0);
}
