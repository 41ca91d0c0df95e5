#include "exports.hpp"

#include <gradiva/io.hpp>

#include "files.hpp"

namespace example {

void export_policy(const gradiva::PolicyDescription& policy, const std::string& onnx, const std::string& c_header) {
    if (!onnx.empty()) gradiva::export_onnx(onnx, policy);
    if (!c_header.empty()) gradiva::export_c(c_header, policy, {.name = c_name(c_header)});
}

}  // namespace example
