#pragma once

#include "core/base/json.h"

#include <cstddef>
#include <cstdint>

namespace dscope {

class Task;

/// What a file from anywhere may hold at most. Deep nesting matters because values are copied and written by recursion.
struct JsonLimits {
    std::uint64_t bytes = std::uint64_t{1} << 28;
    int depth = 64;
    std::size_t values = 20'000'000;
};
/// The same, refusing a file beyond the limits as soon as it is met. @throws FileError
Json readJson(const std::filesystem::path &path, const JsonLimits &limits);
/// @throws FileError, Cancelled
Json readJson(const std::filesystem::path &path, const JsonLimits &limits, const Task &task);

} // namespace dscope
