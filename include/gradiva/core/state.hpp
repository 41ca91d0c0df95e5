#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/detail/state_types.hpp"

namespace GRADIVA_NAMESPACE {

class State;

/// A type whose objects show their state to a visitor, by `void visit_state(State& state)`; see `State`.
template <class T>
concept HasVisitState = requires(T& part, State& state) {
    { part.visit_state(state) } -> std::same_as<void>;
};

/// Whether a type has a public member of this name, of whatever form: one of a wrong form would be ignored.
template <class T>
concept MentionsVisitState = requires {
    &T::visit_state;
}
|| requires(T& part, State& state) { part.visit_state(state); };

/// Whether `visit_state` is that of a base class, which knows nothing of members that T adds or may add.
template <class T>
concept InheritsVisitState = requires {
    typename detail::MemberOf<decltype(&T::visit_state)>::Type;
    requires !std::same_as<typename detail::MemberOf<decltype(&T::visit_state)>::Type, T>;
    requires(sizeof(T) > sizeof(typename detail::MemberOf<decltype(&T::visit_state)>::Type) ||
             detail::ends_with_padding<typename detail::MemberOf<decltype(&T::visit_state)>::Type>);
};

/// A type that says by `static constexpr bool saved_as_bytes = true` that the bytes of its objects are their whole
/// state. It must be trivially copyable and hold no pointers.
template <class T>
concept SavedAsBytes = requires {
    requires std::bool_constant<T::saved_as_bytes>::value;
};

/// What becomes of episodes that run when state is saved.
enum class Episodes {
    kept,       ///< they are saved with their environments, and go on
    restarted,  ///< they are not saved, and every environment starts with a reset; for environments without
                ///< `visit_state`
};

/// A visitor of the state of objects: one function of each class names its pieces, and that function serves to save,
/// restore, compare and hash them.
///
///   void visit_state(State& state) {
///       state("position", position_);           // state: saved and restored
///       state("episode/steps", steps_);
///       state("model", model_);                 // a member with a visit_state of its own
///       state.fixed("mass", mass_);             // what an equal program has: saved, and compared
///   }
///
/// Pieces are numbers, enumerations, `bool`, `std::string`, `std::array`, `std::vector`, `std::span`, `std::optional`,
/// Eigen matrices, `Buffer`, `MatrixBuffer`, and objects with `visit_state` or `saved_as_bytes`. What has `resize` is
/// resized to what was saved; all else must have its size. A `Buffer` or `MatrixBuffer` is a member: it is referred to
/// after the visit. Names join to paths, such as "critic/optimizer/step". A name
/// is used once, but within `each`. Objects may be visited while they train nothing, from one thread.
class State {
public:
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    /// A piece that is saved and restored: an lvalue, or a `std::span` of numbers.
    template <class T>
    void operator()(std::string_view name, T&& value) {
        static_assert(detail::can_be_restored<T>,
                      "gradiva: a piece of state is a member that can be restored, not const and no temporary; what "
                      "never changes is shown by state.fixed(name, value)");
        within(name, [&] { visit_value(value); });
    }

    /// A piece that is saved, and compared where state is restored: options, sizes, spaces. All pieces of an object
    /// with `visit_state` are compared then.
    template <class T>
    void fixed(std::string_view name, const T& value) {
        within(name, [&] { visit_fixed(value); });
    }
    void fixed(std::string_view name, const char* text) { fixed(name, std::string_view(text)); }

    /// A piece that descriptions alone have, such as the name of a type: it is not saved, and not compared.
    template <class T>
    void described(std::string_view name, const T& value) {
        if (describes_) fixed(name, value);
    }

    /// For a visitor that describes: one value that stands for all pieces of the object that is visited, such as the
    /// text of a schedule.
    template <class T>
    void describe_as(const T& value) {
        visit_fixed(value);
    }

    /// Calls `visit(i)` for i = 0, ..., count - 1, the state of `count` objects of one kind, which must give the same
    /// names. Numbers of one name are stored behind each other, as one array.
    template <class Visit>
    void each(std::string_view name, Index count, const Visit& visit) {
        within(name, [&] {
            objects_.push_back(0);
            for (Index i = 0; i < count; ++i) {
                objects_.back() = i;
                visit(i);
            }
            objects_.pop_back();
        });
    }

    /// Calls `visit()`; the names of its pieces begin with `name`.
    template <class Visit>
    void within(std::string_view name, const Visit& visit) {
        const std::size_t before = path_.size();
        if (before > 0) path_ += '/';
        path_ += name;
        visit();
        path_.resize(before);
    }

    /// Whether this visitor changes the objects to what was saved; others leave them alone.
    bool restores() const { return restores_; }
    /// Whether this visitor keeps only what is fixed, to say what the objects are (see `description_of`).
    bool describes() const { return describes_; }
    /// Whether the state of running episodes is left out, so that objects which restore have to begin new ones.
    bool restarts_episodes() const { return episodes_ == Episodes::restarted; }

    /// To be called by the state of a schedule that is not constant.
    void note_varying_schedule() {
        if (varying_schedule_.empty()) varying_schedule_ = path_;
    }
    /// The path of the first schedule that is not constant; empty if all are.
    const std::string& varying_schedule() const { return varying_schedule_; }

protected:
    State(bool restores, Episodes episodes, bool describes = false)
        : restores_(restores), describes_(describes), episodes_(episodes) {}
    virtual ~State() = default;

