// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Files byte by byte, for tests of what parsers make of them.

namespace dscope::test {

/// A whole number's lowest bytes, little-endian.
std::string little(std::uint64_t value, int bytes);
/// The same, big-endian.
std::string big(std::uint64_t value, int bytes);
/// `text` so many times.
std::string repeated(std::string_view text, std::size_t times);
/// A zip of stored entries, as PyTorch writes it.
std::string zipOf(const std::vector<std::pair<std::string, std::string>> &entries);
/// Deflate's raw stream for so many zeros (at least one), 13 bits for 258 of them.
std::string deflatedZeros(std::uint64_t count);

/// ONNX, which is protobuf: a number, and what has a length (text, bytes, a message), under a field's number.
std::string protoNumber(int field, std::uint64_t value);
std::string protoBytes(int field, std::string_view content);
/// A node with attributes that are made already.
std::string onnxNode(std::string_view type, const std::vector<std::string> &inputs, const std::vector<std::string> &outputs, std::string_view attributes = {});
/// An initialiser of int64.
std::string onnxWholes(std::string_view name, const std::vector<std::int64_t> &values);
/// An input or output of float.
std::string onnxValue(std::string_view name, const std::vector<std::int64_t> &dims);
/// A file around a graph's nodes and initialisers, with the input x [1, 3, 8, 8] and the output y of `dims`.
std::string onnxFile(std::string_view graph, const std::vector<std::int64_t> &dims, std::string_view more = {});

} // namespace dscope::test
