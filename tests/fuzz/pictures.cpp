#include "core/base/pictureheader.h"
#include "core/base/orient.h"
#include "core/image/reader.h"
#include "tests/fuzz/target.h"

// Pictures: headers, orientation, decoding.

namespace dscope::fuzz {

namespace {

/// A picture that is whole, but takes longer to decode than a run of the fuzzer should.
bool takesLong(const std::vector<std::uint8_t> &content)
{
    constexpr std::int64_t most = 1 << 20;
    const auto header = pictureHeader(content);
    return fuzzing() && header && header->width * header->height > most;
}

} // namespace

DSCOPE_FUZZ_TARGET(pictureheader)
{
    const std::vector<std::uint8_t> content(bytes.begin(), bytes.end());
    (void)beginsLikePicture(content.data(), content.size());
    if (const auto header = pictureHeader(content)) {
        require(header->width > 0 && header->height > 0, "a picture has no size");
        require(header->orientation >= 1 && header->orientation <= 8, "an orientation is out of range");
    }
}

DSCOPE_FUZZ_TARGET(exif)
{
    const std::vector<std::uint8_t> content(bytes.begin(), bytes.end());
    const int orientation = exifOrientation(content.data(), content.size());
    require(orientation >= 1 && orientation <= 8, "an orientation is out of range");
}

DSCOPE_FUZZ_TARGET(jpeg)
{
    const std::vector<std::uint8_t> content(bytes.begin(), bytes.end());
    if (takesLong(content))
        return;
    refusable([&] { (void)decodeJpeg(content); });
}

DSCOPE_FUZZ_TARGET(picture)
{
    const std::vector<std::uint8_t> content(bytes.begin(), bytes.end());
    if (takesLong(content))
        return;
    const auto file = fileWith("a.png", textOf(bytes));
    refusable([&] {
        const Picture picture = readPicture(file);
        require(picture.rgb.size() == std::size_t{3} * static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height),
                "a picture has another number of bytes than its size says");
    });
}

} // namespace dscope::fuzz
