// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturefile.h"

#include <jxl/decode.h>

#include <algorithm>
#include <memory>
#include <new>

namespace dscope {

namespace {

struct DecoderDestroyer {
    void operator()(JxlDecoder *decoder) const { JxlDecoderDestroy(decoder); }
};

/// Lossy files are coded in colours of their own and come out as asked for; lossless ones keep theirs.
void askForSrgb(JxlDecoder *decoder)
{
    JxlColorEncoding srgb{};
    srgb.color_space = JXL_COLOR_SPACE_RGB;
    srgb.white_point = JXL_WHITE_POINT_D65;
    srgb.primaries = JXL_PRIMARIES_SRGB;
    srgb.transfer_function = JXL_TRANSFER_FUNCTION_SRGB;
    srgb.rendering_intent = JXL_RENDERING_INTENT_RELATIVE;
    JxlDecoderSetPreferredColorProfile(decoder, &srgb);
}

bool isSrgb(JxlDecoder *decoder, const JxlPixelFormat &format)
{
    JxlColorEncoding colours{};
    if (JxlDecoderGetColorAsEncodedProfile(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA, &colours) == JXL_DEC_SUCCESS)
        return (colours.color_space == JXL_COLOR_SPACE_GRAY || colours.primaries == JXL_PRIMARIES_SRGB) && colours.transfer_function != JXL_TRANSFER_FUNCTION_PQ
            && colours.transfer_function != JXL_TRANSFER_FUNCTION_HLG && colours.transfer_function != JXL_TRANSFER_FUNCTION_LINEAR;
    std::size_t size = 0;
    if (JxlDecoderGetICCProfileSize(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA, &size) != JXL_DEC_SUCCESS || size == 0)
        return true;
    std::vector<std::uint8_t> icc(size);
    return JxlDecoderGetColorAsICCProfile(decoder, &format, JXL_COLOR_PROFILE_TARGET_DATA, icc.data(), size) != JXL_DEC_SUCCESS || isSrgbProfile(icc);
}

/// What libjxl takes for a pixel, the picture included: little for blocks of DCT, much for a "modular" picture that is coded as a pyramid, which the first
/// frame's header says.
double bytesPerPixel(JxlDecoder &decoder, std::span<const std::uint8_t> bytes)
{
    constexpr double blocks = 6.5;
    constexpr double pyramid = 23.2;
    const std::size_t left = JxlDecoderReleaseInput(&decoder);
    const std::span<const std::uint8_t> rest = bytes.last(std::min(left, bytes.size()));
    if (JxlDecoderSetInput(&decoder, rest.data(), rest.size()) != JXL_DEC_SUCCESS || rest.empty())
        return pyramid;
    const bool isDefault = (rest[0] & 1U) != 0;
    const bool isDc = (rest[0] >> 1 & 3U) == 1; // an eighth of the picture, for one of blocks
    const bool isModular = (rest[0] >> 3 & 1U) != 0;
    return isModular && !isDefault && !isDc ? pyramid : blocks;
}

} // namespace

Picture decodeJxl(std::span<const std::uint8_t> bytes, const std::filesystem::path &name, PictureRemarks &remarks)
{
    const std::unique_ptr<JxlDecoder, DecoderDestroyer> decoder(JxlDecoderCreate(nullptr));
    if (!decoder || JxlDecoderSubscribeEvents(decoder.get(), JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE) != JXL_DEC_SUCCESS
        || JxlDecoderSetInput(decoder.get(), bytes.data(), bytes.size()) != JXL_DEC_SUCCESS)
        throw std::bad_alloc();
    constexpr JxlPixelFormat format{3, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0};
    std::int64_t width = 0;
    std::int64_t height = 0;
    Picture picture;
    for (;;) {
        switch (JxlDecoderProcessInput(decoder.get())) {
        case JXL_DEC_BASIC_INFO: {
            JxlBasicInfo info{};
            if (JxlDecoderGetBasicInfo(decoder.get(), &info) != JXL_DEC_SUCCESS)
                throw FileError(name, "is a damaged JPEG XL picture.");
            checkPictureSize(info.xsize, info.ysize, name);
            width = info.xsize;
            height = info.ysize;
            if (info.have_animation == JXL_TRUE)
                remarks.notes.emplace_back("the file holds an animation; its first picture alone is read.");
            break;
        }
        case JXL_DEC_COLOR_ENCODING:
            // The frame begins where the header ends, which is known now.
            checkPictureMemory(width, height, bytesPerPixel(*decoder, bytes), bytes.size(), name);
            picture = Picture(static_cast<int>(width), static_cast<int>(height));
            askForSrgb(decoder.get());
            if (!isSrgb(decoder.get(), format))
                remarks.notes.emplace_back(otherColours);
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER: {
            std::size_t size = 0;
            if (JxlDecoderImageOutBufferSize(decoder.get(), &format, &size) != JXL_DEC_SUCCESS || size != picture.rgb.size()
                || JxlDecoderSetImageOutBuffer(decoder.get(), &format, picture.rgb.data(), size) != JXL_DEC_SUCCESS)
                throw FileError(name, "is a JPEG XL picture that cannot be decoded.");
            break;
        }
        case JXL_DEC_FULL_IMAGE: return picture;
        case JXL_DEC_NEED_MORE_INPUT: throw FileError(name, "is a JPEG XL picture that was cut short.");
        default: throw FileError(name, "is a damaged JPEG XL picture.");
        }
    }
}

} // namespace dscope
