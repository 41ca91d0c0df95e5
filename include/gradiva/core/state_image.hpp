#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/visit_part.hpp"

namespace GRADIVA_NAMESPACE {

/// An array of numbers of a `StateImage`, row-major.
struct StateArray {
    std::string path = {};
    Dtype type = Dtype::f64;
    bool fixed = false;               ///< saved for comparison only
    std::vector<Index> shape = {};    ///< no element: a single number
    const std::byte* data = nullptr;  ///< of the numbers, in `own` or elsewhere; not aligned
    Index bytes = 0;                  ///< of the numbers
    std::vector<std::byte> own = {};

    Index size() const { return bytes / static_cast<Index>(dtype_bytes(type)); }
};

/// The state of an object as named arrays, in the order in which they were visited. A matrix of r rows and c columns,
/// stored column after column, has the shape (c, r). Of k objects of one kind (`State::each`) an array has the shape
/// (k, shape of one); of pieces that can be resized it is flat, and the array NAME.size has the sizes of each.
class StateImage {
public:
    StateImage() = default;
    StateImage(StateImage&&) = default;
    StateImage& operator=(StateImage&&) = default;

    const std::vector<StateArray>& arrays() const { return arrays_; }

    /// The array of this path, or null.
    const StateArray* find(const std::string& path) const {
        const auto found = places_.find(path);
        return found == places_.end() ? nullptr : &arrays_[found->second];
    }

    /// The array of this path; an empty one is appended where there is none.
    StateArray& at(const std::string& path) {
        const auto [place, is_new] = places_.try_emplace(path, arrays_.size());
        if (is_new) arrays_.push_back({.path = path});
        return arrays_[place->second];
    }

private:
    std::vector<StateArray> arrays_;
    std::unordered_map<std::string, std::size_t> places_;
};

/// What a `StateWriter` does with the numbers of `Buffer` and `MatrixBuffer`: to refer to them where they are serves an
/// image that is used before training goes on. All others are copied.
enum class ImageMemory { copied, referred_to };

/// Appends pieces to a `StateImage`, which begins empty.
class StateImageBuilder {
public:
    explicit StateImageBuilder(StateImage& image, ImageMemory memory = ImageMemory::copied)
        : image_(image), memory_(memory) {}

    /// A piece of this path; `in_list`: of one of several objects, whose numbers are stored behind each other.
    void add(const std::string& path, const StatePiece& piece, bool in_list) {
        if (in_list) return append(path, piece);
        require(image_.find(path) == nullptr, "{} is the name of two pieces of state; give each its own", path);
        StateArray& array = begin(path, piece);
        append_shape(array, piece);
        if (piece.in_place && memory_ == ImageMemory::referred_to) {
            array.data = static_cast<const std::byte*>(piece.data);
            array.bytes = piece.bytes();
        } else {
            append_bytes(array, piece.data, piece.bytes());
        }
    }

private:
    /// A piece of one of several objects.
    void append(const std::string& path, const StatePiece& piece) {
        StateArray& array = begin(path, piece);
        const bool has_sizes = piece.resize != nullptr;
        require(
            array.shape.empty() || has_sizes || array.bytes == array.shape[0] * piece.bytes(),
            "{} has {} numbers in one object and another number in the one before; what has no resize needs one size",
            path, piece.size());
        if (array.shape.empty()) {
            array.shape.push_back(0);
            if (!has_sizes) append_shape(array, piece);
        }
        array.shape[0] += has_sizes ? piece.size() : 1;
        append_bytes(array, piece.data, piece.bytes());
        if (has_sizes) append_sizes(path, piece);
    }

    void append_sizes(const std::string& path, const StatePiece& piece) {
        StateArray& array = image_.at(path + ".size");
        array.type = Dtype::i64;
        array.fixed = piece.fixed;
        if (array.shape.empty()) {
            array.shape = {0};
            if (piece.rank == 2) array.shape.push_back(2);
        }
        ++array.shape[0];
        const Index sizes[] = {piece.columns, piece.rows};
        append_bytes(array, sizes, piece.rank * static_cast<Index>(sizeof(Index)));
    }

    StateArray& begin(const std::string& path, const StatePiece& piece) {
        StateArray& array = image_.at(path);
        require(array.data == nullptr || array.type == piece.type,
                "{} has two types; give each piece a name of its own", path);
        array.type = piece.type;
        array.fixed = piece.fixed;
        return array;
    }

    static void append_shape(StateArray& array, const StatePiece& piece) {
        if (piece.rank >= 1) array.shape.push_back(piece.columns);
        if (piece.rank == 2) array.shape.push_back(piece.rows);
    }

    static void append_bytes(StateArray& array, const void* data, Index bytes) {
        const auto* const begin = static_cast<const std::byte*>(data);
        array.own.insert(array.own.end(), begin, begin + bytes);
        array.data = array.own.data();
        array.bytes = static_cast<Index>(array.own.size());
    }

    StateImage& image_;
    ImageMemory memory_;
};

/// The visitor that writes to a `StateImage`, which begins empty.
class StateWriter final : public State {
public:
    explicit StateWriter(StateImage& image, Episodes episodes = Episodes::kept,
                         ImageMemory memory = ImageMemory::copied)
        : State(false, episodes), builder_(image, memory) {}

private:
    void visit(const StatePiece& piece) override { builder_.add(path(), piece, in_list()); }

    StateImageBuilder builder_;
};

/// The state of a part; `part` has a `visit_state`.
template <HasVisitState Part>
StateImage image_of(Part& part, Episodes episodes = Episodes::kept) {
    static_assert(explain_saved<Part>());
    StateImage image;
    StateWriter writer(image, episodes);
    part.visit_state(writer);
    return image;
}

}  // namespace GRADIVA_NAMESPACE
