// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/timelinepanel.h"

#include "ui/convert.h"
#include "ui/jobs/frameprovider.h"
#include "ui/plots/timelineplot.h"
#include "ui/theme.h"
#include "ui/views/filmstrip.h"
#include "ui/views/parts.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace dscope {

TimelinePanel::TimelinePanel(FrameProvider *frames, ThresholdState *state, QWidget *parent)
    : QWidget(parent), m_frames(frames), m_play(new QToolButton(this)), m_position(new QLabel(this)), m_plot(new TimelinePlot(state, this)),
      m_strip(new FilmStrip(state, this))
{
    QVBoxLayout *column = fillingColumn(this);
    auto *head = new QHBoxLayout;
    head->setContentsMargins(4, 2, 4, 0);
    m_play->setObjectName(QStringLiteral("play"));
    m_play->setAccessibleName(tr("Play or pause"));
    m_play->setToolTip(tr("Play or pause the video (Space)"));
    connect(m_play, &QToolButton::clicked, this, &TimelinePanel::playClicked);
    connect(m_frames, &FrameProvider::playingChanged, this, &TimelinePanel::updateIcon);
    m_position->setObjectName(QStringLiteral("position"));
    head->addWidget(m_play);
    head->addWidget(m_position, 1);
    column->addLayout(head);
    column->addWidget(m_plot, 1);
    column->addWidget(m_strip);
    connect(m_plot, &QCustomPlot::afterReplot, this, &TimelinePanel::alignStrip);
    updateIcon();
}

void TimelinePanel::updateIcon()
{
    m_play->setIcon(themedIcon(m_frames->isPlaying() ? QStringLiteral("pause") : QStringLiteral("play"), palette()));
}

/// The strip's seconds lie below the plot's.
void TimelinePanel::alignStrip()
{
    if (m_strip->isHidden())
        return;
    const QRect axes = m_plot->axisRect()->rect();
    m_strip->setView(m_plot->xAxis->range().lower, m_plot->xAxis->range().upper, axes.left(), axes.right());
}

void TimelinePanel::setDocument(const DocumentPtr &document)
{
    m_document = document;
    m_strip->setDocument(document);
    m_plot->setDocument(document);
}

void TimelinePanel::setFace(int face)
{
    m_plot->setPlayheadAtFace(face);
    if (face >= 0 && m_document)
        m_strip->setSource(m_document->face(face).source);
    m_strip->setClip(face);
    if (face < 0) {
        m_play->setEnabled(false);
        return m_position->clear();
    }
    const Element &element = m_document->element(face);
    m_play->setEnabled(m_document->isVideo(m_document->face(face).source));
    m_position->setText(element.timeS >= 0 ? tr("%1  ·  frame %2").arg(timeText(element.timeS)).arg(element.frame) : toQString(element.file.filename()));
}

void TimelinePanel::setFrame(int source, qint64 frame, double timeS)
{
    if (source == m_plot->source())
        m_plot->setPlayhead(timeS);
    m_position->setText(tr("%1  ·  frame %2").arg(timeText(timeS)).arg(frame));
}

void TimelinePanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        updateIcon();
}

} // namespace dscope
