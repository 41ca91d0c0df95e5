#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/namespace.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/state_image.hpp"

namespace GRADIVA_NAMESPACE {

/// A copy of the state of an object in one buffer, to be taken often: once sizes have settled, `take` allocates
/// nothing. `image` makes the named arrays of it.
class StateSnapshot {
public:
    /// Copies the state of what `visit(State&)` visits; replaces the former copy. When `visit` throws, there is none.
    template <class Visit>
    void take(const Visit& visit) {
        clear();
        if (taker_ == nullptr) taker_ = std::make_unique<Taker>();
        taker_->to = this;
        undo_unless_done([&] { visit(*taker_); }, [&] { taker_.reset(); });  // which may stand within a path
        is_taken_ = true;
    }

    /// Forgets the copy, and keeps its memory.
    void clear() {
        count_ = 0;
        bytes_ = 0;
        is_taken_ = false;
    }

    bool is_taken() const { return is_taken_; }
    /// Numbers and their sizes, without names.
    Index bytes() const { return bytes_; }

    /// The copy as named arrays, with memory of their own.
    StateImage image() const {
        StateImage image;
        StateImageBuilder builder(image);
        for (Index i = 0; i < count_; ++i) {
            const Entry& entry = entries_[to_size(i)];
            StatePiece piece = entry.piece;
            piece.data = const_cast<std::byte*>(memory_.data()) + entry.begin;  // which is only read
            builder.add(entry.path, piece, entry.in_list);
        }
        return image;
    }

private:
    struct Entry {
        std::string path;
        StatePiece piece;  // `data` is not used
        bool in_list = false;
        Index begin = 0;  // of its numbers in the memory
    };

    class Taker final : public State {
    public:
        Taker() : State(false, Episodes::kept) {}
        StateSnapshot* to = nullptr;

    private:
        void visit(const StatePiece& piece) override { to->add(path(), piece, in_list()); }
    };

    void add(const std::string& path, const StatePiece& piece, bool in_list) {
        if (count_ == static_cast<Index>(entries_.size())) entries_.emplace_back();
        Entry& entry = entries_[to_size(count_++)];
        entry.path = path;
        entry.piece = piece;
        entry.piece.in_place = false;
        entry.in_list = in_list;
        entry.begin = bytes_;
        bytes_ += piece.bytes();
        if (static_cast<Index>(memory_.size()) < bytes_) memory_.resize(to_size(bytes_));
        if (piece.bytes() > 0) std::memcpy(memory_.data() + entry.begin, piece.data, to_size(piece.bytes()));
    }

    std::unique_ptr<Taker> taker_;  // kept, for the memory of its paths
    std::vector<Entry> entries_;
    Index count_ = 0;  // entries in use
    std::vector<std::byte> memory_;
    Index bytes_ = 0;  // in use
    bool is_taken_ = false;
};

}  // namespace GRADIVA_NAMESPACE
