// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/job.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace dscope {

/// A job in the status bar: what it does, how far it is, how long it will take, and Cancel. Shown only once it has run for half a second.
class JobBar : public QWidget {
    Q_OBJECT
public:
    explicit JobBar(QWidget *parent = nullptr);

    static constexpr int delayMs = 500;

    /// Watches a job until it is over. A later one takes the earlier one's place.
    void follow(Job *job);
    QString text() const;

private:
    void refresh();

    QPointer<Job> m_job;
    QTimer m_delay;
    QTimer m_tick;
    QLabel *m_text;
    QProgressBar *m_bar;
    QLabel *m_left;
    QPushButton *m_cancel;
};

/// "about 2 min left", in words that do not jitter.
QString timeLeftText(qint64 ms);

} // namespace dscope
