// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// An array as numpy's .npy files hold it, widened to double (which is exact for float32 and for integers below 2^53).
struct NpyArray {
    std::vector<std::int64_t> shape;
    std::string type;           ///< numpy's own word, such as "<f4"
    std::vector<double> values; ///< row-major

    std::int64_t size() const;
};

/// Reads what parseNpyHeader() takes, in either order of axes and of bytes. @throws FileError
NpyArray parseNpy(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);
NpyArray readNpy(const std::filesystem::path &path);
/// What stands before the values of a float32 array in C order, version 1.0; for arrays that are written piece by piece.
std::string npyHeader(const std::vector<std::int64_t> &shape);
/// Writes float32 in C order, version 1.0, atomically. @throws Error if the shape does not fit the values, FileError
void writeNpy(const std::filesystem::path &path, const std::vector<std::int64_t> &shape, const std::vector<float> &values);

} // namespace dscope
