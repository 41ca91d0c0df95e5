#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_text.hpp"

namespace GRADIVA_NAMESPACE {

/// Which pieces a `StateReader` looks at.
enum class Compare {
    all,         ///< those that are state are restored, those that are fixed are compared
    fixed_only,  ///< nothing is restored
};

/// The visitor that restores from a `StateImage`: it writes the pieces that are state and compares those that are
/// fixed. Throws an `Error` that begins with `who` and names the path of the first piece that is not in the image, has
/// another type or size there, or is fixed and has another value; pieces visited before are changed then (see
/// `restore`).
class StateReader final : public State {
public:
    StateReader(std::string_view who, const StateImage& image, Episodes episodes = Episodes::kept,
                Compare compared = Compare::all)
        : State(compared == Compare::all, episodes), who_(who), image_(image),
          used_(image.arrays().size(), not_visited) {}

    /// Throws `Error` where the image has a piece that was not visited.
    void finish() const {
        for (const StateArray& array : image_.arrays()) {
            const Index used = used_[number_of(array)];
            require(used != not_visited, "{}: {} was saved and is not here; {}", who_, printable(array.path), mend);
            require(used == array.bytes, "{}: {} has more numbers where it was saved than here; {}", who_,
                    printable(array.path), mend);
        }
    }

private:
    static constexpr Index not_visited = -1;
    static constexpr const char* mend = "use the parts, options and callbacks of the program that saved";

    /// The path, of one of several objects with its numbers.
    std::string place() const {
        std::string text = path();
        for (const Index number : objects()) text += fmt::format("[{}]", number);
        return text;
    }

    /// Each has a number at least, but for objects without pieces.
    Index most_elements() const override { return std::max<Index>(most_elements_, 1000); }

    void visit(const StatePiece& visited) override {
        if (!restores() && !visited.fixed) return;
        const StateArray& array = array_of(path(), visited.type);
        StatePiece piece = visited;
        if (in_list()) {
            if (piece.resize != nullptr) read_sizes(piece);
        } else {
            check_shape(array, piece);
        }
        if (piece.fixed && piece.text) return compare_texts(take(array, piece.bytes()), piece.size(), visited);
        if (piece.fixed || piece.resize == nullptr) {
            require(piece.rows == visited.rows && piece.columns == visited.columns,
                    "{}: {} has {} numbers where it was saved and {} here; {}", who_, place(), piece.size(),
                    visited.size(), mend);
        }
        const std::byte* const saved = take(array, piece.bytes());
        if (piece.fixed) return compare(saved, piece);
        if (piece.type == Dtype::boolean) check_booleans(saved, piece.bytes());
        void* const data = piece.resize == nullptr ? piece.data : piece.resize(piece.object, piece.rows, piece.columns);
        if (piece.bytes() > 0) std::memcpy(data, saved, static_cast<std::size_t>(piece.bytes()));
    }

    /// Whether the piece is one of a callback of which nothing was saved.
    bool is_of_new_callback(std::string_view name) const {
        constexpr std::string_view all = "callbacks/";
        if (!name.starts_with(all)) return false;
        const std::string_view of_one = name.substr(0, name.find('/', all.size()) + 1);
        return std::none_of(image_.arrays().begin(), image_.arrays().end(),
                            [&](const StateArray& array) { return array.path.starts_with(of_one); });
    }

    const StateArray& array_of(const std::string& name, Dtype type) const {
        const StateArray* const array = image_.find(name);
        require(array != nullptr, "{}: {} was not saved{}; {}", who_, name,
                is_of_new_callback(name) ? ": its callback was added to the training" : "", mend);
        require(array->type == type, "{}: {} was saved as {} and is {} here; {}", who_, name, dtype_name(array->type),
                dtype_name(type), mend);
        return *array;
    }

