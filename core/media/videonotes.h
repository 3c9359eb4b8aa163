// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/demuxer.h"
#include "core/media/timeindex.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dscope {

/// What is to be said of a video's pictures: damage, gaps, and whatever else its reader warns of. Each thing is said once.
class VideoNotes {
public:
    /// Both are those of the reader that owns this, and may change.
    VideoNotes(const Demuxer &demuxer, const TimeIndex &index) : m_demuxer(demuxer), m_index(index) {}

    void warn(const std::string &text);
    /// Of a GIF: FFmpeg makes pictures of wrong LZW codes without a word. @throws FileError for a single picture where damaged ones are refused
    void checkGif(const std::filesystem::path &path);
    /// Decoding begins anew with this packet: damage noted so far may have been the jump's.
    void begin(std::int64_t ordinal);
    /// Something is wrong with a packet, or with the picture that it became.
    void damage(std::int64_t ordinal, const std::string &why);
    /// Turns what was noted from this packet on into warnings. Behind a jump this waits until the damage is known to be the file's and not the jump's.
    void tellDamages(std::int64_t from);
    /// These frames have not come out of the decoder.
    void missing(std::int64_t first, std::int64_t last);

    /// Since begin().
    bool isDamagedFrom(std::int64_t ordinal) const { return m_damages.lower_bound(ordinal) != m_damages.end(); }
    bool isDamagedBefore(std::int64_t ordinal) const { return !m_damages.empty() && m_damages.begin()->first < ordinal; }
    const std::vector<std::string> &warnings() const { return m_warnings; }

private:
    const Demuxer &m_demuxer;
    const TimeIndex &m_index;
    std::vector<std::string> m_warnings;
    std::int64_t m_start = 0;
    std::map<std::int64_t, std::string> m_damages; ///< packets since decoding began, and what was wrong with them
    std::set<std::int64_t> m_told;
    std::set<std::int64_t> m_missing;
};

} // namespace dscope
