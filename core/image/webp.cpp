// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturebytes.h"

#include <webp/decode.h>

#include <algorithm>
#include <memory>

namespace dscope {

namespace {

struct DecoderDeleter {
    void operator()(WebPIDecoder *decoder) const { WebPIDelete(decoder); }
};

/// Where the coded picture ends; what else the file holds lies behind it or before.
std::size_t endOfCode(const PictureBytes &bytes)
{
    for (std::size_t at = 12; bytes.has(at, 8);) {
        const std::size_t length = bytes.little(at + 4, 4);
        if (bytes.says(at, "VP8 ") || bytes.says(at, "VP8L"))
            return std::min(at + 8 + length, bytes.size());
        at += 8 + length + (length & 1U);
    }
    return bytes.size();
}

} // namespace

Picture decodeWebP(std::span<const std::uint8_t> bytes, const PictureHeader &header, const std::filesystem::path &name, PictureRemarks &remarks)
{
    Picture picture(static_cast<int>(header.width), static_cast<int>(header.height));
    const std::unique_ptr<WebPIDecoder, DecoderDeleter> decoder(WebPINewRGB(MODE_RGB, picture.rgb.data(), picture.rgb.size(), 3 * picture.width));
    if (!decoder)
        throw FileError(name, "there is not enough memory for this picture.");
    // The code has neither marks nor a checksum: what is decoded from wrong bytes takes more of them than there are, or fewer. Whole pictures leave 3 at most.
    constexpr std::size_t spare = 16;
    const std::size_t end = endOfCode({bytes.data(), bytes.size()});
    VP8StatusCode status = end > spare ? WebPIUpdate(decoder.get(), bytes.data(), end - spare) : VP8_STATUS_SUSPENDED;
    if (status == VP8_STATUS_OK)
        remarks.damage.emplace_back("bytes that belong to nothing");
    else if (status == VP8_STATUS_SUSPENDED)
        status = WebPIUpdate(decoder.get(), bytes.data(), bytes.size());
    int width = 0;
    int height = 0;
    if (status == VP8_STATUS_SUSPENDED)
        throw FileError(name, "is a WebP that was cut short, or whose data are damaged.");
    if (status != VP8_STATUS_OK || WebPIDecGetRGB(decoder.get(), nullptr, &width, &height, nullptr) == nullptr || width != picture.width
        || height != picture.height)
        throw FileError(name, "is a damaged WebP.");
    return picture;
}

} // namespace dscope
