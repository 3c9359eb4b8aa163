// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/frameprovider.h"

#include "core/base/error.h"
#include "core/image/reader.h"
#include "core/media/framesource.h"
#include "ui/convert.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace dscope {

namespace {
using Clock = std::chrono::steady_clock;

constexpr double s_usualRate = 30;

struct Order {
    enum class Kind { Picture, Frame, Play } kind = Kind::Picture;
    std::filesystem::path file;
    qint64 frame = -1;
    double rate = s_usualRate;
    double untilS = -1;
};

ShownFrame shownFrame(const std::filesystem::path &file, const DecodedFrame &frame, int maxSide)
{
    const Picture picture = frame.pixels->whole();
    return {file, frame.index, frame.timeS, toQImage(picture, maxSide), QSize(picture.width, picture.height)};
}
} // namespace

struct FrameProvider::Worker {
    FrameProvider *owner;
    std::mutex mutex;
    std::condition_variable wake;
    std::optional<Order> order;         ///< the newest one
    std::atomic<quint64> generation{0}; ///< of the newest order; whatever belongs to an older one is dropped
    bool quit = false;
    std::atomic<int> underWay{0}; ///< frames of a playing video that the window has not drawn yet
    std::filesystem::path openFile;
    double openRate = 0;
    std::unique_ptr<FrameSource> source;
    std::thread thread;

    explicit Worker(FrameProvider *provider) : owner(provider) {}

    void give(Order next)
    {
        {
            const std::lock_guard lock(mutex);
            order = std::move(next);
            ++generation;
        }
        wake.notify_all();
    }

    template<typename Call>
    void post(Call call)
    {
        QMetaObject::invokeMethod(owner, std::move(call), Qt::QueuedConnection);
    }

    void run()
    {
        for (;;) {
            Order next;
            quint64 number = 0;
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [&] { return quit || order.has_value(); });
                if (quit)
                    return;
                next = std::move(*order);
                order.reset();
                number = generation.load();
            }
            try {
                serve(next, number);
            } catch (const std::exception &error) {
                source.reset();
                openFile.clear();
                post([owner = owner, number, detail = toQString(describe(error))] { owner->takeFailure(number, detail); });
            }
        }
    }

    FrameSource &open(const std::filesystem::path &file, double rate)
    {
        if (!source || openFile != file || openRate != rate) {
            source.reset();
            VideoOptions options;
            options.threads = 2;
            Progress quiet;
            constexpr std::int64_t parts = 1'000'000;
            source = openFrames(file, {std::max<std::int64_t>(1, std::llround(rate * parts)), parts}, quiet, options);
            openFile = file;
            openRate = rate;
        }
        return *source;
    }

    void serve(const Order &next, quint64 number)
    {
        if (next.kind == Order::Kind::Picture) {
            const Picture picture = readPicture(next.file);
            const ShownFrame frame{next.file, -1, -1, toQImage(picture, maxSide), QSize(picture.width, picture.height)};
            return post([owner = owner, number, frame] { owner->take(number, frame); });
        }
        FrameSource &video = open(next.file, next.rate);
        const std::optional<DecodedFrame> first = video.decodedAt(next.frame);
        if (!first)
            throw FileError(next.file, "frame " + std::to_string(next.frame) + " cannot be decoded");
        const ShownFrame frame = shownFrame(next.file, *first, maxSide);
        post([owner = owner, number, frame] { owner->take(number, frame); });
        if (next.kind == Order::Kind::Play)
            playOn(video, next, first->timeS, number);
    }

    void playOn(FrameSource &video, const Order &wanted, double fromS, quint64 number)
    {
        constexpr double tiny = 1e-4; // of a second: what a rate in millionths may be off by
        Clock::time_point start = Clock::now();
        underWay = 0;
        for (std::int64_t index = wanted.frame + 1; index < video.count(); ++index) {
            const std::optional<DecodedFrame> decoded = video.decodedAt(index);
            if (!decoded)
                continue; // damaged: the one before stays
            if (wanted.untilS >= 0 && decoded->timeS >= wanted.untilS - tiny)
                break;
            const auto due = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(decoded->timeS - fromS));
            {
                std::unique_lock lock(mutex);
                // Sleeps until the frame is due, unless something newer is wanted.
                wake.wait_until(lock, due, [&] { return quit || generation.load() != number; });
                if (quit || generation.load() != number)
                    return;
            }
            // Decoding that falls behind by a quarter of a second slows the clock down rather than run through the rest at full speed.
            const auto late = Clock::now() - due;
            if (late > std::chrono::milliseconds(250))
                start += late;
            if (underWay.load() >= 2)
                continue; // the window is busy: skip the display of this one
            ++underWay;
            const ShownFrame frame = shownFrame(wanted.file, *decoded, maxSide);
            post([this, owner = owner, number, frame] {
                --underWay;
                owner->take(number, frame);
            });
        }
        post([owner = owner, number] { owner->takeEnd(number); });
    }
};

FrameProvider::FrameProvider(QObject *parent) : QObject(parent), m_worker(std::make_unique<Worker>(this))
{
    m_worker->thread = std::thread([worker = m_worker.get()] { worker->run(); });
}

FrameProvider::~FrameProvider()
{
    {
        const std::lock_guard lock(m_worker->mutex);
        m_worker->quit = true;
        ++m_worker->generation;
    }
    m_worker->wake.notify_all();
    m_worker->thread.join();
}

void FrameProvider::requestPicture(const std::filesystem::path &file)
{
    setPlaying(false);
    m_worker->give({Order::Kind::Picture, file});
}

void FrameProvider::requestFrame(const std::filesystem::path &video, qint64 frame)
{
    setPlaying(false);
    m_worker->give({Order::Kind::Frame, video, frame});
}

void FrameProvider::play(const std::filesystem::path &video, qint64 fromFrame, double rate, double untilS)
{
    m_worker->give({Order::Kind::Play, video, std::max<qint64>(0, fromFrame), rate > 0 ? rate : s_usualRate, untilS});
    setPlaying(true);
}

void FrameProvider::pause()
{
    if (m_playing)
        drop();
}

void FrameProvider::drop()
{
    {
        const std::lock_guard lock(m_worker->mutex);
        m_worker->order.reset();
        ++m_worker->generation;
    }
    m_worker->wake.notify_all();
    setPlaying(false);
}

void FrameProvider::take(quint64 generation, const ShownFrame &frame)
{
    if (generation == m_worker->generation.load())
        Q_EMIT shown(frame);
}

void FrameProvider::takeFailure(quint64 generation, const QString &detail)
{
    if (generation != m_worker->generation.load())
        return;
    setPlaying(false);
    Q_EMIT failed(detail);
}

void FrameProvider::takeEnd(quint64 generation)
{
    if (generation == m_worker->generation.load())
        setPlaying(false);
}

void FrameProvider::setPlaying(bool playing)
{
    if (playing == m_playing)
        return;
    m_playing = playing;
    Q_EMIT playingChanged(playing);
}

} // namespace dscope
