// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dscope {

/// One tensor of a weights file.
struct TensorInfo {
    std::string name;
    std::string type; ///< such as "float32"
    std::vector<std::int64_t> shape;
};

/// What a weights file holds, told without torch's types.
struct WeightsInfo {
    std::vector<TensorInfo> tensors;             ///< by name
    std::int64_t values = 0;                     ///< numbers in all of them
    std::map<std::string, std::string> metadata; ///< safetensors only
};

/// Reads the header alone, not the values. @throws FileError as readCheckpoint() does
WeightsInfo readWeightsInfo(const std::filesystem::path &path);

} // namespace dscope
