// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/leftovers.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/wait.h>
#include <unistd.h>

using namespace dscope;
namespace fs = std::filesystem;

class TestLeftOvers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void onlyWhatADeadProcessLeft()
    {
        const QTemporaryDir dir;
        const fs::path root = dir.path().toStdString();
        const pid_t dead = ::fork();
        if (dead == 0)
            ::_exit(0);
        ::waitpid(dead, nullptr, 0); // gone, its number free
        const fs::path path = root / "w.checkpoint";
        const std::string gone = ".part" + std::to_string(dead) + "-0";
        const std::string own = ".part" + std::to_string(::getpid()) + "-1";
        for (const std::string &name : {std::string("w.checkpoint"), "w.checkpoint" + gone, "w.checkpoint" + own, "v.checkpoint" + gone,
                                        std::string("w.checkpoint.part"), std::string("w.checkpoint.partial"), "w.checkpoint" + gone + ".keep"})
            writeAtomically(root / name, "x");
        fs::create_symlink(root / "w.checkpoint", root / ("w.checkpoint" + gone + "1"));
        QCOMPARE(removeLeftOvers(path), 1);
        QVERIFY(!fs::exists(root / ("w.checkpoint" + gone)));
        for (const std::string &name : {std::string("w.checkpoint"), "w.checkpoint" + own, "v.checkpoint" + gone, std::string("w.checkpoint.part"),
                                        std::string("w.checkpoint.partial"), "w.checkpoint" + gone + ".keep", "w.checkpoint" + gone + "1"})
            QVERIFY2(fs::exists(root / name), name.c_str());
        QCOMPARE(removeLeftOvers(root / "no folder" / "x"), 0);
    }
};

DSCOPE_TEST(TestLeftOvers)
#include "tst_leftovers.moc"
