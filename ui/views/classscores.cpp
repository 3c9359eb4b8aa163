// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/classscores.h"

#include "core/report/export.h"
#include "ui/convert.h"
#include "ui/theme.h"

#include <QPainter>

#include <algorithm>
#include <numeric>

namespace dscope {

namespace {

constexpr std::size_t s_most = 5;

std::vector<ClassScores::Bar> barsOf(const std::vector<double> &scores, const Analysis &analysis, const std::string &label)
{
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    order.resize(std::min(order.size(), s_most));
    std::vector<ClassScores::Bar> bars;
    for (const std::size_t one : order) {
        const std::string name = one < analysis.classes.size() ? analysis.classes[one] : std::to_string(one);
        bars.push_back({toQString(name), scores[one], !label.empty() && name == label});
    }
    return bars;
}

} // namespace

ClassScores::ClassScores(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("classScores"));
    setAccessibleName(tr("Most likely classes"));
    setVisible(false);
}

void ClassScores::show(const DocumentPtr &document, int face, const Keep &keep)
{
    m_clip.clear();
    m_video.clear();
    if (document && face >= 0 && isClassification(document->analysis())) {
        const Document::FaceRef &ref = document->face(face);
        const Group &group = document->groupData(ref.group);
        const std::int64_t dim = document->analysis().dim;
        const auto from = static_cast<std::ptrdiff_t>(ref.element) * dim;
        if (dim > 0 && std::ssize(group.embeddings) >= from + dim) {
            const auto begin = group.embeddings.begin() + from;
            m_clip = barsOf(std::vector<double>(begin, begin + dim), document->analysis(), group.label);
            m_video = barsOf(fusedScores(group, dim, keep), document->analysis(), group.label);
        }
    }
    setVisible(!m_clip.empty());
    if (!m_clip.empty())
        setAccessibleDescription(
            tr("Clip: %1, %2. Video: %3, %4")
                .arg(m_clip.front().name, percentText(m_clip.front().score, 0), m_video.front().name, percentText(m_video.front().score, 0)));
    updateGeometry();
    update();
}

QSize ClassScores::sizeHint() const
{
    const int lines = static_cast<int>(m_clip.size() + m_video.size()) + 2;
    return {200, m_clip.empty() ? 0 : lines * (fontMetrics().height() + 1) + 6};
}

int ClassScores::paintBars(QPainter &painter, const QString &title, const std::vector<Bar> &bars, int top) const
{
    const int line = fontMetrics().height() + 1;
    painter.setPen(subtleColour(palette()));
    painter.drawText(QRect(0, top, width(), line), Qt::AlignLeft | Qt::AlignVCenter, title);
    top += line;
    const int number = fontMetrics().horizontalAdvance(QStringLiteral("100 %")) + 6;
    for (const Bar &bar : bars) {
        QColor colour = bar.right ? keptColour(palette()) : subtleColour(palette());
        colour.setAlpha(120);
        painter.fillRect(QRectF(0, top, bar.score * (width() - number), line - 1), colour);
        painter.setPen(palette().color(QPalette::Text));
        const QString name = bar.right ? QStringLiteral("✓ ") + bar.name : bar.name;
        painter.drawText(QRect(4, top, width() - number - 6, line - 1), Qt::AlignLeft | Qt::AlignVCenter,
                         fontMetrics().elidedText(name, Qt::ElideRight, width() - number - 6));
        painter.drawText(QRect(width() - number, top, number - 2, line - 1), Qt::AlignRight | Qt::AlignVCenter, percentText(bar.score, 0));
        top += line;
    }
    return top;
}

void ClassScores::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const int below = paintBars(painter, tr("This clip"), m_clip, 2);
    paintBars(painter, tr("The video, from the kept clips"), m_video, below + 2);
}

} // namespace dscope
