// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/media/clipplaces.h"

#include <QWidget>

class QComboBox;
class QSpinBox;

namespace dscope {

/// How videos are divided into clips: how many or how far apart, the frames of a clip, and the crops of each. What is left as it is follows from the networks.
class ClipFields : public QWidget {
    Q_OBJECT
public:
    /// @param usual how a video is divided where nothing is said, in the user's words
    explicit ClipFields(const QString &usual, QWidget *parent = nullptr);

    ClipChoice choice() const;
    void setChoice(const ClipChoice &choice);
    /// The field that has the keyboard first.
    QWidget *first() const;

private:
    void followDivision();

    QComboBox *m_division;
    QSpinBox *m_count;
    QSpinBox *m_step;
    QSpinBox *m_stride;
    QComboBox *m_rate;
    QComboBox *m_crops;
};

} // namespace dscope
