// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStringList>
#include <QTemporaryDir>

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
/// A word of a command.
inline QString q(const char *text)
{
    return QString::fromLatin1(text);
}

/// What tests of commands share: a folder of their own, and the program run in its environment, once initTestCase() has made that.
class CommandTest : public QObject {
protected:
    Outcome run(const QStringList &words) const { return dscope::test::run(words, m_environment); }
    QString at(const char *name) const { return qt(m_root / name); }

    QTemporaryDir m_temporary;
    std::filesystem::path m_root{m_temporary.path().toStdString()};
    QProcessEnvironment m_environment;
};

} // namespace dscope::test
