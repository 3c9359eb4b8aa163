// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/labelstate.h"

#include <QUndoCommand>

#include <utility>

namespace dscope {

/// Some pictures go out, or come back.
class ExcludeCommand : public QUndoCommand {
public:
    ExcludeCommand(LabelState *state, std::vector<int> pictures, bool exclude) : m_state(state), m_pictures(std::move(pictures)), m_exclude(exclude)
    {
        const int count = static_cast<int>(m_pictures.size());
        setText(exclude ? LabelState::tr("exclude %n picture(s)", nullptr, count) : LabelState::tr("take back %n picture(s)", nullptr, count));
    }
    void redo() override { m_state->apply(m_pictures, m_exclude); }
    void undo() override { m_state->apply(m_pictures, !m_exclude); }

private:
    LabelState *m_state;
    std::vector<int> m_pictures;
    bool m_exclude;
};

LabelState::LabelState(QObject *parent) : QObject(parent) {}

void LabelState::setSet(LabelSetPtr set)
{
    m_set = std::move(set);
    const auto size = static_cast<std::size_t>(m_set ? m_set->size() : 0);
    m_excluded.assign(size, false);
    m_inBrush.assign(size, false);
    m_excludedCount = 0;
    m_hasBrush = false;
    m_brushed.clear();
    m_chosen.clear();
    m_current = -1;
    m_undo.clear();
    fillShown();
    Q_EMIT setChanged();
    Q_EMIT brushChanged();
    Q_EMIT excludedChanged();
    Q_EMIT chosenChanged();
}

void LabelState::fillShown()
{
    m_shown.clear();
    if (!m_set)
        return;
    m_shown.reserve(m_set->order().size());
    for (const int picture : m_set->order())
        if (m_showsAlone || !m_set->alone(picture))
            m_shown.push_back(picture);
}

void LabelState::setShowsAlone(bool shows)
{
    if (shows == m_showsAlone)
        return;
    m_showsAlone = shows;
    fillShown();
    clearBrush();
    Q_EMIT brushChanged();
}

void LabelState::setBrush(const std::vector<int> &pictures)
{
    if (!m_set)
        return;
    m_inBrush.assign(m_inBrush.size(), false);
    for (const int picture : pictures)
        m_inBrush[static_cast<std::size_t>(picture)] = true;
    m_brushed.clear();
    for (const int picture : m_shown)
        if (m_inBrush[static_cast<std::size_t>(picture)])
            m_brushed.push_back(picture);
    m_hasBrush = true;
    Q_EMIT brushChanged();
}

void LabelState::clearBrush()
{
    if (!m_hasBrush)
        return;
    m_hasBrush = false;
    m_brushed.clear();
    m_inBrush.assign(m_inBrush.size(), false);
    Q_EMIT brushChanged();
}

std::vector<int> LabelState::excludedPictures() const
{
    std::vector<int> pictures;
    for (std::size_t i = 0; i < m_excluded.size(); ++i)
        if (m_excluded[i])
            pictures.push_back(static_cast<int>(i));
    return pictures;
}

void LabelState::exclude(const std::vector<int> &pictures, bool exclude)
{
    // Only those that change, so that undoing brings back exactly what was.
    std::vector<int> changing;
    for (const int picture : pictures)
        if (isExcluded(picture) != exclude)
            changing.push_back(picture);
    if (!changing.empty())
        m_undo.push(new ExcludeCommand(this, std::move(changing), exclude));
}

void LabelState::apply(const std::vector<int> &pictures, bool exclude)
{
    for (const int picture : pictures)
        m_excluded[static_cast<std::size_t>(picture)] = exclude;
    m_excludedCount += (exclude ? 1 : -1) * static_cast<int>(pictures.size());
    Q_EMIT excludedChanged();
}

void LabelState::choose(std::vector<int> chosen, int current)
{
    if (chosen == m_chosen && current == m_current)
        return;
    m_chosen = std::move(chosen);
    m_current = current;
    Q_EMIT chosenChanged();
}

} // namespace dscope
