// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include <QFile>
#include <QTemporaryDir>

#include <cstdlib>
#include <map>
#include <memory>

namespace dscope::test {

namespace fs = std::filesystem;

namespace {
std::map<std::string, std::function<QObject *()>> &table()
{
    static std::map<std::string, std::function<QObject *()>> tests;
    return tests;
}

fs::path fromEnvironment(const char *name)
{
    const char *value = std::getenv(name);
    return value != nullptr && *value != '\0' ? fs::path(value) : fs::path();
}

/// Whether a plain-text log of one class reports at least one skip and nothing that ran to its end but initTestCase and cleanupTestCase.
bool allSkipped(const QString &log)
{
    QFile file(log);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Text))
        return false;
    bool skipped = false;
    while (!file.atEnd()) {
        const QByteArray line = file.readLine();
        const QByteArray word = line.left(line.indexOf(':')).trimmed();
        if (word == "SKIP")
            skipped = true;
        else if (word == "PASS" && !line.contains("::initTestCase()") && !line.contains("::cleanupTestCase()"))
            return false;
        else if (word != "PASS" && (word.contains("PASS") || word.contains("FAIL")))
            return false;
    }
    return skipped;
}
} // namespace

bool registerTest(const char *file, std::function<QObject *()> make)
{
    std::string name = fs::path(file).stem().string();
    if (name.rfind("tst_", 0) == 0)
        name.erase(0, 4);
    return table().emplace(name, std::move(make)).second;
}

int runTests(int argc, char **argv)
{
    std::vector<std::string> chosen;
    QStringList rest{QString::fromLocal8Bit(argv[0])};
    for (int i = 1; i < argc; ++i) {
        if (chosen.size() == static_cast<std::size_t>(i - 1) && table().contains(argv[i]))
            chosen.emplace_back(argv[i]);
        else
            rest << QString::fromLocal8Bit(argv[i]);
    }
    if (chosen.empty())
        for (const auto &entry : table())
            chosen.push_back(entry.first);
    // Qt Test exits with 0 when everything was skipped; its own log, written a second time as text, tells that apart from success.
    // A chosen output (-o) is left as it is, and then nothing counts as skipped.
    const QTemporaryDir folder;
    const bool logged = folder.isValid() && !rest.contains(QStringLiteral("-o"));
    const QString log = folder.filePath(QStringLiteral("log.txt"));
    std::size_t failed = 0;
    std::size_t skipped = 0;
    for (const std::string &name : chosen) {
        QStringList arguments = rest;
        if (logged)
            arguments << QStringLiteral("-o") << log + QStringLiteral(",txt") << QStringLiteral("-o") << QStringLiteral("-,txt");
        const std::unique_ptr<QObject> test(table().at(name)());
        if (QTest::qExec(test.get(), arguments) != 0)
            ++failed;
        else if (logged && allSkipped(log))
            ++skipped;
    }
    if (failed > 0)
        return 1;
    return !chosen.empty() && skipped == chosen.size() ? 77 : 0;
}

fs::path sharedDir()
{
    const fs::path chosen = fromEnvironment("DSCOPE_SHARED");
    const fs::path dir = chosen.empty() ? fs::path(DSCOPE_SHARED_DEFAULT) : chosen;
    return fs::is_directory(dir) ? fs::weakly_canonical(dir) : fs::path();
}

fs::path goldenDir()
{
    const fs::path chosen = fromEnvironment("DSCOPE_GOLDEN");
    if (!chosen.empty())
        return chosen;
    const fs::path shared = sharedDir();
    return shared.empty() ? fs::path() : shared / "golden";
}

QByteArray missing(const fs::path &path)
{
    return QByteArray("needs reference data that is not on this machine: ")
        + (path.empty() ? QByteArray("the folder ../shared (or DSCOPE_SHARED)") : QByteArray(path.c_str()));
}

fs::path sourceDir()
{
    return fs::path(DSCOPE_SOURCE_DIR);
}

} // namespace dscope::test
