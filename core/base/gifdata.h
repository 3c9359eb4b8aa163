// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace dscope {

/// What the blocks and the codes of a GIF show of damage that decoders pass over.
struct GifDamage {
    std::size_t pictures = 0; ///< begun in the file
    std::size_t damaged = 0;  ///< of these: codes that the table does not have, or another number of pixels than the picture has
    bool lost = false;        ///< behind a block stands something that is none
    bool cut = false;         ///< the file ends within a block
    bool noEnd = false;       ///< every picture is whole, and nothing is missing but end marks: a picture's end code, an empty block, the file's trailer

    bool any() const { return damaged > 0 || lost || cut; }
    /// In words, as the end of a sentence: "wrong codes in 2 of its 7 pictures"; empty where there is none.
    std::string what() const;
};

/// Walks all blocks, and the LZW codes of each picture without making its pixels: in time linear in the bytes. Wrong codes of the right width that by chance
/// stand for as many pixels, wrong colours and wrong sizes of the whole show nothing.
GifDamage gifDamage(std::span<const std::uint8_t> bytes);

} // namespace dscope
