// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/thresholdstate.h"

#include "ui/convert.h"

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {
constexpr int runOfKeysMs = 1000;
}

/// One change of what is kept. Commands of the same gesture merge.
class KeepCommand : public QUndoCommand {
public:
    KeepCommand(ThresholdState *state, const Keep &before, const Keep &after, int gesture)
        : m_state(state), m_before(before), m_after(after), m_gesture(gesture)
    {
        name();
    }
    int id() const override { return 1; }
    void undo() override { m_state->apply(m_before); }
    void redo() override { m_state->apply(m_after); }
    bool mergeWith(const QUndoCommand *other) override
    {
        const auto *next = static_cast<const KeepCommand *>(other);
        if (m_gesture == 0 || next->m_gesture != m_gesture)
            return false;
        m_after = next->m_after;
        name();
        setObsolete(m_before == m_after);
        return true;
    }

private:
    void name()
    {
        if (m_after.weights != m_before.weights)
            setText(ThresholdState::tr("weights: %1").arg(weightsText(m_after.weights)));
        else
            setText(m_after.mode == Keep::Mode::TopK         ? ThresholdState::tr("best %1 of each group").arg(m_after.k)
                        : m_after.mode == Keep::Mode::Enough ? ThresholdState::tr("until D-scores sum to %1").arg(enoughText(m_after.enough))
                                                             : ThresholdState::tr("threshold %1").arg(scoreText(m_after.threshold)));
    }

    ThresholdState *m_state;
    Keep m_before;
    Keep m_after;
    int m_gesture;
};

ThresholdState::ThresholdState(QObject *parent) : QObject(parent)
{
    m_undo.setUndoLimit(500);
}

void ThresholdState::beginDrag()
{
    ++m_gesture;
    m_dragging = true;
    Q_EMIT draggingChanged(true);
}

void ThresholdState::endDrag()
{
    m_dragging = false;
    ++m_gesture;
    Q_EMIT draggingChanged(false);
}

void ThresholdState::setThreshold(double threshold)
{
    Keep after = m_keep;
    after.mode = Keep::Mode::Threshold;
    after.threshold = std::isnan(threshold) ? m_keep.threshold : std::clamp(threshold, 0.0, 1.0);
    push(after, m_dragging ? m_gesture : 0);
}

void ThresholdState::step(double by)
{
    if (!m_lastStep.isValid() || m_lastStep.elapsed() > runOfKeysMs)
        m_stepGesture = ++m_gesture;
    m_lastStep.start();
    Keep after = m_keep;
    after.mode = Keep::Mode::Threshold;
    // Onto the grid of thousandths that the number shows, so that steps up and down meet again.
    after.threshold = std::clamp(std::round((m_keep.threshold + by) * 1000) / 1000, 0.0, 1.0);
    push(after, m_stepGesture);
}

void ThresholdState::setTopK(int k)
{
    Keep after = m_keep;
    after.mode = Keep::Mode::TopK;
    after.k = std::max(1, k);
    push(after, m_dragging ? m_gesture : 0);
}

void ThresholdState::setEnough(double enough)
{
    Keep after = m_keep;
    after.mode = Keep::Mode::Enough;
    after.enough = std::isnan(enough) ? m_keep.enough : std::clamp(enough, Keep::leastEnough, Keep::mostEnough);
    push(after, m_dragging ? m_gesture : 0);
}

void ThresholdState::setKeep(const Keep &keep)
{
    switch (keep.mode) {
    case Keep::Mode::TopK: setTopK(keep.k); break;
    case Keep::Mode::Enough: setEnough(keep.enough); break;
    case Keep::Mode::Threshold:
    case Keep::Mode::All: setThreshold(keep.threshold); break;
    }
}

void ThresholdState::setMode(Keep::Mode mode)
{
    Keep after = m_keep;
    after.mode = mode;
    push(after, 0);
}

void ThresholdState::setWeights(const Weights &weights)
{
    m_weightsChosen = true;
    push(m_keep.weighed(weights), 0);
}

void ThresholdState::suggestWeights(const Weights &weights)
{
    if (!m_weightsChosen)
        apply(m_keep.weighed(weights));
}

void ThresholdState::reset(const Keep &keep, bool weightsChosen)
{
    m_weightsChosen = weightsChosen;
    m_undo.clear();
    apply(keep);
}

void ThresholdState::push(const Keep &after, int gesture)
{
    if (after != m_keep)
        m_undo.push(new KeepCommand(this, m_keep, after, gesture));
}

void ThresholdState::apply(const Keep &keep)
{
    if (keep == m_keep)
        return;
    m_keep = keep;
    Q_EMIT changed(m_keep);
}

} // namespace dscope
