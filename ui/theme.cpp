// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme.h"

#include <QApplication>
#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <cmath>

// Outside the namespace, as the macro asks. A static library's resources are only there once somebody calls for them.
static void loadResources()
{
    Q_INIT_RESOURCE(dscope);
}

namespace dscope {

namespace {
QPalette palette(const QColor &window, const QColor &base, const QColor &text, const QColor &button, const QColor &highlight, const QColor &weak)
{
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Base, base);
    p.setColor(QPalette::AlternateBase, window);
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::PlaceholderText, weak);
    p.setColor(QPalette::Button, button);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, QColor(0xff, 0x5a, 0x5a));
    p.setColor(QPalette::ToolTipBase, base);
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::Highlight, highlight);
    p.setColor(QPalette::HighlightedText, Qt::white);
    p.setColor(QPalette::Link, highlight);
    p.setColor(QPalette::LinkVisited, highlight);
    p.setColor(QPalette::Light, button.lighter(120));
    p.setColor(QPalette::Midlight, button.lighter(108));
    p.setColor(QPalette::Mid, button.darker(130));
    p.setColor(QPalette::Dark, button.darker(160));
    p.setColor(QPalette::Shadow, QColor(0, 0, 0, 160));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, weak);
    p.setColor(QPalette::Disabled, QPalette::Highlight, button.darker(120));
    return p;
}

/// The desktop's palette, taken before the first change of ours.
const QPalette &systemPalette()
{
    static const QPalette saved = QApplication::style() != nullptr ? QApplication::palette() : QPalette();
    return saved;
}
} // namespace

QPalette lightPalette()
{
    return palette(QColor(0xf1, 0xf3, 0xf5), QColor(0xff, 0xff, 0xff), QColor(0x1c, 0x21, 0x28), QColor(0xe9, 0xec, 0xef), QColor(0x1f, 0x6f, 0xc4),
                   QColor(0x7d, 0x86, 0x90));
}

QPalette darkPalette()
{
    return palette(QColor(0x24, 0x27, 0x2c), QColor(0x1b, 0x1d, 0x21), QColor(0xe4, 0xe7, 0xeb), QColor(0x31, 0x35, 0x3c), QColor(0x3b, 0x82, 0xd6),
                   QColor(0x80, 0x88, 0x92));
}

void applyTheme(Theme theme)
{
    const QPalette &system = systemPalette();
    if (QApplication::style()->name().compare(QLatin1String("fusion"), Qt::CaseInsensitive) != 0)
        QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    const bool dark = theme == Theme::Dark || (theme == Theme::System && isDark(system));
    const QPalette chosen = dark ? darkPalette() : lightPalette();
    QApplication::setPalette(chosen);
    // Fusion draws a box's outline darker than the window, which a dark window swallows.
    QPalette boxes = chosen;
    boxes.setColor(QPalette::Base, dark ? chosen.color(QPalette::Button).lighter(150) : chosen.color(QPalette::Base));
    QApplication::setPalette(boxes, "QCheckBox");
    QToolTip::setPalette(chosen);
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::WindowText).lightness() > palette.color(QPalette::Window).lightness();
}

QColor keptColour(const QPalette &palette)
{
    return isDark(palette) ? QColor(0x4c, 0xa8, 0xf0) : QColor(0x1f, 0x6f, 0xc4);
}

QColor droppedColour(const QPalette &palette)
{
    return isDark(palette) ? QColor(0x78, 0x7f, 0x88) : QColor(0xa9, 0xb0, 0xb8);
}

QColor selectionColour(const QPalette &palette)
{
    return isDark(palette) ? QColor(0xf2, 0xa8, 0x3c) : QColor(0xd9, 0x7a, 0x06);
}

QColor thresholdColour(const QPalette &palette)
{
    return isDark(palette) ? QColor(0xff, 0x6b, 0x6b) : QColor(0xc9, 0x2a, 0x2a);
}

QColor subtleColour(const QPalette &palette)
{
    return isDark(palette) ? QColor(0xa0, 0xa8, 0xb2) : QColor(0x5c, 0x65, 0x70);
}

QColor scoreColour(double dScore)
{
    // Anchors of equal steps in lightness, violet - blue - green - yellow.
    static constexpr std::array<std::array<int, 3>, 6> anchors{{{72, 28, 110}, {62, 74, 137}, {38, 130, 142}, {53, 183, 121}, {144, 215, 67}, {250, 228, 40}}};
    const double place = std::clamp(std::isnan(dScore) ? 0.0 : dScore, 0.0, 1.0) * (anchors.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
    const double part = place - static_cast<double>(low);
    const auto mix = [&](std::size_t channel) {
        return static_cast<int>(std::lround(anchors[low][channel] + part * (anchors[low + 1][channel] - anchors[low][channel])));
    };
    return QColor(mix(0), mix(1), mix(2));
}

QIcon themedIcon(const QString &name, const QPalette &palette)
{
    static const bool loaded = (loadResources(), true);
    Q_UNUSED(loaded)
    QFile file(QStringLiteral(":/dscope/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray drawing = file.readAll();
    QIcon icon;
    for (const auto &[mode, group] : {std::pair{QIcon::Normal, QPalette::Active}, std::pair{QIcon::Disabled, QPalette::Disabled}}) {
        QByteArray coloured = drawing;
        coloured.replace("currentColor", palette.color(group, QPalette::WindowText).name().toLatin1());
        QSvgRenderer renderer(coloured);
        for (const int side : {16, 20, 24, 32, 48}) {
            QPixmap pixmap(side, side);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            renderer.render(&painter);
            painter.end();
            icon.addPixmap(pixmap, mode);
        }
    }
    return icon;
}

} // namespace dscope
