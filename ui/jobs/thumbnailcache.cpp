// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/thumbnailcache.h"

#include "core/base/error.h"
#include "core/base/picture.h"
#include "ui/convert.h"

#include <QPainter>

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

namespace dscope {

namespace {
QString labelKey()
{
    return QStringLiteral("dscope.missing");
}

QString detailKey()
{
    return QStringLiteral("dscope.missing.detail");
}

constexpr int workers = 2;
constexpr std::size_t batch = 8; ///< pictures a worker decodes before it hands them over
constexpr std::size_t historyLength = 4096;

struct Request {
    const void *view;
    int face;
    int side;
    std::shared_ptr<const ThumbnailSource> source;
};

/// The faces of a document, each with its JPEG.
class DocumentThumbnails final : public ThumbnailSource {
public:
    explicit DocumentThumbnails(DocumentPtr document) : m_document(std::move(document)) {}
    bool has(int item) const override
    {
        if (item < 0 || item >= m_document->faceCount())
            return false;
        const auto &jpeg = m_document->element(item).thumbnail;
        return jpeg && !jpeg->empty();
    }
    QImage image(int item) const override { return toQImage(decodeJpeg(*m_document->element(item).thumbnail)); }

private:
    DocumentPtr m_document;
};

struct Arrival {
    int face;
    int side;
    QImage image;
};

/// As large as it fits, in the middle of a square; what is left, beside a person, is transparent.
QImage inSquare(const QImage &image, int side)
{
    QImage scaled = image.scaled(side, side, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    if (scaled.width() == scaled.height())
        return scaled;
    QImage square(side, side, QImage::Format_ARGB32_Premultiplied);
    square.fill(Qt::transparent);
    QPainter(&square).drawImage((side - scaled.width()) / 2, (side - scaled.height()) / 2, scaled);
    return square;
}

QImage decode(const Request &request)
{
    try {
        const QImage image = request.source->image(request.face);
        const bool fits = image.width() == request.side && image.height() == request.side;
        return fits || !missingLabel(image).isEmpty() ? image : inSquare(image, request.side);
    } catch (const std::exception &error) {
        // A damaged thumbnail shows as a grey square and is not tried again.
        QImage grey(request.side, request.side, QImage::Format_RGB32);
        grey.fill(QColor(0x80, 0x80, 0x80));
        grey.setText(labelKey(), ThumbnailCache::tr("picture cannot be read"));
        grey.setText(detailKey(), toQString(describe(error)));
        return grey;
    }
}
} // namespace

QImage missingThumbnail(const QString &label, const QString &detail)
{
    QImage image(1, 1, QImage::Format_RGB32);
    image.fill(QColor(0x80, 0x80, 0x80));
    image.setText(labelKey(), label);
    image.setText(detailKey(), detail);
    return image;
}

QString missingLabel(const QImage &image)
{
    return image.text(labelKey());
}

QString missingDetail(const QImage &image)
{
    return image.text(detailKey());
}

struct ThumbnailCache::Shared {
    std::mutex mutex;
    ThumbnailCache *cache = nullptr; ///< null once it is gone
    quint64 generation = 0;
    std::deque<Request> queue;
    std::set<quint64> underWay;
    std::vector<Arrival> arrivals;
    int running = 0;
    bool posted = false;
};

ThumbnailCache::ThumbnailCache(QObject *parent) : QObject(parent), m_shared(std::make_shared<Shared>()), m_cache(defaultLimit)
{
    m_shared->cache = this;
    m_pool.setMaxThreadCount(workers);
}

ThumbnailCache::~ThumbnailCache()
{
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->cache = nullptr;
        m_shared->queue.clear();
    }
    m_pool.waitForDone();
}

void ThumbnailCache::forget()
{
    const std::lock_guard lock(m_shared->mutex);
    ++m_shared->generation;
    m_shared->queue.clear();
    m_shared->underWay.clear();
    m_shared->arrivals.clear();
}

void ThumbnailCache::setSource(std::shared_ptr<const ThumbnailSource> source)
{
    forget();
    m_cache.clear();
    m_history.clear();
    m_decodedCount = 0;
    m_source = std::move(source);
}

void ThumbnailCache::setDocument(DocumentPtr document, const std::vector<int> &again)
{
    forget();
    std::vector<std::pair<quint64, QImage *>> kept;
    const QList<quint64> keys = m_cache.keys();
    for (const quint64 old : keys) {
        const auto face = static_cast<std::size_t>(old & 0xffffffffU);
        if (face < again.size() && again[face] >= 0)
            kept.emplace_back(key(again[face], static_cast<int>(old >> 32)), m_cache.take(old));
    }
    setSource(document ? std::make_shared<DocumentThumbnails>(std::move(document)) : nullptr);
    for (const auto &[fresh, image] : kept)
        m_cache.insert(fresh, image, image->sizeInBytes());
}

void ThumbnailCache::setLimit(qsizetype bytes)
{
    m_cache.setMaxCost(bytes);
}

qsizetype ThumbnailCache::limit() const
{
    return m_cache.maxCost();
}

qsizetype ThumbnailCache::bytes() const
{
    return m_cache.totalCost();
}

QImage ThumbnailCache::image(int face, int side)
{
    if (const QImage *image = m_cache.object(key(face, side)))
        return *image;
    for (const int other : m_sides)
        if (const QImage *image = m_cache.object(key(face, other)))
            return *image;
    return {};
}

void ThumbnailCache::want(const void *view, const std::vector<int> &faces, int side)
{
    if (const auto known = std::find(m_sides.begin(), m_sides.end(), side); known != m_sides.end())
        m_sides.erase(known);
    m_sides.insert(m_sides.begin(), side);
    m_sides.resize(std::min<std::size_t>(m_sides.size(), 4));

    std::vector<Request> wanted;
    for (const int face : faces) {
        if (m_source && !m_cache.contains(key(face, side)) && m_source->has(face))
            wanted.push_back({view, face, side, m_source});
    }
    int missing = 0;
    {
        const std::lock_guard lock(m_shared->mutex);
        std::erase_if(m_shared->queue, [&](const Request &request) { return request.view == view; });
        std::erase_if(wanted, [&](const Request &request) { return m_shared->underWay.contains(key(request.face, request.side)); });
        m_shared->queue.insert(m_shared->queue.end(), std::make_move_iterator(wanted.begin()), std::make_move_iterator(wanted.end()));
        const int useful = std::min<int>(workers, static_cast<int>((m_shared->queue.size() + batch - 1) / batch));
        missing = std::max(0, useful - m_shared->running);
        m_shared->running += missing;
    }
    for (int i = 0; i < missing; ++i)
        m_pool.start([shared = m_shared] { work(shared); });
}

int ThumbnailCache::pending() const
{
    const std::lock_guard lock(m_shared->mutex);
    return static_cast<int>(m_shared->queue.size() + m_shared->underWay.size());
}

void ThumbnailCache::work(const std::shared_ptr<Shared> &shared)
{
    std::vector<Request> mine;
    std::vector<Arrival> done;
    for (;;) {
        quint64 generation = 0;
        {
            const std::lock_guard lock(shared->mutex);
            if (shared->queue.empty()) {
                --shared->running;
                return;
            }
            generation = shared->generation;
            mine.clear();
            while (!shared->queue.empty() && mine.size() < batch) {
                mine.push_back(std::move(shared->queue.front()));
                shared->queue.pop_front();
                shared->underWay.insert(key(mine.back().face, mine.back().side));
            }
        }
        done.clear();
        for (const Request &request : mine)
            done.push_back({request.face, request.side, decode(request)});
        const std::lock_guard lock(shared->mutex);
        if (generation != shared->generation)
            continue;
        shared->arrivals.insert(shared->arrivals.end(), done.begin(), done.end());
        if (shared->cache != nullptr && !shared->posted) {
            shared->posted = true;
            QMetaObject::invokeMethod(
                shared->cache, [cache = shared->cache] { cache->collect(); }, Qt::QueuedConnection);
        }
    }
}

void ThumbnailCache::collect()
{
    std::vector<Arrival> arrivals;
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->posted = false;
        arrivals.swap(m_shared->arrivals);
        for (const Arrival &arrival : arrivals)
            m_shared->underWay.erase(key(arrival.face, arrival.side));
    }
    if (arrivals.empty())
        return;
    for (Arrival &arrival : arrivals) {
        const qsizetype cost = arrival.image.sizeInBytes();
        m_cache.insert(key(arrival.face, arrival.side), new QImage(std::move(arrival.image)), cost);
        ++m_decodedCount;
        if (m_history.size() < historyLength)
            m_history.push_back(arrival.face);
    }
    Q_EMIT arrived();
}

} // namespace dscope
