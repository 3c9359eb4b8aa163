// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picturememory.h"

#include <algorithm>

namespace dscope {

namespace {

std::string inMegabytes(std::uint64_t bytes)
{
    constexpr std::uint64_t tenth = 100'000;
    const std::uint64_t tenths = (bytes + tenth / 2) / tenth;
    const bool small = tenths < 100;
    return std::to_string(tenths / 10) + (small ? "." + std::to_string(tenths % 10) : std::string()) + " MB";
}

} // namespace

std::uint64_t memoryFor(std::uint64_t fileBytes)
{
    // 200 MB less what libraries take whatever the picture; 16 times the size less the file itself.
    constexpr std::uint64_t always = 185'000'000;
    constexpr std::uint64_t timesItsSize = 15;
    return always + timesItsSize * std::min(fileBytes, std::uint64_t{1} << 40);
}

std::string tooMuchMemory(const PictureMemory &memory)
{
    const std::uint64_t allowed = memoryFor(memory.fileBytes);
    if (memory.bytes <= allowed)
        return {};
    return "its " + std::to_string(memory.width) + " x " + std::to_string(memory.height) + " pixels take " + inMegabytes(memory.bytes)
        + " to decode, and a file of " + inMegabytes(memory.fileBytes) + " may take " + inMegabytes(allowed) + "; " + memory.hint;
}

} // namespace dscope
