#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Gives the next numbers of a list, in the order in which networks have their parameters. Borrows both.
class ParameterReader {
public:
    ParameterReader(const std::string& who, std::span<const double> all) : who_(who), left_(all) {}

    std::vector<double> next(Index count) {
        require(count <= static_cast<Index>(left_.size()), "{}: the network has fewer parameters than its sizes say",
                who_);
        const auto taken = left_.first(to_size(count));
        left_ = left_.subspan(taken.size());
        return {taken.begin(), taken.end()};
    }

    /// A width above the number of parameters cannot be true; products of smaller ones do not overflow.
    void check_width(Index width) const {
        require(width >= 1 && width <= static_cast<Index>(left_.size()) && width < (Index{1} << 31),
                "{}: a layer of the network has {} units, with {} parameters left", who_, width, left_.size());
    }

    std::vector<double> rest() const { return {left_.begin(), left_.end()}; }

private:
    const std::string& who_;
    std::span<const double> left_;
};

}  // namespace GRADIVA_NAMESPACE::detail
