// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/video.h"
#include "core/media/nalunits.h"
#include "tests/fuzz/target.h"

#include <algorithm>

// Videos: units of H.264 and HEVC, and small files from the container to frames.

namespace dscope::fuzz {

DSCOPE_FUZZ_TARGET(nalunits)
{
    if (bytes.size() < 2)
        return;
    // A first byte says which codec, a second how long the codec's own description is.
    std::vector<std::uint8_t> content(bytes.begin() + 2, bytes.end());
    const std::size_t described = std::min<std::size_t>(bytes[1], content.size());
    std::vector<std::uint8_t> extra(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(described));
    std::vector<std::uint8_t> data(content.begin() + static_cast<std::ptrdiff_t>(described), content.end());
    AVCodecParameters codec{};
    codec.codec_id = (bytes[0] & 1) != 0 ? AV_CODEC_ID_HEVC : AV_CODEC_ID_H264;
    codec.extradata = extra.data();
    codec.extradata_size = static_cast<int>(extra.size());
    AVPacket packet{};
    packet.data = data.data();
    packet.size = static_cast<int>(data.size());
    (void)entryOf(codec, packet);
}

DSCOPE_FUZZ_TARGET(video)
{
    const auto file = fileWith("a.mp4", textOf(bytes));
    (void)looksLikeVideo(file);
    refusable([&] {
        Progress progress;
        VideoOptions options;
        if (fuzzing()) {
            options.maxSide = 512;
            options.maxPixels = 1 << 18;
        }
        options.maxFrames = 256;
        VideoReader reader(file, options, &progress);
        for (int i = 0; i < 4 && reader.next(); ++i)
            continue;
        const auto frames = static_cast<std::int64_t>(reader.times().size());
        require(std::is_sorted(reader.times().begin(), reader.times().end()), "a video's frames are not in the order of time");
        if (frames > 0) {
            (void)reader.frameAt(frames - 1);
            (void)reader.frameAt(0);
        }
        for (const std::string &warning : reader.warnings())
            requireOwnWords(warning);
    });
}

} // namespace dscope::fuzz
