// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/document.h"

#include <QElapsedTimer>
#include <QObject>
#include <QUndoStack>

namespace dscope {

/// The one place that knows what is kept. Every view follows changed(); every change can be undone, a whole drag in one step.
class ThresholdState : public QObject {
    Q_OBJECT
public:
    explicit ThresholdState(QObject *parent = nullptr);

    /// The paper's default (section 4, protocols.md section 0).
    static constexpr double defaultThreshold = 0.15;

    const Keep &keep() const { return m_keep; }
    double threshold() const { return m_keep.threshold; }
    QUndoStack *undoStack() { return &m_undo; }
    bool dragging() const { return m_dragging; }

    /// From here to endDrag() all changes become one undo step.
    void beginDrag();
    void endDrag();
    /// Moves the threshold (clamped to 0..1) and leaves top-K.
    void setThreshold(double threshold);
    /// Moves by a step of the keys; steps that follow each other within a second become one undo step.
    void step(double by);
    /// Keeps the best `k` of every group.
    void setTopK(int k);
    /// Keeps the best of every group until their D-scores sum to `enough`.
    void setEnough(double enough);
    /// Any of the three; the weights stay as they are.
    void setKeep(const Keep &keep);
    /// What the kept weigh. From here on the user has chosen.
    void setWeights(const Weights &weights);
    /// The weights that suit the document, where nobody has chosen yet; no undo step.
    void suggestWeights(const Weights &weights);
    /// Between the ways of keeping, each with its last value.
    void setMode(Keep::Mode mode);
    /// Without an undo step, and forgets those there are: for a newly opened document or restored settings. @param weightsChosen whether its weights are
    /// somebody's choice
    void reset(const Keep &keep, bool weightsChosen = true);

Q_SIGNALS:
    void changed(const dscope::Keep &keep);
    void draggingChanged(bool dragging);

private:
    friend class KeepCommand;
    void push(const Keep &after, int gesture);
    void apply(const Keep &keep);

    Keep m_keep;
    bool m_weightsChosen = false;
    QUndoStack m_undo;
    bool m_dragging = false;
    int m_gesture = 0; ///< numbers drags and runs of key presses; equal numbers merge
    QElapsedTimer m_lastStep;
    int m_stepGesture = 0;
};

} // namespace dscope
