// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace dscope {

/// What decoding a picture takes at most, known before it begins.
struct PictureMemory {
    std::int64_t width = 0;
    std::int64_t height = 0;
    std::uint64_t bytes = 0; ///< the picture and what its decoder holds meanwhile, without the file
    std::size_t fileBytes = 0;
    std::string hint = "make it smaller"; ///< what to do about too much
};

/// The rule for everything that holds pictures: what a file makes the program take stays below 200 MB + 16 times the file's size. A small file that announces a
/// huge picture would else take the memory before its bytes turn out to be a single colour, or not there at all. A photograph has some two bits a pixel or
/// more, so one of 100 million pixels is within the rule.
/// @return what else may be taken beside the file's own bytes
std::uint64_t memoryFor(std::uint64_t fileBytes);

/// Nothing where the memory is within the rule, else the reason, as the end of a sentence and without a full stop.
std::string tooMuchMemory(const PictureMemory &memory);

} // namespace dscope
