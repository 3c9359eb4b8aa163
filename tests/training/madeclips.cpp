// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/training/madeclips.h"

#include <algorithm>
#include <utility>

namespace dscope::test {

MadeClips::MadeClips(int each, int perVideo, std::vector<std::string> classes) : m_classes(std::move(classes))
{
    m_options.frames = 8;
    m_options.height = m_options.width = 32;
    m_options.rate = "25";
    m_options.stride = 2;
    for (int video = 0; video < each * static_cast<int>(m_classes.size()); ++video) {
        m_videos.push_back("video" + std::to_string(video) + ".mp4");
        for (int i = 0; i < perVideo; ++i) {
            m_places.push_back({video, 16 * i, 0.64 * i, 0.64 * (i + 1)});
            m_labels.push_back(video % static_cast<int>(m_classes.size()));
        }
    }
}

double MadeClips::brightness(std::size_t index) const
{
    return Random(5, index).uniform();
}

Clip MadeClips::drawn(std::size_t index, Random &random) const
{
    constexpr int side = 8;
    const int level = 90 + static_cast<int>(160 * brightness(index));
    const int direction = m_labels[index] == 0 ? -2 : m_labels[index] == 1 ? 2 : 0;
    const int x = static_cast<int>(random.below(32 - side));
    const int y = static_cast<int>(random.below(32 - side));
    std::vector<Picture> frames;
    for (int t = 0; t < m_options.frames; ++t) {
        Picture frame(m_options.width, m_options.height);
        for (std::uint8_t &value : frame.rgb)
            value = static_cast<std::uint8_t>(random.below(60));
        for (int row = y; row < y + side; ++row)
            for (int i = 0; i < side; ++i) {
                const int column = (x + direction * t + i + 64) % 32; // round about: the mean place says nothing
                std::fill_n(frame.row(row) + 3 * column, 3, static_cast<std::uint8_t>(level));
            }
        frames.push_back(std::move(frame));
    }
    return Clip(std::move(frames));
}

Clip MadeClips::clip(std::size_t index) const
{
    Random random(9, index);
    return drawn(index, random);
}

Clip MadeClips::shown(std::size_t index, Random &random) const
{
    return drawn(index, random);
}

} // namespace dscope::test
