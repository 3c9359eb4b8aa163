// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>
#include <QWidget>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace dscope {

/// A confusion matrix as shades: a row per true class, a column per predicted one. A click, or arrow keys and Enter, choose a cell.
class ConfusionView : public QWidget {
    Q_OBJECT
public:
    explicit ConfusionView(QWidget *parent = nullptr);

    /// @param counts [classes, classes + 1], the last column: nothing was predicted @param draws that they are the sum of
    void setMatrix(const QStringList &classes, const std::vector<std::int64_t> &counts, std::int64_t draws);
    /// True and predicted class of the chosen cell; `classes` stands for nothing predicted.
    const std::optional<std::pair<int, int>> &chosen() const { return m_chosen; }
    void choose(int label, int predicted);
    /// Middle of a cell in pixels; for tests that click.
    QPoint cellPoint(int label, int predicted) const;
    /// "boxing taken for dancing: 3 of 12"
    QString cellText(int label, int predicted) const;

    QSize sizeHint() const override { return {420, 300}; }
    QSize minimumSizeHint() const override { return {220, 150}; }

Q_SIGNALS:
    void cellChosen(int label, int predicted);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;

private:
    int classes() const { return static_cast<int>(m_classes.size()); }
    std::int64_t count(int label, int predicted) const;
    std::int64_t total(int label) const;
    QRectF area() const;
    QRectF cell(int label, int predicted) const;
    std::optional<std::pair<int, int>> cellAt(const QPointF &point) const;
    bool hasNothingColumn() const;
    int columns() const { return classes() + (hasNothingColumn() ? 1 : 0); }

    QStringList m_classes;
    std::vector<std::int64_t> m_counts;
    std::int64_t m_draws = 1;
    std::optional<std::pair<int, int>> m_chosen;
};

} // namespace dscope
