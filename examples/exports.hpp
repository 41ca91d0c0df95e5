// What the example programs export, compiled once for all of them.
#pragma once

#include <gradiva/io/policy_description.hpp>
#include <string>

namespace example {

/// Writes the policy as an ONNX model and as a header of C, each where a path is given.
void export_policy(const gradiva::PolicyDescription& policy, const std::string& onnx, const std::string& c_header);

}  // namespace example
