// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/confusionview.h"

#include "ui/convert.h"
#include "ui/plaintip.h"
#include "ui/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace dscope {

namespace {

constexpr double s_legible = 11; ///< pixels of a cell for its class to be named

} // namespace

ConfusionView::ConfusionView(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("confusion"));
    setAccessibleName(tr("Confusion matrix"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
}

void ConfusionView::setMatrix(const QStringList &classes, const std::vector<std::int64_t> &counts, std::int64_t draws)
{
    const bool same = classes == m_classes;
    m_classes = classes;
    m_counts = counts;
    m_draws = std::max<std::int64_t>(1, draws);
    if (!same)
        m_chosen.reset();
    update();
}

std::int64_t ConfusionView::count(int label, int predicted) const
{
    const auto at = static_cast<std::size_t>(label) * static_cast<std::size_t>(classes() + 1) + static_cast<std::size_t>(predicted);
    return at < m_counts.size() ? m_counts[at] : 0;
}

std::int64_t ConfusionView::total(int label) const
{
    std::int64_t sum = 0;
    for (int c = 0; c <= classes(); ++c)
        sum += count(label, c);
    return sum;
}

bool ConfusionView::hasNothingColumn() const
{
    for (int label = 0; label < classes(); ++label)
        if (count(label, classes()) > 0)
            return true;
    return false;
}

QRectF ConfusionView::area() const
{
    int widest = 0;
    for (const QString &name : m_classes)
        widest = std::max(widest, fontMetrics().horizontalAdvance(name));
    const double left = std::min({0.35 * width(), widest + 14.0, 190.0});
    const double top = fontMetrics().height() + 8.0;
    return {left, top, std::max(10.0, width() - left - 8), std::max(10.0, height() - top - 8)};
}

QRectF ConfusionView::cell(int label, int predicted) const
{
    const QRectF all = area();
    const double w = all.width() / std::max(1, columns());
    const double h = all.height() / std::max(1, classes());
    return {all.left() + predicted * w, all.top() + label * h, w, h};
}

QPoint ConfusionView::cellPoint(int label, int predicted) const
{
    return cell(label, predicted).center().toPoint();
}

std::optional<std::pair<int, int>> ConfusionView::cellAt(const QPointF &point) const
{
    const QRectF all = area();
    if (m_classes.isEmpty() || !all.contains(point))
        return std::nullopt;
    return std::pair{std::min(classes() - 1, static_cast<int>((point.y() - all.top()) / all.height() * classes())),
                     std::min(columns() - 1, static_cast<int>((point.x() - all.left()) / all.width() * columns()))};
}

QString ConfusionView::cellText(int label, int predicted) const
{
    const auto number = [&](std::int64_t value) { return QLocale().toString(static_cast<double>(value) / static_cast<double>(m_draws), 'g', 4); };
    const QString of = tr("%1 of %2").arg(number(count(label, predicted)), number(total(label)));
    if (predicted == label)
        return tr("%1 known: %2").arg(m_classes[label], of);
    if (predicted == classes())
        return tr("%1 without a prediction: %2").arg(m_classes[label], of);
    return tr("%1 taken for %2: %3").arg(m_classes[label], m_classes[predicted], of);
}

void ConfusionView::choose(int label, int predicted)
{
    if (m_classes.isEmpty())
        return;
    m_chosen = std::pair{std::clamp(label, 0, classes() - 1), std::clamp(predicted, 0, columns() - 1)};
    setAccessibleDescription(cellText(m_chosen->first, m_chosen->second));
    update();
    Q_EMIT cellChosen(m_chosen->first, m_chosen->second);
}

void ConfusionView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    painter.setPen(palette().color(QPalette::Text));
    if (m_classes.isEmpty()) {
        painter.setPen(subtleColour(palette()));
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap, tr("Here will be which class is taken for which."));
        return;
    }
    const QRectF all = area();
    painter.drawText(QRectF(all.left(), 2, all.width(), all.top() - 4), Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(tr("Rows: what it is, columns: what it is taken for, in the same order"), Qt::ElideRight, qRound(all.width())));
    for (int label = 0; label < classes(); ++label) {
        const double sum = static_cast<double>(std::max<std::int64_t>(1, total(label)));
        for (int predicted = 0; predicted < columns(); ++predicted) {
            const double share = static_cast<double>(count(label, predicted)) / sum;
            QColor shade = predicted == label ? keptColour(palette()) : thresholdColour(palette());
            shade.setAlphaF(static_cast<float>(share > 0 ? 0.12 + 0.88 * std::sqrt(share) : 0));
            const QRectF here = cell(label, predicted);
            painter.fillRect(here.adjusted(0, 0, here.width() > 4 ? -1 : 0, here.height() > 4 ? -1 : 0), shade);
            if (predicted == label && share == 0) { // the diagonal can be followed
                painter.setPen(palette().color(QPalette::Mid));
                painter.drawRect(here.adjusted(0.5, 0.5, -1.5, -1.5));
            }
        }
        if (cell(label, 0).height() >= s_legible) {
            const QRectF name(4, cell(label, 0).top(), all.left() - 8, cell(label, 0).height());
            painter.setPen(palette().color(QPalette::Text));
            painter.drawText(name, Qt::AlignRight | Qt::AlignVCenter, fontMetrics().elidedText(m_classes[label], Qt::ElideRight, qRound(name.width())));
        }
    }
    if (m_chosen) {
        painter.setPen(QPen(selectionColour(palette()), hasFocus() ? 2.5 : 1.5));
        painter.drawRect(cell(m_chosen->first, m_chosen->second).adjusted(-1, -1, 0, 0));
    } else if (hasFocus()) {
        painter.setPen(QPen(selectionColour(palette()), 1, Qt::DotLine));
        painter.drawRect(all.adjusted(-2, -2, 2, 2));
    }
}

void ConfusionView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return QWidget::mousePressEvent(event);
    if (const auto found = cellAt(event->position()))
        choose(found->first, found->second);
}

void ConfusionView::keyPressEvent(QKeyEvent *event)
{
    int down = 0;
    int right = 0;
    switch (event->key()) {
    case Qt::Key_Left: right = -1; break;
    case Qt::Key_Right: right = 1; break;
    case Qt::Key_Up: down = -1; break;
    case Qt::Key_Down: down = 1; break;
    default: return QWidget::keyPressEvent(event);
    }
    m_chosen ? choose(m_chosen->first + down, m_chosen->second + right) : choose(0, 0);
}

bool ConfusionView::event(QEvent *event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto *help = static_cast<QHelpEvent *>(event);
    if (const auto found = cellAt(help->pos()))
        QToolTip::showText(help->globalPos(), plainTip(cellText(found->first, found->second)), this, cell(found->first, found->second).toRect());
    else
        QToolTip::hideText();
    return true;
}

} // namespace dscope
