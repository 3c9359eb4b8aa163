// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/gifdata.h"
#include "core/base/orient.h"
#include "core/base/picturefile.h"
#include "core/base/pictureheader.h"
#include "core/image/reader.h"
#include "tests/fuzz/target.h"

// Pictures: headers, orientation, decoding.

namespace dscope::fuzz {

namespace {

/// A picture that is whole, but takes longer to decode than a run of the fuzzer should.
bool takesLong(Bytes bytes)
{
    constexpr std::int64_t most = 1 << 20;
    const auto header = pictureHeader(bytes);
    return fuzzing() && header && header->height > 0 && header->width > most / header->height; // the product of what a header says may not fit
}

} // namespace

DSCOPE_FUZZ_TARGET(pictureheader)
{
    (void)beginsLikePicture(bytes.data(), bytes.size());
    if (const auto header = pictureHeader(bytes)) {
        require(header->width >= 0 && header->height >= 0, "a picture has no size");
        require(header->orientation >= 1 && header->orientation <= 8, "an orientation is out of range");
        for (const std::string &note : header->notes)
            requireOwnWords(note);
    }
}

DSCOPE_FUZZ_TARGET(exif)
{
    const int orientation = exifOrientation(bytes.data(), bytes.size());
    require(orientation >= 1 && orientation <= 8, "an orientation is out of range");
    const auto xmp = findXmpOrientation(textOf(bytes));
    require(!xmp || (*xmp >= 1 && *xmp <= 8), "an orientation is out of range");
}

DSCOPE_FUZZ_TARGET(jpeg)
{
    if (takesLong(bytes))
        return;
    refusable([&] { (void)decodeJpeg(std::vector<std::uint8_t>(bytes.begin(), bytes.end())); });
}

DSCOPE_FUZZ_TARGET(gif)
{
    const GifDamage found = gifDamage(bytes);
    require(found.damaged <= found.pictures, "more pictures are damaged than there are");
    require(found.any() != found.what().empty(), "damage has no words");
    require(!found.noEnd || !found.any(), "nothing but the end is missing, and more is");
}

DSCOPE_FUZZ_TARGET(picture)
{
    if (takesLong(bytes))
        return;
    refusable([&] {
        std::vector<std::string> warnings;
        const Picture picture = decodePicture(bytes, "a.png", &warnings);
        require(picture.rgb.size() == std::size_t{3} * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height),
                "a picture has another number of bytes than its size says");
        for (const std::string &warning : warnings)
            requireOwnWords(warning);
    });
}

} // namespace dscope::fuzz
