// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/framesource.h"

#include "core/base/error.h"
#include "core/base/leftout.h"
#include "core/base/picturefile.h"
#include "core/image/pixels.h"

#include <numeric>
#include <utility>

namespace fs = std::filesystem;

namespace dscope {

namespace {

class VideoFrames final : public FrameSource {
public:
    VideoFrames(const fs::path &path, const VideoOptions &options, Progress &progress) : m_reader(path, options, &progress) {}

    const FrameTicks &ticks() const override { return m_reader.ticks(); }
    std::optional<DecodedFrame> decodedAt(std::int64_t index) override { return m_reader.decodedAt(index); }
    std::vector<std::string> warnings() const override { return m_reader.warnings(); }

private:
    VideoReader m_reader;
};

class FolderFrames final : public FrameSource {
public:
    FolderFrames(fs::path folder, const Ratio &rate) : m_folder(std::move(folder)), m_names(framesOf(m_folder))
    {
        if (m_names.empty())
            throw FileError(m_folder, "holds no pictures, so it is no folder of a video's frames.");
        m_ticks.second = {rate.den, rate.num};
        m_ticks.shown.resize(m_names.size());
        std::iota(m_ticks.shown.begin(), m_ticks.shown.end(), std::int64_t{0});
        m_ticks.end = static_cast<std::int64_t>(m_names.size());
    }

    const FrameTicks &ticks() const override { return m_ticks; }

    std::optional<DecodedFrame> decodedAt(std::int64_t index) override
    {
        if (index < 0 || index >= count())
            return std::nullopt;
        const std::string &name = m_names[static_cast<std::size_t>(index)];
        DecodedFrame frame;
        frame.index = index;
        frame.timeS = static_cast<double>(index) * m_ticks.second.value();
        try {
            frame.pixels = std::make_shared<OwnedPixels>(readPicture(m_folder / name));
        } catch (const FileError &) {
            m_unreadable.add(name);
            return std::nullopt;
        }
        return frame;
    }

    std::vector<std::string> warnings() const override
    {
        if (m_unreadable.count() == 0)
            return {};
        return {m_folder.string() + ": " + m_unreadable.sentence("frame cannot be read and was", "frames cannot be read and were")};
    }

private:
    fs::path m_folder;
    std::vector<std::string> m_names;
    FrameTicks m_ticks;
    LeftOut m_unreadable;
};

} // namespace

std::unique_ptr<FrameSource> openFrames(const fs::path &path, const Ratio &folderRate, Progress &progress, const VideoOptions &options)
{
    std::error_code problem;
    if (fs::is_directory(path, problem))
        return std::make_unique<FolderFrames>(path, folderRate);
    return std::make_unique<VideoFrames>(path, options, progress);
}

} // namespace dscope
