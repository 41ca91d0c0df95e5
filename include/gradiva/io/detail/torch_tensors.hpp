#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/safetensors_format.hpp"
#include "gradiva/io/safetensors_file.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Tensors that PyTorch wrote, read by name for `who`, a function such as `load_torch_mlp`. Errors name the file and
/// the tensor.
class TorchTensors {
public:
    /// Numbers beyond `largest` are an error: those that are filled could not hold them.
    TorchTensors(const char* who, const SafetensorsFile& file, double largest)
        : who_(who), file_(file), largest_(largest) {}

    const char* who() const { return who_; }
    const std::string& path() const { return file_.path(); }
    bool has(const std::string& name) const { return file_.find(name) != nullptr; }

    const StoredTensor& find(const std::string& name) const {
        const StoredTensor* const tensor = file_.find(name);
        if (tensor == nullptr) {
            fail("{}: '{}' has no tensor '{}'; it has {}", who_, file_.path(), printable(name), names_there());
        }
        return *tensor;
    }

    /// The elements of a tensor in row-major order. `meaning` says what its sizes are.
    std::vector<double> read(const std::string& name, const std::vector<Index>& shape, const std::string& meaning) {
        const StoredTensor& tensor = find(name);
        if (tensor.shape != shape) {
            refuse(name, fmt::format("has the shape {} and the network needs {}, {}", text_of(tensor.shape),
                                     text_of(shape), meaning));
        }
        std::vector<double> all;
        if (tensor.type == Dtype::f64) {
            append<double>(tensor, all);
        } else if (tensor.type == Dtype::f32) {
            append<float>(tensor, all);
        } else {
            refuse(name, fmt::format("is {}; save the model as float32 or float64", dtype_name(tensor.type)));
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (std::abs(all[i]) <= largest_) continue;
            refuse(name, fmt::format("has {} as element {}; give numbers that are finite in the network", all[i], i));
        }
        read_.insert(name);
        return all;
    }

    /// Throws `Error` on a tensor whose name begins with `prefix` and that was not read.
    void check_all_read(const std::string& prefix) const {
        for (const auto& [name, unused] : file_.tensors()) {
            if (name.starts_with(prefix) && !read_.contains(name)) {
                refuse(name, "is in no layer of the network; build the network as the model is, or name other layers");
            }
        }
    }

    [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
        fail("{}: the tensor '{}' of '{}' {}", who_, printable(name), file_.path(), why);
    }

private:
    template <class T>
    static void append(const StoredTensor& tensor, std::vector<double>& all) {
        for (std::size_t at = 0; at < tensor.bytes.size(); at += sizeof(T)) {
            T number;
            std::memcpy(&number, tensor.bytes.data() + at, sizeof number);
            all.push_back(static_cast<double>(number));
        }
    }

    std::string names_there() const {
        std::string text;
        std::size_t shown = 0;
        for (const auto& [name, unused] : file_.tensors()) {
            if (shown == 8) return text + ", ...";
            text += (shown++ > 0 ? ", '" : "'") + printable(name) + "'";
        }
        return text.empty() ? "none" : text;
    }

    static std::string text_of(const std::vector<Index>& shape) {
        std::string text;
        for (const Index size : shape) text += fmt::format("{}{}", text.empty() ? "" : ", ", size);
        return '[' + text + ']';
    }

    const char* who_;
    const SafetensorsFile& file_;
    double largest_;
    std::set<std::string> read_;
};

}  // namespace GRADIVA_NAMESPACE::detail
