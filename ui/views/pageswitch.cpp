// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/pageswitch.h"

#include "ui/theme.h"

#include <QEvent>
#include <QFontMetrics>
#include <QPainter>

#include <algorithm>

namespace dscope {

namespace {
constexpr int iconSide = 22;
constexpr int barWidth = 3;
} // namespace

PageSwitch::PageSwitch(const QString &name, const QString &title, QWidget *parent) : QAbstractButton(parent), m_name(name)
{
    setObjectName(QStringLiteral("switch_") + name);
    setText(title);
    setAccessibleName(title);
    setCheckable(true);
    setFocusPolicy(Qt::TabFocus);
    setIcon(themedIcon(m_name, palette()));
}

QFont PageSwitch::smallFont() const
{
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.85);
    return small;
}

QSize PageSwitch::sizeHint() const
{
    const QFontMetrics metrics(smallFont());
    return {std::max(64, metrics.horizontalAdvance(text()) + 2 * barWidth + 10), iconSide + metrics.height() + 18};
}

void PageSwitch::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const QColor accent = palette().color(QPalette::Highlight);
    if (isChecked() || underMouse()) {
        QColor ground = isChecked() ? palette().color(QPalette::Base) : palette().color(QPalette::Button);
        painter.fillRect(rect(), ground);
    }
    if (isChecked())
        painter.fillRect(QRect(0, 0, barWidth, height()), accent);
    const QFontMetrics metrics(smallFont());
    const int top = (height() - iconSide - 3 - metrics.height()) / 2;
    painter.setOpacity(isChecked() || underMouse() ? 1 : 0.75);
    icon().paint(&painter, QRect((width() - iconSide) / 2, top, iconSide, iconSide));
    painter.setFont(smallFont());
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(QRect(0, top + iconSide + 3, width(), metrics.height()), Qt::AlignCenter, text());
    if (hasFocus()) {
        painter.setOpacity(1);
        painter.setPen(QPen(accent, 1, Qt::DotLine));
        painter.drawRect(rect().adjusted(barWidth + 1, 2, -3, -3));
    }
}

void PageSwitch::changeEvent(QEvent *event)
{
    QAbstractButton::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        setIcon(themedIcon(m_name, palette()));
}

void PageSwitch::enterEvent(QEnterEvent *event)
{
    QAbstractButton::enterEvent(event);
    update();
}

void PageSwitch::leaveEvent(QEvent *event)
{
    QAbstractButton::leaveEvent(event);
    update();
}

} // namespace dscope
