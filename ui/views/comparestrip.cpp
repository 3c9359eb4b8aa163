// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/comparestrip.h"

#include "ui/convert.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/theme.h"

#include <QLocale>
#include <QMouseEvent>
#include <QPainter>

namespace dscope {

namespace {
constexpr int side = 112; ///< the pictures' own size
constexpr int margin = 8;
} // namespace

CompareStrip::CompareStrip(LabelState *state, ThumbnailCache *cache, QWidget *parent) : QWidget(parent), m_state(state), m_cache(cache)
{
    setObjectName(QStringLiteral("compare"));
    setAccessibleName(tr("The chosen picture beside its own class and the one it is confused with"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(state, &LabelState::chosenChanged, this, &CompareStrip::follow);
    connect(cache, &ThumbnailCache::arrived, this, qOverload<>(&QWidget::update));
}

QSize CompareStrip::sizeHint() const
{
    return {480, side + 2 * margin + 3 * fontMetrics().height() + 6};
}

QRect CompareStrip::place(int number) const
{
    const int cell = width() / 3;
    return {number * cell + (cell - side) / 2, margin + fontMetrics().height() + 2, side, side};
}

void CompareStrip::follow()
{
    m_pictures = {-1, -1, -1};
    const int current = m_state->current();
    if (current >= 0) {
        const LabelSet &set = *m_state->set();
        m_pictures = {set.companion(current), current, set.representative(set.confusedWith(current))};
        m_cache->want(this, {m_pictures.begin(), m_pictures.end()}, qRound(side * devicePixelRatioF()));
    }
    update();
}

void CompareStrip::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    const QColor weak = subtleColour(palette());
    if (m_pictures[1] < 0) {
        painter.setPen(weak);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, tr("Choose a picture in the list or in the scatter plot to compare it."));
        return;
    }
    const LabelSet &set = *m_state->set();
    const int picture = m_pictures[1];
    const int line = fontMetrics().height();
    const int cell = width() / 3;
    const auto number = [](double value) { return QLocale().toString(value, 'f', 3); };
    const auto measure = [&](double value, int label) {
        const QString pictures = tr("%n picture(s)", nullptr, set.countOf(label));
        return (set.cosine() ? tr("cosine %1 · %2") : tr("distance %1 · %2")).arg(number(value), pictures);
    };
    const bool itself = m_pictures[0] == picture;
    const std::array<QString, 3> heads{tr("Its own class"), tr("This picture"), tr("Confused with")};
    const std::array<QString, 3> names{toQString(set.person(set.label(picture))), tr("D-score %1").arg(scoreText(set.normalised(picture))),
                                       toQString(set.person(set.confusedWith(picture)))};
    const std::array<QString, 3> details{itself ? tr("its only picture") : measure(set.own(picture), set.label(picture)),
                                         set.misplaced(picture) ? tr("closer to the other class") : tr("closer to its own class"),
                                         measure(set.hardest(picture), set.confusedWith(picture))};
    for (int i = 0; i < 3; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const QRect frame = place(i);
        const QRect text(i * cell + 4, 0, cell - 8, line);
        painter.setFont(font());
        painter.setPen(weak);
        painter.drawText(text.translated(0, margin - 2), Qt::AlignCenter, fontMetrics().elidedText(heads[at], Qt::ElideRight, text.width()));
        const QImage image = m_cache->image(m_pictures[at], qRound(side * devicePixelRatioF()));
        if (image.isNull())
            painter.fillRect(frame, palette().color(QPalette::AlternateBase));
        else
            painter.drawImage(frame, image);
        if (i == 1) {
            painter.setPen(QPen(selectionColour(palette()), 2));
            painter.drawRect(frame.adjusted(-1, -1, 0, 0));
        }
        QFont bold = font();
        bold.setBold(true);
        painter.setFont(bold);
        painter.setPen(palette().color(QPalette::Text));
        painter.drawText(text.translated(0, frame.bottom() + 4), Qt::AlignCenter, QFontMetrics(bold).elidedText(names[at], Qt::ElideRight, text.width()));
        painter.setFont(font());
        painter.setPen(i == 1 && set.misplaced(picture) ? thresholdColour(palette()) : weak);
        painter.drawText(text.translated(0, frame.bottom() + 4 + line), Qt::AlignCenter, fontMetrics().elidedText(details[at], Qt::ElideRight, text.width()));
    }
}

void CompareStrip::mouseReleaseEvent(QMouseEvent *event)
{
    for (const int number : {0, 2})
        if (m_pictures[static_cast<std::size_t>(number)] >= 0 && place(number).contains(event->position().toPoint()))
            Q_EMIT m_state->pictureWanted(m_pictures[static_cast<std::size_t>(number)]);
}

} // namespace dscope
