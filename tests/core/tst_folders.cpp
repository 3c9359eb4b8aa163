// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/folders.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

using namespace dscope;
namespace fs = std::filesystem;

class TestFolders : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path root() const { return fs::canonical(m_dir.path().toStdString()); }

private Q_SLOTS:
    void othersRights()
    {
        const fs::path folder = root() / "data" / "models";
        fs::create_directories(folder);
        fs::permissions(root() / "data", fs::perms::owner_all);
        fs::permissions(folder, fs::perms::owner_all);
        writeAtomically(folder / "list", "x");
        fs::permissions(folder / "list", fs::perms::owner_read | fs::perms::owner_write);
        QVERIFY(!othersCanWrite(folder / "list"));
        QVERIFY(!othersCanWrite(folder / "absent" / "as yet"));
        fs::permissions(folder / "list", fs::perms::others_write, fs::perm_options::add);
        QVERIFY(othersCanWrite(folder / "list"));
        fs::permissions(folder / "list", fs::perms::others_write, fs::perm_options::remove);
        // Who can write a folder on the way can replace what is below it.
        fs::permissions(root() / "data", fs::perms::all);
        QVERIFY(othersCanWrite(folder / "list"));
        // With the sticky bit they cannot replace what is not theirs; but the folder itself is no place of one's own.
        QCOMPARE(::chmod((root() / "data").c_str(), 01777), 0);
        QVERIFY(!othersCanWrite(folder / "list"));
        QVERIFY(othersCanWrite(root() / "data"));
        fs::permissions(root() / "data", fs::perms::owner_all);
        // A link may be replaced where it lies.
        fs::create_directory(root() / "open");
        fs::create_directory_symlink(folder, root() / "open" / "link");
        fs::permissions(root() / "open", fs::perms::all);
        QVERIFY(othersCanWrite(root() / "open" / "link" / "list"));
    }

    void privateFolderIsMadeAndChecked()
    {
        const fs::path made = privateFolder(root());
        struct stat status {};
        QCOMPARE(::stat(made.c_str(), &status), 0);
        QCOMPARE(int(status.st_mode & 0777), 0700);
        QCOMPARE(privateFolder(root()), made);
        fs::permissions(made, fs::perms::all);
        QVERIFY_THROWS_EXCEPTION(FileError, privateFolder(root()));
        fs::remove(made);
        fs::create_directory(root() / "elsewhere");
        fs::create_directory_symlink(root() / "elsewhere", made); // planted
        QVERIFY_THROWS_EXCEPTION(FileError, privateFolder(root()));
    }

    void withoutHome()
    {
        const QByteArray home = qgetenv("HOME");
        const QByteArray data = qgetenv("XDG_DATA_HOME");
        qunsetenv("HOME");
        qunsetenv("XDG_DATA_HOME");
        const fs::path without = dataDir();
        qputenv("XDG_DATA_HOME", "/somewhere");
        const fs::path chosen = dataDir();
        // A relative path would be another folder wherever the program is started: as if it were not set.
        qputenv("XDG_DATA_HOME", "somewhere");
        const fs::path relative = dataDir();
        qputenv("HOME", "here");
        const fs::path relativeHome = dataDir();
        if (data.isNull())
            qunsetenv("XDG_DATA_HOME");
        else
            qputenv("XDG_DATA_HOME", data);
        qputenv("HOME", home);
        QCOMPARE(chosen, fs::path("/somewhere/dscope"));
        QCOMPARE(relative, without);
        QCOMPARE(relativeHome, without);
        // The system's list of users names one, or it is a folder of this user's own.
        const fs::path temporary = fs::temp_directory_path() / (".local/share/dscope");
        QVERIFY(without != temporary);
    }
};

DSCOPE_TEST(TestFolders)
#include "tst_folders.moc"
