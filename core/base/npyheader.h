// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace dscope {

/// What the header of a .npy says: a literal of a Python dict with descr, fortran_order and shape.
struct NpyHeader {
    std::string type;        ///< numpy's own word, such as "<f4"
    char kind = 'f';         ///< f, i, u or b
    std::uint64_t width = 4; ///< bytes a value
    bool brain = false;      ///< of width 2: bfloat16, which numpy calls V2 (as ml_dtypes saves it)
    bool bigEndian = false;
    bool fortran = false;            ///< the first axis runs fastest
    std::vector<std::int64_t> shape; ///< whole
    std::uint64_t data = 0;          ///< where the values begin, from the beginning of the .npy

    std::int64_t count() const;
};

/// True for bytes that begin as a .npy does.
bool beginsLikeNpy(std::span<const std::uint8_t> bytes);
/// Parses versions 1 to 3. Only the numbers of types f2 f4 f8 V2 (bfloat16) i1 i2 i4 i8 u1 u2 u4 u8 b1 are taken.
/// @param bytes the beginning of the file, the whole header at least (npyHeaderSize() of its first 12 bytes)
/// @param fileSize of the whole .npy: it must hold the values that the shape promises
/// @throws FileError that says which part of the header is of no use
NpyHeader parseNpyHeader(std::span<const std::uint8_t> bytes, std::uint64_t fileSize, const std::filesystem::path &name);
/// Bytes from the beginning of the file to the first value, by the first 12 bytes. @throws FileError for no .npy, or an absurd length
std::uint64_t npyHeaderSize(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);

/// `out.size()` values that follow each other, as double; `bytes` are as many times header.width.
void widenNpy(const NpyHeader &header, const std::uint8_t *bytes, std::span<double> out);
/// The same as float, for headers of kind f.
void narrowNpy(const NpyHeader &header, const std::uint8_t *bytes, std::span<float> out);

} // namespace dscope
