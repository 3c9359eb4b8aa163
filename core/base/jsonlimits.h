// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dscope {

class Progress;

/// What a file from anywhere may hold at most. Deep nesting matters because values are copied and written by recursion; memory, because `[],[],`
/// takes twenty times its bytes as values.
struct JsonLimits {
    std::uint64_t bytes = std::uint64_t{1} << 28;
    int depth = 64;
    std::size_t values = 20'000'000;
    std::uint64_t memory = std::uint64_t{16} << 20; ///< of the values, beside 13 times the text's own size
};

/// Reads JSON out of bytes in hand: the only place where JSON from a file is read. Linear in the number of keys; a name twice in one object is a
/// mistake, since readers would disagree on which counts. @param name what the text is called in messages
/// @throws FileError with the line of a mistake, or for a text beyond the limits as soon as that is met
Json parseJson(std::string_view text, const std::filesystem::path &name, const JsonLimits &limits = {});
/// @throws FileError, Cancelled
Json parseJson(std::string_view text, const std::filesystem::path &name, const JsonLimits &limits, const Progress &progress);

/// The same for a file. @throws FileError
Json readJson(const std::filesystem::path &path, const JsonLimits &limits);
/// @throws FileError, Cancelled
Json readJson(const std::filesystem::path &path, const JsonLimits &limits, const Progress &progress);

} // namespace dscope
