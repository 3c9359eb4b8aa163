// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/convert.h"

#include <QCoreApplication>
#include <QFile>
#include <QLocale>
#include <QMimeData>
#include <QUrl>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dscope {

QString toQString(const std::string &text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString toQString(const std::filesystem::path &path)
{
    return QFile::decodeName(path.c_str());
}

std::filesystem::path toPath(const QString &text)
{
    return std::filesystem::path(QFile::encodeName(text).toStdString());
}

QImage toQImage(const Picture &picture)
{
    if (picture.empty())
        return {};
    const QImage view(picture.rgb.data(), picture.width, picture.height, static_cast<qsizetype>(3) * picture.width, QImage::Format_RGB888);
    return view.convertToFormat(QImage::Format_RGB32); // a copy: the view does not own its bytes
}

QImage toQImage(const Picture &picture, int maxSide)
{
    QImage image = toQImage(picture);
    if (std::max(image.width(), image.height()) > maxSide)
        image = image.scaled(maxSide, maxSide, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    return image;
}

std::vector<std::filesystem::path> localFiles(const QMimeData &data)
{
    std::vector<std::filesystem::path> files;
    for (const QUrl &url : data.urls())
        if (url.isLocalFile())
            files.push_back(toPath(url.toLocalFile()));
    return files;
}

QString timeText(double seconds)
{
    const auto whole = static_cast<long long>(std::llround(seconds * 1000));
    const long long ms = std::max(0LL, whole);
    const long long hours = ms / 3'600'000;
    const QString tail = QStringLiteral("%1:%2%3%4")
                             .arg(ms / 60'000 % 60, hours > 0 ? 2 : 1, 10, QLatin1Char('0'))
                             .arg(ms / 1000 % 60, 2, 10, QLatin1Char('0'))
                             .arg(QLocale().decimalPoint())
                             .arg(ms % 1000, 3, 10, QLatin1Char('0'));
    return hours > 0 ? QStringLiteral("%1:%2").arg(hours).arg(tail) : tail;
}

QString percentText(double share, int decimals)
{
    return QLocale().toString(share * 100, 'f', decimals) + QStringLiteral("\u202f%");
}

QString enoughText(double enough)
{
    return QLocale().toString(enough, 'g', 6);
}

QString scoreText(double dScore)
{
    return QLocale().toString(dScore, 'f', 3);
}

QString weightsText(const Weights &weights)
{
    const char *text = weights.secondLook ? QT_TRANSLATE_NOOP("dscope::Weights", "DDL, second look") : QT_TRANSLATE_NOOP("dscope::Weights", "DDL (paper)");
    if (weights.by == Aggregator::Average)
        text = QT_TRANSLATE_NOOP("dscope::Weights", "Average");
    else if (weights.by == Aggregator::DdlNoRescale)
        text = weights.secondLook ? QT_TRANSLATE_NOOP("dscope::Weights", "DDL, no re-scale, second look")
                                  : QT_TRANSLATE_NOOP("dscope::Weights", "DDL, no re-scale");
    else if (weights.by == Aggregator::DdlPlus)
        text = weights.secondLook ? QT_TRANSLATE_NOOP("dscope::Weights", "DDL+, second look") : QT_TRANSLATE_NOOP("dscope::Weights", "DDL+");
    return QCoreApplication::translate("dscope::Weights", text);
}

} // namespace dscope
