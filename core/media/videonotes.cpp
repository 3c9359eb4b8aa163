// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/media/videonotes.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/gifdata.h"
#include "core/base/picturefile.h"

#include <algorithm>

namespace dscope {

void VideoNotes::warn(const std::string &text)
{
    constexpr std::size_t most = 100;
    if (m_warnings.size() < most)
        m_warnings.push_back(text);
    else if (m_warnings.size() == most)
        m_warnings.emplace_back("Further problems of this video are not listed.");
}

void VideoNotes::checkGif(const std::filesystem::path &path)
{
    constexpr std::uint64_t most = std::uint64_t{1} << 28;
    std::error_code problem;
    if (std::filesystem::file_size(path, problem) > most || problem)
        return;
    const GifDamage found = gifDamage(readBytes(path, most));
    if (!found.any() && !found.noEnd)
        return;
    const std::string said = found.any() ? "GIF's data are damaged (" + found.what() + "); parts of it may be wrong."
                                         : std::string("end marker of the GIF is missing; what it shows is whole.");
    // One that does not move is a picture.
    if (damagedPicturesRefused() && found.pictures <= 1)
        throw FileError(path, "the " + said);
    warn("The " + said);
}

void VideoNotes::begin(std::int64_t ordinal)
{
    m_start = ordinal;
    m_damages.clear();
}

void VideoNotes::damage(std::int64_t ordinal, const std::string &why)
{
    // Pictures that a jump leaves without their references are dropped on purpose; only reading from the start tells damage there.
    const std::int64_t frame = m_index.frameOf[static_cast<std::size_t>(ordinal)];
    if (m_start > 0 && frame >= 0 && frame < m_index.frameOf[static_cast<std::size_t>(m_start)])
        return;
    m_damages.emplace(ordinal, why);
    if (m_start == 0)
        tellDamages(ordinal);
}

void VideoNotes::tellDamages(std::int64_t from)
{
    for (auto entry = m_damages.lower_bound(from); entry != m_damages.end(); ++entry)
        if (m_told.insert(entry->first).second)
            warn("Damaged frame " + m_demuxer.place(entry->first) + ": " + entry->second + ".");
}

void VideoNotes::missing(std::int64_t first, std::int64_t last)
{
    if (first > last || !m_missing.insert(first).second)
        return;
    const std::string where = m_demuxer.place(std::max<std::int64_t>(0, m_index.ordinalOf[static_cast<std::size_t>(first)]));
    if (first == last)
        warn("Frame " + std::to_string(first) + ", " + where + ", cannot be decoded and is left out.");
    else
        warn("Frames " + std::to_string(first) + " to " + std::to_string(last) + ", the first " + where + ", cannot be decoded and are left out.");
}

} // namespace dscope
