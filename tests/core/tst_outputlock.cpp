// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/outputlock.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>

using namespace dscope;
namespace fs = std::filesystem;

class TestOutputLock : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }
    static std::string refusal(const fs::path &out)
    {
        try {
            const OutputLock lock(out);
        } catch (const FileError &error) {
            return error.what();
        }
        return {};
    }

private Q_SLOTS:
    void oneAtATime()
    {
        auto first = std::make_unique<OutputLock>(path("T"));
        QCOMPARE(refusal(path("T")), path("T").string() + ": is being written by another process; wait for it or choose another name.");
        QCOMPARE(refusal(path("U")), std::string());
        first.reset();
        QVERIFY(!fs::exists(path("T.lock")) && !fs::exists(path("U.lock")));
        QCOMPARE(refusal(path("T")), std::string());
    }

    /// A process that is killed takes its lock with it, though not the file.
    void aKilledProcessBlocksNobody()
    {
        int ready[2];
        QCOMPARE(::pipe(ready), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const OutputLock lock(path("K"));
            const bool told = ::write(ready[1], "x", 1) == 1;
            for (; told;)
                ::pause();
            ::_exit(1);
        }
        char byte = 0;
        QCOMPARE(::read(ready[0], &byte, 1), ssize_t{1});
        QVERIFY(refusal(path("K")).find("another process") != std::string::npos);
        QCOMPARE(::kill(child, SIGKILL), 0);
        QCOMPARE(::waitpid(child, nullptr, 0), child);
        ::close(ready[0]);
        ::close(ready[1]);
        QVERIFY(fs::exists(path("K.lock")));
        QCOMPARE(refusal(path("K")), std::string());
        QVERIFY(!fs::exists(path("K.lock")));
    }

    /// Where no lock can be made the work goes on: what cannot be written says so itself. A file of somebody's own stays.
    void noLockNoHarm()
    {
        QCOMPARE(refusal(path("missing/T")), std::string());
        QVERIFY(!fs::exists(path("missing")));
        fs::create_directories(path("F.lock"));
        QCOMPARE(refusal(path("F")), std::string());
        writeAtomically(path("own.lock"), "mine");
        {
            const OutputLock lock(path("own"));
            QVERIFY(!refusal(path("own")).empty());
        }
        QCOMPARE(readText(path("own.lock")), std::string("mine"));
        fs::create_symlink(path("own.lock"), path("link.lock"));
        QCOMPARE(refusal(path("link")), std::string());
        QVERIFY(fs::is_symlink(path("link.lock")));
    }
};

DSCOPE_TEST(TestOutputLock)
#include "tst_outputlock.moc"