    /// The path of the piece that is visited.
    const std::string& path() const { return path_; }
    /// How many objects a list may have: a number that was read may be anything.
    virtual Index most_elements() const { return std::numeric_limits<Index>::max(); }
    /// Whether the piece belongs to one of several objects, whose numbers are stored behind each other.
    bool in_list() const { return !objects_.empty(); }
    /// The numbers of these objects, of the outermost list first.
    const std::vector<Index>& objects() const { return objects_; }

private:
    virtual void visit(const StatePiece& piece) = 0;

    template <class T>
    void visit_numbers(T* data, StatePiece piece);
    template <class T>
    void visit_bytes(T& value);
    template <class T>
    void visit_container(T& value);
    template <class T>
    void visit_optional(T& value);
    template <class T>
    void visit_elements(T& value);
    template <class T>
    void visit_value(T& value);
    template <class T>
    void visit_fixed(const T& value) {
        const bool before = std::exchange(fixed_, true);
        visit_value(const_cast<T&>(value));
        fixed_ = before;
    }

    const bool restores_;
    const bool describes_;
    const Episodes episodes_;
    std::string path_;
    std::string varying_schedule_;
    std::vector<Index> objects_;
    bool fixed_ = false;
};

template <class T>
void State::visit_numbers(T* data, StatePiece piece) {
    piece.type = detail::state_dtype<T>();
    piece.data = data;
    piece.fixed = fixed_;
    piece.text = std::same_as<T, char>;
    if constexpr (std::is_enum_v<T>) piece.enumerator = detail::enumerator_at<T>;
    piece.in_place = piece.in_place && !fixed_;
    visit(piece);
}

template <class T>
void State::visit_bytes(T& value) {
    static_assert(std::is_trivially_copyable_v<T>,
                  "gradiva: saved_as_bytes is for trivially copyable types; give this one void visit_state(State&)");
    visit_numbers(reinterpret_cast<std::uint8_t*>(&value), {.rank = 1, .columns = static_cast<Index>(sizeof(T))});
}

template <class T>
void State::visit_container(T& value) {
    StatePiece piece{.rank = 1, .in_place = detail::stays_in_place<T>, .object = &value};
    if constexpr (detail::NumberMatrix<T>) {
        piece.rank = 2;
        piece.rows = static_cast<Index>(value.rows());
        piece.columns = static_cast<Index>(value.cols());
        if constexpr (requires { value.outerStride(); }) {
            static_assert(!T::IsRowMajor || T::IsVectorAtCompileTime,
                          "gradiva: a matrix that is saved has its columns one after the other");
            require(value.innerStride() == 1 && (value.outerStride() == value.innerSize() || value.outerSize() <= 1),
                    "{}: a part of a matrix has gaps; show the whole, or a copy of the part", path_);
        }
    } else {
        piece.columns = static_cast<Index>(value.size());
    }
    if constexpr (detail::is_resizable<T>) piece.resize = detail::resize_container<T>;
    visit_numbers(const_cast<std::remove_const_t<detail::ElementOf<T>>*>(value.data()), piece);
}

template <class T>
void State::visit_optional(T& value) {
    bool present = value.has_value();
    (*this)("present", present);
    if (present && !value) value.emplace();
    if (!present) value.reset();
    if (present) (*this)("value", *value);
}

template <class T>
void State::visit_elements(T& value) {
    using Size = decltype(value.size());
    auto count = static_cast<Index>(value.size());
    if constexpr (detail::is_resizable<T>) {
        (*this)("count", count);
        require(count >= 0 && count <= most_elements(), "{} has {} elements, more than was saved of them", path_,
                count);
        if (count != static_cast<Index>(value.size())) value.resize(static_cast<Size>(count));
    }
    each("elements", count, [&](Index i) { visit_value(value[static_cast<Size>(i)]); });
}

template <class T>
void State::visit_value(T& value) {
    static_assert(!(SavedAsBytes<T> && HasVisitState<T>),
                  "gradiva: a type has visit_state or saved_as_bytes, not both: say which is its whole state");
    static_assert(!InheritsVisitState<T>,
                  "gradiva: this class inherits the visit_state of one that does not know its members; give it void "
                  "visit_state(State&) that calls the inherited one and shows its own");
    if constexpr (detail::StateNumber<T>) {
        visit_numbers(&value, {});
    } else if constexpr (HasVisitState<T>) {
        value.visit_state(*this);
    } else if constexpr (SavedAsBytes<T>) {
        visit_bytes(value);
    } else if constexpr (detail::NumberMatrix<T> || detail::NumberArray<T>) {
        visit_container(value);
    } else if constexpr (std::is_array_v<T>) {
        std::span elements(value);
        visit_value(elements);
    } else if constexpr (detail::is_optional<T>) {
        visit_optional(value);
    } else if constexpr (detail::Elements<T>) {
        visit_elements(value);
    } else {
        static_assert(HasVisitState<T>,
                      "gradiva: a piece of state is a number, text, an array, a vector (not of bool) or an optional of "
                      "them, or has void visit_state(State&) or static constexpr bool saved_as_bytes = true");
    }
}

}  // namespace GRADIVA_NAMESPACE
