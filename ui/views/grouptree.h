// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTreeView>

#include <utility>
#include <vector>

namespace dscope {

class GroupModel;
class ThresholdState;
class ThumbnailCache;

/// Sources and their groups: which of them are chosen, and where the user is among them.
class GroupTree : public QTreeView {
    Q_OBJECT
public:
    GroupTree(GroupModel *groups, ThumbnailCache *cache, const ThresholdState *state, QWidget *parent = nullptr);

    /// Numbers in the Document, ascending; none where all of them are chosen, for that is no choice.
    std::vector<int> chosenGroups() const;
    /// -1: all.
    void chooseGroup(int group);

    /// Where the user is, in a form that outlasts the document.
    struct Place {
        std::vector<std::pair<int, int>> chosen; ///< source, and the first face of a group or -1
        std::vector<bool> open;                  ///< sources unfolded
        int scrolled = 0;
    };
    Place place() const;
    /// Unfolds what was, and what few there are of the others.
    void unfold(const Place &before);
    /// @param again the faces of before, by their numbers now
    void goBackTo(const Place &place, const std::vector<int> &again);

private:
    void wantIcons();

    GroupModel *m_groups;
    ThumbnailCache *m_cache;
};

/// What a face of the document before is now; -1: gone.
inline int faceNow(int face, const std::vector<int> &again)
{
    return face >= 0 && static_cast<std::size_t>(face) < again.size() ? again[static_cast<std::size_t>(face)] : -1;
}

} // namespace dscope
