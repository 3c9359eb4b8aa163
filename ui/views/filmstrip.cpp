// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/filmstrip.h"

#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/plaintip.h"
#include "ui/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr int s_bars = 26; ///< pixels of the highest bar
constexpr int s_gap = 3;
constexpr int s_kept = 400; ///< thumbnails that stay decoded

/// Whether a document's elements are clips.
bool holdsClips(const DocumentPtr &document)
{
    return document && document->task().shape.frames > 1;
}

} // namespace

FilmStrip::FilmStrip(ThresholdState *state, QWidget *parent) : QWidget(parent), m_state(state)
{
    setObjectName(QStringLiteral("filmStrip"));
    setAccessibleName(tr("Clips of the video"));
    setFocusPolicy(Qt::StrongFocus);
    setVisible(false);
    connect(state, &ThresholdState::changed, this, qOverload<>(&QWidget::update));
}

void FilmStrip::setDocument(DocumentPtr document)
{
    m_document = std::move(document);
    m_thumbnails.clear();
    m_clip = -1;
    setVisible(holdsClips(m_document));
    setSource(m_document && m_document->sourceCount() > 0 ? 0 : -1);
}

void FilmStrip::setSource(int source)
{
    m_source = holdsClips(m_document) && source >= 0 && source < m_document->sourceCount() ? source : -1;
    m_clips.clear();
    if (m_source >= 0) {
        const Document::SourceRef &ref = m_document->source(m_source);
        for (int face = ref.firstFace; face < ref.firstFace + ref.faces; ++face)
            m_clips.push_back(face);
        std::stable_sort(m_clips.begin(), m_clips.end(), [&](int a, int b) { return m_document->element(a).timeS < m_document->element(b).timeS; });
    }
    update();
}

void FilmStrip::setClip(int face)
{
    m_clip = face;
    setAccessibleDescription(face >= 0 && holdsClips(m_document) ? describe(face) : QString());
    update();
}

void FilmStrip::setView(double fromS, double toS, int left, int right)
{
    m_fromS = fromS;
    m_toS = std::max(fromS + 1e-3, toS);
    m_left = left;
    m_right = std::max(left + 1, right);
    update();
}

double FilmStrip::pixelOf(double seconds) const
{
    return m_left + (seconds - m_fromS) / (m_toS - m_fromS) * (m_right - m_left);
}

int FilmStrip::actionsHeight() const
{
    return m_source >= 0 && !m_document->sourceData(m_source).actions.empty() ? fontMetrics().height() + s_gap : 0;
}

int FilmStrip::barsTop() const
{
    return height() - s_bars - s_gap;
}

QRect FilmStrip::barOf(int face) const
{
    const Element &element = m_document->element(face);
    const double left = pixelOf(element.timeS);
    const double right = pixelOf(element.toS);
    const int high = std::max(2, static_cast<int>(std::lround(static_cast<double>(element.dScore) * s_bars)));
    return QRectF(left, barsTop() + s_bars - high, std::max(1.0, right - left - (right - left > 4 ? 1 : 0)), high).toRect();
}

int FilmStrip::clipAt(const QPoint &point) const
{
    int best = -1;
    double nearest = 12; // pixels beside all clips
    for (const int face : m_clips) {
        const Element &element = m_document->element(face);
        const double left = pixelOf(element.timeS);
        const double right = pixelOf(element.toS);
        const double away = point.x() < left ? left - point.x() : point.x() > right ? point.x() - right : 0;
        if (away < nearest) {
            nearest = away;
            best = face;
        }
    }
    return best;
}

QString FilmStrip::describe(int face) const
{
    const Element &element = m_document->element(face);
    const bool kept = m_document->kept(face, m_state->keep());
    QString text = tr("%1 to %2, D-score %3, %4")
                       .arg(timeText(element.timeS), timeText(element.toS), scoreText(static_cast<double>(element.dScore)), kept ? tr("kept") : tr("dropped"));
    const Document::FaceRef &ref = m_document->face(face);
    const std::vector<float> &scores = m_document->groupData(ref.group).embeddings;
    const auto dim = static_cast<std::size_t>(m_document->analysis().dim);
    const std::size_t at = static_cast<std::size_t>(ref.element) * dim;
    if (dim > 0 && scores.size() >= at + dim) {
        const auto best = std::max_element(scores.begin() + static_cast<std::ptrdiff_t>(at), scores.begin() + static_cast<std::ptrdiff_t>(at + dim));
        const auto label = static_cast<std::size_t>(best - scores.begin()) - at;
        const std::vector<std::string> &classes = m_document->analysis().classes;
        text += tr("; most likely %1 (%2)")
                    .arg(label < classes.size() ? toQString(classes[label]) : QString::number(label), percentText(static_cast<double>(*best), 0));
    }
    return text;
}

