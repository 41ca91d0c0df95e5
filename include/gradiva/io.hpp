#pragma once

// Reading and writing of files, which needs nlohmann-json (CMake: gradiva::io) and is no part of gradiva.hpp.

#include "gradiva/core/language.hpp"

#include "gradiva/io/c_header.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/html_player.hpp"
#include "gradiva/io/load_policy.hpp"
#include "gradiva/io/onnx.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/io/record_episodes.hpp"
#include "gradiva/io/recording.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/io/save_policy.hpp"
#include "gradiva/io/saved_policy.hpp"
#include "gradiva/io/svg.hpp"
#include "gradiva/io/terminal_player.hpp"
#include "gradiva/io/torch_mlp.hpp"
