// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QCache>
#include <QImage>
#include <QObject>
#include <QThreadPool>

#include <memory>
#include <vector>

namespace dscope {

/// Where thumbnails come from: items numbered from 0.
class ThumbnailSource {
public:
    virtual ~ThumbnailSource() = default;
    /// Whether an item has a picture at all.
    virtual bool has(int item) const = 0;
    /// Decodes it. Called from worker threads. @throws std::exception: the item shows as a grey square
    virtual QImage image(int item) const = 0;
};

/// What stands for a picture that cannot be shown: a source may give it in place of a picture, and the cache gives it where a source throws.
/// @param label a few words to draw in its place @param detail the whole reason, for a tool tip
QImage missingThumbnail(const QString &label, const QString &detail);
/// The two, empty for a picture that can be shown.
QString missingLabel(const QImage &image);
QString missingDetail(const QImage &image);

/// Decodes thumbnails in worker threads into a cache limited by bytes. A view says what it shows; that goes first, then
/// what is near, and whatever it asked for before and no longer shows is dropped.
class ThumbnailCache : public QObject {
    Q_OBJECT
public:
    explicit ThumbnailCache(QObject *parent = nullptr);
    ~ThumbnailCache() override;

    static constexpr qsizetype defaultLimit = qsizetype{128} << 20;

    /// `again` says which face of this document each face of the last one is (Document::facesOf); their pictures stay.
    void setDocument(DocumentPtr document, const std::vector<int> &again = {});
    /// Shows the items of something else than a document.
    void setSource(std::shared_ptr<const ThumbnailSource> source);
    void setLimit(qsizetype bytes);
    qsizetype limit() const;
    qsizetype bytes() const;
    /// The face drawn at `side` pixels if it is there; else at another size it was asked for before; else null. Never decodes.
    QImage image(int face, int side);
    /// What one view (any pointer) shows now, in order of importance. Replaces what it wanted before.
    void want(const void *view, const std::vector<int> &faces, int side);
    /// Requests waiting or being decoded.
    int pending() const;
    /// Thumbnails decoded since the document was set; for tests and measurement.
    qint64 decoded() const { return m_decodedCount; }
    /// Faces in the order in which they were decoded last; for tests.
    const std::vector<int> &history() const { return m_history; }

Q_SIGNALS:
    /// Some images arrived: repaint.
    void arrived();

private:
    struct Shared;
    void forget();
    static void work(const std::shared_ptr<Shared> &shared);
    void collect();
    static quint64 key(int face, int side) { return static_cast<quint64>(side) << 32 | static_cast<quint32>(face); }

    std::shared_ptr<Shared> m_shared;
    QThreadPool m_pool;
    QCache<quint64, QImage> m_cache;
    std::vector<int> m_sides; ///< asked for lately, newest first
    std::shared_ptr<const ThumbnailSource> m_source;
    qint64 m_decodedCount = 0;
    std::vector<int> m_history;
};

} // namespace dscope
