// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/evaluationset.h"

#include <QDialog>

#include <array>

class QAbstractItemView;

namespace dscope {

class FrameModel;
class ThumbnailCache;

/// Both templates of a pair side by side: every face with its D-score and its weight, best first, cut out of its picture where the set says where it is, or
/// the whole picture on demand; a plain list of scores where the pictures are not at hand.
class TemplatePairDialog : public QDialog {
    Q_OBJECT
public:
    /// @param threshold of the point that decided the pair @param genuine the two are one person
    TemplatePairDialog(EvaluationSetPtr set, const NotablePair &pair, bool genuine, double threshold, const Method &method, ThumbnailCache *cache,
                       QWidget *parent = nullptr);

    FrameModel *model(int side) const { return m_models[static_cast<std::size_t>(side)]; }
    bool showsPictures() const { return m_pictures; }

protected:
    bool eventFilter(QObject *object, QEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeSide(int side, std::uint32_t place, const Method &method);
    void wantThumbnails(int side);
    void setWhole(bool whole);

    EvaluationSetPtr m_set;
    ThumbnailCache *m_cache;
    bool m_pictures = false;
    std::array<FrameModel *, 2> m_models{};
    std::array<QAbstractItemView *, 2> m_views{};
};

} // namespace dscope
