// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/decoders.h"

#include "core/base/error.h"
#include "core/base/picturefile.h"

#include <webp/demux.h>

#include <memory>

namespace dscope {

namespace {

struct DecoderDeleter {
    void operator()(WebPAnimDecoder *decoder) const { WebPAnimDecoderDelete(decoder); }
};

} // namespace

Picture decodeAnimatedWebP(std::span<const std::uint8_t> bytes, const std::filesystem::path &name)
{
    WebPAnimDecoderOptions options;
    if (WebPAnimDecoderOptionsInit(&options) == 0)
        throw FileError(name, "is an animated WebP, and the libwebp found is of another version than this program was built for.");
    options.color_mode = MODE_RGBA;
    const WebPData data{bytes.data(), bytes.size()};
    const std::unique_ptr<WebPAnimDecoder, DecoderDeleter> decoder(WebPAnimDecoderNew(&data, &options));
    WebPAnimInfo info{};
    if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0)
        throw FileError(name, "is a damaged animated WebP.");
    checkPictureSize(info.canvas_width, info.canvas_height, name);
    std::uint8_t *rgba = nullptr;
    int time = 0;
    if (WebPAnimDecoderHasMoreFrames(decoder.get()) == 0 || WebPAnimDecoderGetNext(decoder.get(), &rgba, &time) == 0)
        throw FileError(name, "is an animated WebP whose first picture is damaged.");
    Picture picture(static_cast<int>(info.canvas_width), static_cast<int>(info.canvas_height));
    for (std::size_t i = 0; i < picture.rgb.size() / 3; ++i)
        for (std::size_t c = 0; c < 3; ++c)
            picture.rgb[3 * i + c] = rgba[4 * i + c];
    return picture;
}

} // namespace dscope
