// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/evaluationstate.h"

#include <QStringList>
#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSlider;
class QSpinBox;

namespace dscope {

/// Which clips of every video are kept, the best K or those above a threshold, and how they are weighed; below one line on what that gives and costs.
class ClassesBar : public QWidget {
    Q_OBJECT
public:
    explicit ClassesBar(EvaluationState *state, QWidget *parent = nullptr);

    /// The methods to choose from, by name with their titles.
    void setMethods(const QStringList &names, const QStringList &titles);
    /// Whether there is something to move.
    void setReady(bool ready);
    /// @param text rich
    void setReadout(const QString &text);

Q_SIGNALS:
    void keepWanted();

private:
    void follow();

    EvaluationState *m_state;
    QComboBox *m_method;
    QComboBox *m_mode;
    QSpinBox *m_k;
    QSlider *m_slider;
    QDoubleSpinBox *m_threshold;
    QPushButton *m_keep;
    QLabel *m_readout;
    bool m_ready = false;
    bool m_following = false; ///< fields are set, nobody moves them
};

} // namespace dscope
