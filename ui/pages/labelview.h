// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/labelstate.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QLabel;
class QSplitter;
class QToolButton;
class QTreeView;

namespace dscope {

class CompareStrip;
class LabelHistogram;
class LabelModel;
class PlainPlot;
class ScatterPlot;
class ThumbnailCache;

/// A labelled set on show: scatter and histogram to brush on the left, the least discriminative pictures on the right, and below them the chosen one beside
/// what it is confused with.
class LabelView : public QWidget {
    Q_OBJECT
public:
    LabelView(LabelState *state, ThumbnailCache *cache, QWidget *parent = nullptr);
    ~LabelView() override;

    QTreeView *list() const { return m_list; }
    ScatterPlot *scatter() const { return m_scatter; }
    std::vector<PlainPlot *> plots() const;
    /// Excludes what is chosen in the list, and goes on to the next picture; or takes it back.
    void excludeChosen(bool exclude);

Q_SIGNALS:
    /// Something other than before can be done with what is chosen.
    void choiceChanged();
    void message(const QString &text);

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *buildPlots(QSplitter *across);
    QWidget *buildSide(QSplitter *across);
    void buildList(QWidget *side);
    void updateIcons();
    void updateCaption();
    void takeSelection();
    void showPicture(int picture);
    void wantThumbnails();

    LabelState *m_state;
    ThumbnailCache *m_cache;
    LabelModel *m_model;
    ScatterPlot *m_scatter = nullptr;
    LabelHistogram *m_histogram = nullptr;
    QTreeView *m_list = nullptr;
    QLabel *m_caption = nullptr;
    QLabel *m_about = nullptr;
    QToolButton *m_brush = nullptr;
    QToolButton *m_move = nullptr;
    QToolButton *m_whole = nullptr;
    QToolButton *m_clear = nullptr;
    QCheckBox *m_alone = nullptr;
};

} // namespace dscope
