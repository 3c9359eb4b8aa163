// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/labelset.h"

#include <QObject>
#include <QUndoStack>

#include <memory>
#include <vector>

namespace dscope {

using LabelSetPtr = std::shared_ptr<const LabelSet>;

/// What is chosen and excluded in a labelled set. Every view of the page for labels follows it; exclusions can be undone.
class LabelState : public QObject {
    Q_OBJECT
public:
    explicit LabelState(QObject *parent = nullptr);

    const LabelSetPtr &set() const { return m_set; }
    /// Another set: nothing is brushed or excluded, nothing to undo.
    void setSet(LabelSetPtr set);

    /// Pictures that are alone in their class are left out of all views unless this is on.
    bool showsAlone() const { return m_showsAlone; }
    void setShowsAlone(bool shows);
    /// The pictures in the views, from the least discriminative one on.
    const std::vector<int> &shown() const { return m_shown; }

    /// The pictures under the brush, from the least discriminative one on; all shown without one.
    const std::vector<int> &brushed() const { return m_hasBrush ? m_brushed : m_shown; }
    bool hasBrush() const { return m_hasBrush; }
    bool isBrushed(int picture) const { return m_hasBrush && m_inBrush[static_cast<std::size_t>(picture)]; }
    /// Takes those of `pictures` that are shown.
    void setBrush(const std::vector<int> &pictures);
    void clearBrush();

    bool isExcluded(int picture) const { return m_excluded[static_cast<std::size_t>(picture)]; }
    const std::vector<bool> &excluded() const { return m_excluded; }
    int excludedCount() const { return m_excludedCount; }
    /// Excluded pictures, ascending.
    std::vector<int> excludedPictures() const;
    /// One step to undo; nothing happens where all of them are so already.
    void exclude(const std::vector<int> &pictures, bool exclude);
    /// True while there are exclusions that setSaved() has not been told of.
    bool isDirty() const { return !m_undo.isClean(); }
    void setSaved() { m_undo.setClean(); }
    QUndoStack *undoStack() { return &m_undo; }

    /// Pictures chosen in the list, and the one with the keyboard; -1: none.
    const std::vector<int> &chosen() const { return m_chosen; }
    int current() const { return m_current; }
    void choose(std::vector<int> chosen, int current);

Q_SIGNALS:
    void setChanged();
    /// What is shown, or brushed of it, has changed.
    void brushChanged();
    void excludedChanged();
    void chosenChanged();
    /// A view asks for a picture to be shown in the list.
    void pictureWanted(int picture);

private:
    friend class ExcludeCommand;
    void apply(const std::vector<int> &pictures, bool exclude);
    void fillShown();

    LabelSetPtr m_set;
    bool m_showsAlone = false;
    std::vector<int> m_shown;
    bool m_hasBrush = false;
    std::vector<int> m_brushed;
    std::vector<bool> m_inBrush;
    std::vector<bool> m_excluded;
    int m_excludedCount = 0;
    std::vector<int> m_chosen;
    int m_current = -1;
    QUndoStack m_undo;
};

} // namespace dscope
