// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/threshold/keep.h"

#include <QImage>
#include <QString>

#include <filesystem>
#include <string>
#include <vector>

class QMimeData;

namespace dscope {

/// core's UTF-8 as Qt's string.
QString toQString(const std::string &text);
/// A path as the file system spells it, for showing and for Qt's file classes.
QString toQString(const std::filesystem::path &path);
/// The way back.
std::filesystem::path toPath(const QString &text);
/// The files and folders of this machine among what is dragged or dropped.
std::vector<std::filesystem::path> localFiles(const QMimeData &data);
/// A copy of a picture as Format_RGB32. Workers use it too: it makes no QPixmap.
QImage toQImage(const Picture &picture);
/// A copy whose longer side is at most `maxSide` (smooth); the picture itself when it is small enough.
QImage toQImage(const Picture &picture, int maxSide);

/// Seconds as m:ss.mmm, or h:mm:ss.mmm from an hour on.
QString timeText(double seconds);
/// A share of 0 to 1 as a percentage with one decimal in the user's locale.
QString percentText(double share, int decimals = 1);
/// A D-score: three decimals in the user's locale.
QString scoreText(double dScore);
/// A sum of D-scores, in the user's locale.
QString enoughText(double enough);
/// A way to weigh kept faces (Keep::weights), in a word or two.
QString weightsText(const Weights &weights);

} // namespace dscope
