// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/jobbar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>

namespace dscope {

namespace {
constexpr int progressSteps = 1000;
}

QString timeLeftText(qint64 ms)
{
    const qint64 seconds = (ms + 999) / 1000;
    if (seconds < 10)
        return JobBar::tr("a few seconds left");
    if (seconds < 90)
        return JobBar::tr("about %1 s left").arg((seconds + 4) / 5 * 5);
    if (seconds < 5400)
        return JobBar::tr("about %1 min left").arg((seconds + 30) / 60);
    return JobBar::tr("about %1 h left").arg((seconds + 1800) / 3600);
}

JobBar::JobBar(QWidget *parent)
    : QWidget(parent), m_text(new QLabel(this)), m_bar(new QProgressBar(this)), m_left(new QLabel(this)), m_cancel(new QPushButton(tr("Cancel"), this))
{
    setObjectName(QStringLiteral("jobBar"));
    m_text->setTextFormat(Qt::PlainText);
    m_bar->setAccessibleName(tr("Progress"));
    m_bar->setFixedWidth(220);
    m_bar->setTextVisible(true);
    m_cancel->setObjectName(QStringLiteral("cancel"));
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(m_text);
    line->addWidget(m_bar);
    line->addWidget(m_left);
    line->addWidget(m_cancel);
    m_delay.setSingleShot(true);
    m_delay.setInterval(delayMs);
    connect(&m_delay, &QTimer::timeout, this, [this] {
        if (m_job && !m_job->isOver()) {
            refresh();
            show();
            m_tick.start(500);
        }
    });
    connect(&m_tick, &QTimer::timeout, this, &JobBar::refresh);
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        if (m_job)
            m_job->cancel();
    });
    hide();
}

void JobBar::follow(Job *job)
{
    if (m_job)
        m_job->disconnect(this);
    m_job = job;
    m_tick.stop();
    hide();
    if (job == nullptr)
        return;
    m_delay.start();
    connect(job, &Job::progress, this, &JobBar::refresh);
    connect(job, &Job::stage, this, &JobBar::refresh);
    connect(job, &Job::stateChanged, this, &JobBar::refresh);
    connect(job, &QObject::destroyed, this, [this] {
        m_delay.stop();
        m_tick.stop();
        hide();
    });
}

QString JobBar::text() const
{
    return m_text->text();
}

void JobBar::refresh()
{
    if (!m_job || m_job->isOver()) {
        m_tick.stop();
        m_delay.stop();
        hide();
        return;
    }
    const bool cancelling = m_job->state() == Job::State::Cancelling;
    m_cancel->setEnabled(!cancelling);
    m_text->setText(cancelling ? tr("Cancelling…") : m_job->stageText().isEmpty() ? m_job->title() : m_job->stageText());
    if (m_job->total() > 0) {
        m_bar->setRange(0, progressSteps);
        m_bar->setValue(static_cast<int>(std::clamp<double>(static_cast<double>(m_job->done()) / static_cast<double>(m_job->total()), 0, 1) * progressSteps));
    } else {
        m_bar->setRange(0, 0); // moves to and fro: the end is not known
    }
    const std::optional<qint64> left = cancelling ? std::nullopt : m_job->leftMs();
    m_left->setText(left ? timeLeftText(*left) : QString());
}

} // namespace dscope
