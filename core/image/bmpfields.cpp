// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturebytes.h"

#include <array>
#include <bit>

namespace dscope {

namespace {

/// Where a colour lies in a pixel's bits.
struct Field {
    std::uint32_t mask = 0;
    int shift = 0;
    std::uint32_t most = 0;

    explicit Field(std::uint32_t bits) : mask(bits), shift(bits == 0 ? 0 : std::countr_zero(bits)), most(bits >> shift) {}
    bool good() const { return mask != 0 && (most & (most + 1)) == 0; } // ones without gaps
    std::uint8_t of(std::uint32_t pixel) const
    {
        const std::uint64_t value = (pixel & mask) >> shift;
        return static_cast<std::uint8_t>((255 * value + most / 2) / most);
    }
};

} // namespace

bool hasBmpFields(std::span<const std::uint8_t> data)
{
    constexpr std::uint32_t smallest = 40; // the headers that know of compression
    constexpr std::uint32_t fields = 3;
    constexpr std::uint32_t fieldsWithAlpha = 6;
    const PictureBytes bytes(data.data(), data.size());
    const std::uint32_t compression = bytes.little(30, 4);
    const std::uint32_t bits = bytes.little(28, 2);
    return bytes.little(14, 4) >= smallest && (compression == fields || compression == fieldsWithAlpha) && (bits == 16 || bits == 32);
}

Picture decodeBmpFields(std::span<const std::uint8_t> data, const PictureHeader &header, const std::filesystem::path &name)
{
    const PictureBytes bytes(data.data(), data.size());
    // Behind the first 40 bytes of the header, be they its own or not.
    constexpr std::size_t masks = 54;
    const std::array<Field, 3> colours{Field(bytes.little(masks, 4)), Field(bytes.little(masks + 4, 4)), Field(bytes.little(masks + 8, 4))};
    const std::size_t size = bytes.little(28, 2) / 8;
    const std::size_t row = (size * static_cast<std::size_t>(header.width) + 3) / 4 * 4;
    const std::size_t pixels = bytes.little(10, 4);
    if (!colours[0].good() || !colours[1].good() || !colours[2].good())
        throw FileError(name, "is a damaged BMP: the bits of its colours have gaps or are missing.");
    if (!bytes.has(pixels, row * static_cast<std::size_t>(header.height)))
        throw FileError(name, "is a BMP that was cut short.");
    const bool fromTop = static_cast<std::int32_t>(bytes.little(22, 4)) < 0;
    Picture picture(static_cast<int>(header.width), static_cast<int>(header.height));
    for (int y = 0; y < picture.height; ++y) {
        std::size_t at = pixels + row * static_cast<std::size_t>(fromTop ? y : picture.height - 1 - y);
        std::uint8_t *to = picture.row(y);
        for (int x = 0; x < picture.width; ++x, at += size)
            for (const Field &colour : colours)
                *to++ = colour.of(bytes.little(at, size));
    }
    return picture;
}

} // namespace dscope
