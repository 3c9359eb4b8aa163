// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/program.h"

#include "tests/support/madenets.h"
#include "tests/support/support.h"

#include <QProcessEnvironment>

namespace dscope::test {

namespace fs = std::filesystem;

QString program()
{
    return QStringLiteral(DSCOPE_PROGRAM);
}

QString qt(const fs::path &path)
{
    return QString::fromStdString(path.string());
}

QProcessEnvironment environmentIn(const fs::path &folder)
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (!fs::exists(folder / "models"))
        writeMadeNets(folder / "models");
    // Detectors that the set-up obtained stay in sight.
    QString models = qt(folder / "models");
    if (!sharedDir().empty())
        models += QLatin1Char(':') + qt(sharedDir() / "weights");
    const QString cache = environment.value(QStringLiteral("DSCOPE_CACHE"), environment.value(QStringLiteral("HOME")) + QStringLiteral("/.cache/dscope"));
    models += QLatin1Char(':') + cache + QStringLiteral("/models");
    environment.insert(QStringLiteral("DSCOPE_MODELS"), models);
    environment.insert(QStringLiteral("DSCOPE_CACHE"), qt(folder / "cache"));
    environment.insert(QStringLiteral("DSCOPE_SAMPLES"), environment.value(QStringLiteral("DSCOPE_SAMPLES"), cache + QStringLiteral("/samples")));
    for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
        environment.remove(QString::fromLatin1(name));
    return environment;
}

Outcome run(const QStringList &words, const QProcessEnvironment &environment)
{
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(program(), words);
    Outcome outcome;
    if (!process.waitForFinished(600'000)) {
        outcome.err = process.errorString().toUtf8();
        process.kill();
        process.waitForFinished();
        return outcome;
    }
    outcome.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    outcome.out = process.readAllStandardOutput();
    outcome.err = process.readAllStandardError();
    return outcome;
}

} // namespace dscope::test
