// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QStringList>

#include <filesystem>

namespace dscope::test {

/// What one call of the program left behind.
struct Outcome {
    int code = -1; ///< -1: it crashed or did not end in time
    QByteArray out;
    QByteArray err;
};

/// Runs `dscope` with these words, to its end. It sees models of random weights (and those of the machine behind them) and a cache of its own.
Outcome run(const QStringList &words, const QProcessEnvironment &environment);
/// The environment: caches and models under `folder`, no display.
QProcessEnvironment environmentIn(const std::filesystem::path &folder);
/// The program's path.
QString program();
QString qt(const std::filesystem::path &path);

} // namespace dscope::test
