// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QObject>
#include <QSize>
#include <QString>

#include <filesystem>
#include <memory>

namespace dscope {

/// A whole picture or frame, ready to draw.
struct ShownFrame {
    std::filesystem::path file;
    qint64 frame = -1; ///< -1: a picture
    double timeS = -1;
    QImage image; ///< perhaps smaller than the frame itself
    QSize size;   ///< of the frame itself: boxes are in its pixels
};

/// Reads pictures and frames of videos in a thread of its own, which keeps the last video open. The newest request wins; playing decodes on
/// from a frame at the video's own pace and skips the display of frames when the window cannot follow.
class FrameProvider : public QObject {
    Q_OBJECT
public:
    explicit FrameProvider(QObject *parent = nullptr);
    ~FrameProvider() override;

    /// Frames are shrunk in the worker so that no side exceeds this.
    static constexpr int maxSide = 1600;

    void requestPicture(const std::filesystem::path &file);
    /// @param video a file, or a folder with the frames of one
    void requestFrame(const std::filesystem::path &video, qint64 frame);
    /// @param rate of a folder, frames per second @param untilS where it ends, in seconds from the first frame; below 0: with the video
    void play(const std::filesystem::path &video, qint64 fromFrame, double rate, double untilS = -1);
    void pause();
    /// Stops playing and forgets a request that has not been answered.
    void drop();
    bool isPlaying() const { return m_playing; }

Q_SIGNALS:
    void shown(const dscope::ShownFrame &frame);
    void failed(const QString &detail);
    void playingChanged(bool playing);

private:
    struct Worker;
    void take(quint64 generation, const ShownFrame &frame);
    void takeFailure(quint64 generation, const QString &detail);
    void takeEnd(quint64 generation);
    void setPlaying(bool playing);

    std::unique_ptr<Worker> m_worker;
    bool m_playing = false;
};

} // namespace dscope
