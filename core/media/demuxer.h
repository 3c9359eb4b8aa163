// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/ffmpeg.h"
#include "core/media/pictureorder.h"
#include "core/media/sidedata.h"
#include "core/media/video.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

namespace dscope {

/// What is kept of one packet of the video stream. Its place in the table, the ordinal, is its identity everywhere.
struct PacketInfo {
    static constexpr int unknownOrder = std::numeric_limits<int>::min();

    std::int64_t pts = AV_NOPTS_VALUE; ///< in the stream's time base
    std::int64_t dts = AV_NOPTS_VALUE;
    std::int64_t duration = 0; ///< likewise; 0: not known
    std::int64_t pos = -1;     ///< byte in the file
    int size = 0;
    int order = unknownOrder; ///< what PictureOrder found: a picture order count, or a picture type
    bool discard = false;     ///< outside of an edit list: decoded, never shown
    bool hidden = false;      ///< carries no picture of its own (VP8's alternate reference)
    bool corrupt = false;     ///< the container says that bytes are missing
    bool start = false;       ///< decoding can begin here and is exact from this packet's picture on
    bool soft = false;        ///< a start that leaves the decoder's memory of earlier pictures in place: better to begin one start earlier
};

/// Reads the packets of a file's video stream (the one marked as the default, else the first), in order or from a chosen one on. Packets are known by
/// their ordinal, checked by position and size against the table that scan() makes, so that a container's inexact seeking never goes unnoticed.
class Demuxer {
public:
    /// Opens the file through the `file` protocol and the whitelist of formats, and chooses the stream. @throws FileError
    Demuxer(std::filesystem::path path, const VideoOptions &options);

    AVFormatContext *format() const { return m_format.get(); }
    AVStream *stream() const { return m_stream; }
    /// What to know of the stream chosen among several; empty for the only one.
    const std::string &choice() const { return m_choice; }

    /// Reads the whole file once and fills packets() and problems(). To be called once, before anything else.
    void scan(Progress *progress);
    const std::vector<PacketInfo> &packets() const { return m_packets; }
    /// What was wrong while scanning, with time and byte.
    const std::vector<std::string> &problems() const { return m_problems; }

    /// How many pixels a frame may have at most.
    std::int64_t mostPixels() const { return m_mostPixels; }
    /// The next packet of the stream. @return its ordinal, or -1 at the end.
    std::int64_t read(AVPacket *packet);
    /// Makes `ordinal` the next one that read() gives: by seeking where the container can, by reading up to it where it cannot.
    /// @throws FileError if the file is no longer what it was
    void startAt(std::int64_t ordinal);
    /// The ordinal that read() gives next.
    std::int64_t position() const { return m_next; }
    /// True when packets after a seek were not those of the table; forget() then makes the next startAt() begin from the start.
    bool lost() const { return m_lost; }
    void forget();

    /// "at 1.480 s (byte 123456)" for messages.
    std::string place(std::int64_t ordinal) const;

private:
    void open();
    void checkSize();
    void chooseStream();
    bool readRaw(AVPacket *packet);
    void checkEncryption(const AVPacket &packet) const;
    bool isScrambled() const;
    bool seekTo(std::int64_t ordinal);
    std::int64_t identify(const AVPacket &packet) const;
    void describe(PacketInfo &info, const AVPacket &packet) const;
    void addProblem(const std::string &text);
    void checkEnd();
    void checkRiffEnd();

    std::filesystem::path m_path;
    VideoOptions m_options;
    std::uint64_t m_bytes = 0; ///< of the file
    std::int64_t m_mostPixels = 0;
    FormatPtr m_format;
    AVStream *m_stream = nullptr;
    std::vector<PacketInfo> m_packets;
    std::unordered_multimap<std::int64_t, std::int64_t> m_byPosition; ///< byte in the file -> ordinal
    SideData m_sideData;
    std::vector<std::string> m_problems;
    std::string m_choice;
    std::vector<std::string> m_log;
    PacketPtr m_held; ///< read while seeking, given out by the next read()
    bool m_holds = false;
    bool m_lost = false;
    bool m_jumped = false; ///< the next packet opens a decoder that knows nothing of those before
    int m_seekFailures = 0;
    std::int64_t m_next = 0;
};

} // namespace dscope
