// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/task.h"
#include "ui/models/evaluationstate.h"

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;
class QSlider;

namespace dscope {

/// The live threshold as a slider and a number, the way to weigh the kept faces, the FAR at which accuracy is read and whose prices count; below
/// them one line on what that gives and costs.
class LiveBar : public QWidget {
    Q_OBJECT
public:
    explicit LiveBar(EvaluationState *state, QWidget *parent = nullptr);

    static constexpr int sliderSteps = 1000;
    enum class Sureness {
        None,
        Late, ///< of a threshold that has been left: the one that is wanted is being computed
        Estimate,
        NotResolved,
        Exact
    };

    /// The words of a task; without pairs there is no FAR, nothing to recommend by it, and no other network's prices.
    void setTask(const Task &task);

    /// The methods to choose from, by name with their titles.
    void setMethods(const QStringList &names, const QStringList &titles);
    void setFars(const std::vector<double> &fars);
    /// The splits of the set by name; fewer than two: there is nothing to choose.
    void setSplits(const QStringList &names);
    /// Whether there is something to move.
    void setReady(bool ready);
    /// Whether the price of the base in use is known.
    void setPriced(bool priced);
    /// What is assumed of the prices, for the tool tip; empty: nothing.
    void setPriceNote(const QString &note);
    bool asIResNet100() const;
    /// `accuracy` is the large figure, `detail` the rest of the line.
    void setReadout(Sureness sureness, const QString &accuracy, const QString &detail);

    QSlider *slider() const { return m_slider; }
    QDoubleSpinBox *number() const { return m_number; }
    QString accuracy() const;
    QString detail() const;
    Sureness sureness() const { return m_sureness; }

Q_SIGNALS:
    void pricesChanged();
    void recommendWanted();
    void keepWanted();

protected:
    void changeEvent(QEvent *event) override;

private:
    void setUpFields();
    void follow();
    void colour();

    EvaluationState *m_state;
    QComboBox *m_method;
    QSlider *m_slider;
    QDoubleSpinBox *m_number;
    QComboBox *m_split;
    QComboBox *m_far;
    QLabel *m_farCaption = nullptr;
    QComboBox *m_prices;
    QPushButton *m_recommend;
    QPushButton *m_keep;
    QLabel *m_tag;
    QLabel *m_accuracy;
    QLabel *m_detail;
    Sureness m_sureness = Sureness::None;
};

} // namespace dscope