    /// Sets the size of the piece to that of the image, which has the piece's rank.
    void check_shape(const StateArray& array, StatePiece& piece) const {
        require(static_cast<Index>(array.shape.size()) == piece.rank,
                "{}: {} was saved with {} dimensions and has {} here; {}", who_, path(), array.shape.size(), piece.rank,
                mend);
        if (piece.rank >= 1) piece.columns = array.shape[0];
        if (piece.rank == 2) piece.rows = array.shape[1];
        require(array.bytes == piece.bytes(), "{}: {} has {} bytes, not the {} of its shape", who_, path(), array.bytes,
                piece.bytes());
    }

    /// Sets the size of the piece to that of the next object of the list.
    void read_sizes(StatePiece& piece) {
        const std::string name = path() + ".size";
        Index sizes[] = {0, 1};
        const Index bytes = piece.rank * static_cast<Index>(sizeof(Index));
        std::memcpy(sizes, take(array_of(name, Dtype::i64), bytes), static_cast<std::size_t>(bytes));
        const Index most = image_.find(path())->size();
        require(sizes[0] >= 0 && sizes[1] >= 0 && (sizes[1] == 0 || sizes[0] <= most / sizes[1]),
                "{}: {} is {} x {}, of {}", who_, name, sizes[0], sizes[1], most);
        piece.columns = sizes[0];
        piece.rows = sizes[1];
    }

    std::size_t number_of(const StateArray& array) const {
        return static_cast<std::size_t>(&array - image_.arrays().data());
    }

    /// The next `bytes` bytes of the array.
    const std::byte* take(const StateArray& array, Index bytes) {
        Index& used = used_[number_of(array)];
        if (used == not_visited) used = 0;
        require(bytes <= array.bytes - used, "{}: {} ends before all objects here have read their part; {}", who_,
                array.path, mend);
        const std::byte* const data = array.data + used;
        used += bytes;
        return data;
    }

    void compare_texts(const std::byte* saved, Index size, const StatePiece& piece) const {
        const std::string_view there(reinterpret_cast<const char*>(saved), static_cast<std::size_t>(size));
        const std::string_view here(static_cast<const char*>(piece.data), static_cast<std::size_t>(piece.size()));
        if (there == here) return;
        fail("{}: {} is {} where it was saved and {} here; {}", who_, place(), printable(there), printable(here), mend);
    }

    void compare(const std::byte* saved, const StatePiece& piece) const {
        const auto* const here = static_cast<const std::byte*>(piece.data);
        const Index width = static_cast<Index>(dtype_bytes(piece.type));
        for (Index i = 0; i < piece.size(); ++i) {
            if (std::memcmp(saved + i * width, here + i * width, static_cast<std::size_t>(width)) == 0) continue;
            fail("{}: {}{} is {} where it was saved and {} here; {}", who_, place(),
                 piece.size() == 1 ? std::string() : fmt::format("[{}]", i), text_of(piece.type, saved + i * width),
                 text_of(piece.type, here + i * width), mend);
        }
    }

    void check_booleans(const std::byte* saved, Index count) const {
        for (Index i = 0; i < count; ++i) {
            require(static_cast<unsigned>(saved[i]) <= 1, "{}: {} is {}, not 0 or 1", who_, place(),
                    static_cast<unsigned>(saved[i]));
        }
    }

    static Index bytes_of(const StateImage& image) {
        Index bytes = 0;
        for (const StateArray& array : image.arrays()) bytes += array.bytes;
        return bytes;
    }

    std::string who_;
    const StateImage& image_;
    Index most_elements_ = bytes_of(image_);
    std::vector<Index> used_;  // bytes that were read of each array of the image
};

/// Restores a part from an image, wholly or not at all: when it throws, the part is as it was before, but for running
/// episodes where they are restarted, and unless its `visit_state` also throws on what it showed before. For the errors
/// see `StateReader`.
template <HasVisitState Part>
void restore(std::string_view who, const StateImage& image, Part& part, Episodes episodes = Episodes::kept) {
    const StateImage before = image_of(part, episodes);
    const auto read = [&](const StateImage& from) {
        StateReader reader(who, from, episodes);
        part.visit_state(reader);
        reader.finish();
    };
    CaughtException failure;
    if (!failure.attempt([&] { read(image); })) failure.attempt([&] { read(before); });
    failure.rethrow();
}

}  // namespace GRADIVA_NAMESPACE