const QImage &FilmStrip::thumbnail(int face)
{
    auto found = m_thumbnails.find(face);
    if (found == m_thumbnails.end()) {
        if (m_thumbnails.size() >= s_kept)
            m_thumbnails.clear();
        QImage image;
        if (const auto &bytes = m_document->element(face).thumbnail)
            image = QImage::fromData(bytes->data(), static_cast<int>(bytes->size()));
        found = m_thumbnails.insert(face, image);
    }
    return *found;
}

void FilmStrip::paintActions(QPainter &painter) const
{
    for (const ShownAction &action : m_document->sourceData(m_source).actions) {
        const QRectF bar(pixelOf(action.fromS), 1, std::max(2.0, pixelOf(action.toS) - pixelOf(action.fromS)), fontMetrics().height());
        QColor ground = selectionColour(palette());
        ground.setAlpha(70);
        painter.fillRect(bar, ground);
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(bar.adjusted(3, 0, -1, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(toQString(action.label), Qt::ElideRight, static_cast<int>(bar.width()) - 4));
    }
}

void FilmStrip::paintThumbnails(QPainter &painter)
{
    const int top = actionsHeight() + 1;
    const int side = barsTop() - top - s_gap;
    if (side < 12)
        return;
    double free = m_left; // no thumbnail before has this pixel
    for (const int face : m_clips) {
        const Element &element = m_document->element(face);
        const double middle = pixelOf((element.timeS + element.toS) / 2);
        const QImage *image = nullptr;
        if (middle - side / 2.0 < free || middle + side / 2.0 > m_right + side / 2.0 || (image = &thumbnail(face))->isNull())
            continue;
        const int wide = image->width() * side / std::max(1, image->height());
        const QRectF place(middle - wide / 2.0, top, wide, side);
        painter.setOpacity(m_document->kept(face, m_state->keep()) ? 1 : 0.35);
        painter.drawImage(place, *image);
        painter.setOpacity(1);
        free = place.right() + s_gap;
    }
}

void FilmStrip::paintBars(QPainter &painter) const
{
    for (const int face : m_clips) {
        const QRect bar = barOf(face);
        if (bar.right() < m_left || bar.left() > m_right)
            continue;
        QColor colour = scoreColour(static_cast<double>(m_document->element(face).dScore));
        if (!m_document->kept(face, m_state->keep()))
            colour.setAlpha(60);
        painter.fillRect(bar, colour);
    }
    if (m_clip < 0 || std::find(m_clips.begin(), m_clips.end(), m_clip) == m_clips.end())
        return;
    const QRect bar = barOf(m_clip);
    painter.setPen(QPen(selectionColour(palette()), hasFocus() ? 2.5 : 1.5));
    painter.drawRect(QRect(bar.left() - 1, actionsHeight(), bar.width() + 1, barsTop() + s_bars - actionsHeight()));
}

void FilmStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (m_source < 0)
        return;
    painter.setClipRect(QRect(m_left, 0, m_right - m_left + 1, height()));
    paintActions(painter);
    paintThumbnails(painter);
    paintBars(painter);
}

void FilmStrip::choose(int face)
{
    setClip(face);
    Q_EMIT clipChosen(face);
}

void FilmStrip::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    if (const int face = clipAt(event->pos()); face >= 0)
        choose(face);
}

void FilmStrip::keyPressEvent(QKeyEvent *event)
{
    if (m_clips.empty())
        return QWidget::keyPressEvent(event);
    const auto found = std::find(m_clips.begin(), m_clips.end(), m_clip);
    const auto at = found == m_clips.end() ? 0 : static_cast<int>(found - m_clips.begin());
    const int last = static_cast<int>(m_clips.size()) - 1;
    int next = at;
    switch (event->key()) {
    case Qt::Key_Left: next = at - 1; break;
    case Qt::Key_Right: next = at + 1; break;
    case Qt::Key_Home: next = 0; break;
    case Qt::Key_End: next = last; break;
    case Qt::Key_Return:
    case Qt::Key_Enter: break;
    default: return QWidget::keyPressEvent(event);
    }
    choose(m_clips[static_cast<std::size_t>(std::clamp(next, 0, last))]);
}

bool FilmStrip::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto *help = static_cast<QHelpEvent *>(event);
    if (const int face = clipAt(help->pos()); face >= 0)
        QToolTip::showText(help->globalPos(), plainTip(describe(face)), this);
    else
        QToolTip::hideText();
    return true;
}

} // namespace dscope
