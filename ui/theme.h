// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QString>

namespace dscope {

/// Light, dark, or as the desktop's own palette is (Qt 6.4 cannot ask the desktop for its scheme).
enum class Theme { System, Light, Dark };

QPalette lightPalette();
QPalette darkPalette();
/// Fusion style with that palette for the whole program.
void applyTheme(Theme theme);
/// True when text is lighter than its ground.
bool isDark(const QPalette &palette);

/// Colours with a meaning, chosen to differ in lightness as well as in hue.
QColor keptColour(const QPalette &palette);
QColor droppedColour(const QPalette &palette);
QColor selectionColour(const QPalette &palette); ///< this group, beside all
QColor thresholdColour(const QPalette &palette);
QColor subtleColour(const QPalette &palette); ///< secondary text
/// D-score 0 to 1 on a perceptually ordered scale, dark violet to yellow, as in scientific plots.
QColor scoreColour(double dScore);

/// An icon of resources/icons in the palette's text colour (greyed when disabled).
QIcon themedIcon(const QString &name, const QPalette &palette);

} // namespace dscope
