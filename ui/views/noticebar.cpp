// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/noticebar.h"

#include "ui/dialogs/helpdialogs.h"
#include "ui/theme.h"

#include <QDialog>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace dscope {

namespace {
constexpr qsizetype shown = 3;
}

NoticeBar::NoticeBar(QWidget *parent) : QWidget(parent), m_label(new QLabel(this)), m_all(new QToolButton(this)), m_close(new QToolButton(this))
{
    setObjectName(QStringLiteral("notices"));
    setAccessibleName(tr("Notices"));
    setAutoFillBackground(true);
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::PlainText);
    m_label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_all->setObjectName(QStringLiteral("allNotices"));
    m_all->setText(tr("Show all…"));
    m_all->setAutoRaise(true);
    m_close->setAutoRaise(true);
    m_close->setObjectName(QStringLiteral("dismiss"));
    m_close->setToolTip(tr("Dismiss"));
    m_close->setAccessibleName(tr("Dismiss the notices"));
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(10, 5, 6, 5);
    line->addWidget(m_label, 1);
    line->addWidget(m_all, 0, Qt::AlignTop);
    line->addWidget(m_close, 0, Qt::AlignTop);
    connect(m_all, &QToolButton::clicked, this, [this] { makeWarningsDialog(this, m_texts)->open(); });
    connect(m_close, &QToolButton::clicked, this, &NoticeBar::clear);
    show3();
}

void NoticeBar::add(const QString &text)
{
    if (text.isEmpty() || m_texts.contains(text))
        return;
    m_texts << text;
    show3();
}

void NoticeBar::clear()
{
    m_texts.clear();
    show3();
}

void NoticeBar::show3()
{
    QStringList lines = m_texts.mid(std::max<qsizetype>(0, m_texts.size() - shown));
    if (m_texts.size() > shown)
        lines.prepend(tr("%n earlier notice(s)", nullptr, static_cast<int>(m_texts.size() - shown)));
    m_all->setVisible(m_texts.size() > shown);
    m_label->setText(lines.join(QLatin1Char('\n')));
    QPalette colours = palette();
    const bool dark = isDark(parentWidget() != nullptr ? parentWidget()->palette() : colours);
    colours.setColor(QPalette::Window, dark ? QColor(0x4a, 0x3c, 0x16) : QColor(0xff, 0xf1, 0xc9));
    colours.setColor(QPalette::WindowText, dark ? QColor(0xff, 0xe8, 0xb0) : QColor(0x4d, 0x38, 0x00));
    m_label->setPalette(colours);
    QPalette button = colours;
    button.setColor(QPalette::ButtonText, colours.color(QPalette::WindowText));
    m_all->setPalette(button);
    m_close->setIcon(themedIcon(QStringLiteral("close"), colours));
    if (colours != palette())
        setPalette(colours);
    setVisible(!m_texts.isEmpty());
}

void NoticeBar::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::ApplicationPaletteChange && m_close != nullptr)
        show3();
}

} // namespace dscope
