// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/stat.h>

#include <cstdlib>
#include <iterator>
#include <ostream>

using namespace dscope;
namespace fs = std::filesystem;

class TestFiles : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    fs::path root() const { return m_dir.path().toStdString(); }
    static std::ptrdiff_t entries(const fs::path &folder) { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void writesAndReads()
    {
        const fs::path path = root() / "new" / "folder" / "a.txt";
        const std::string text("a\0b\n", 4);
        writeAtomically(path, text);
        QCOMPARE(readText(path), text);
        const std::vector<std::uint8_t> bytes = readBytes(path, 4);
        QCOMPARE(std::string(bytes.begin(), bytes.end()), text);
        writeAtomically(path, "second");
        QCOMPARE(readText(path), std::string("second"));
        QCOMPARE(entries(path.parent_path()), std::ptrdiff_t{1});
    }

    void failedWriteLeavesTheOldFileAlone()
    {
        const fs::path path = root() / "kept" / "a.txt";
        writeAtomically(path, "old");
        QVERIFY_THROWS_EXCEPTION(Cancelled, writeAtomically(path, [](std::ostream &out) {
                                     out << "half";
                                     throw Cancelled();
                                 }));
        QCOMPARE(readText(path), std::string("old"));
        QCOMPARE(entries(path.parent_path()), std::ptrdiff_t{1});
        QVERIFY_THROWS_EXCEPTION(FileError, writeAtomically(path, [](std::ostream &out) { out.setstate(std::ios::badbit); }));
        QCOMPARE(readText(path), std::string("old"));
        QCOMPARE(entries(path.parent_path()), std::ptrdiff_t{1});
    }

    void cannotReplaceAFolder()
    {
        fs::create_directories(root() / "busy" / "folder");
        QVERIFY_THROWS_EXCEPTION(FileError, writeAtomically(root() / "busy" / "folder", "x"));
        QCOMPARE(entries(root() / "busy"), std::ptrdiff_t{1});
    }

    void folderThatIsAFile()
    {
        writeAtomically(root() / "plain", "x");
        QVERIFY_THROWS_EXCEPTION(FileError, writeAtomically(root() / "plain" / "a.txt", "y"));
    }

    void refusesToRead()
    {
        QVERIFY_THROWS_EXCEPTION(FileError, readText(root() / "absent"));
        QVERIFY_THROWS_EXCEPTION(FileError, readText(root()));
        writeAtomically(root() / "five", "12345");
        QVERIFY_THROWS_EXCEPTION(FileError, readBytes(root() / "five", 4));
        const fs::path pipe = root() / "pipe";
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QVERIFY_THROWS_EXCEPTION(FileError, readText(pipe));
        try {
            readText(root() / "absent");
        } catch (const FileError &error) {
            QVERIFY2(QByteArray(error.what()).contains("absent"), error.what());
        }
    }

    void folders()
    {
        const QByteArray cache = qgetenv("DSCOPE_CACHE");
        const QByteArray xdgCache = qgetenv("XDG_CACHE_HOME");
        const QByteArray xdgData = qgetenv("XDG_DATA_HOME");
        const QByteArray home = qgetenv("HOME");
        qputenv("DSCOPE_CACHE", "/one/place");
        QCOMPARE(cacheDir(), fs::path("/one/place"));
        qunsetenv("DSCOPE_CACHE");
        qputenv("XDG_CACHE_HOME", "/two");
        QCOMPARE(cacheDir(), fs::path("/two/dscope"));
        qunsetenv("XDG_CACHE_HOME");
        qputenv("HOME", "/me");
        QCOMPARE(cacheDir(), fs::path("/me/.cache/dscope"));
        qputenv("XDG_DATA_HOME", "/three");
        QCOMPARE(dataDir(), fs::path("/three/dscope"));
        qunsetenv("XDG_DATA_HOME");
        QCOMPARE(dataDir(), fs::path("/me/.local/share/dscope"));
        const auto restore = [](const char *name, const QByteArray &value) { value.isNull() ? qunsetenv(name) : qputenv(name, value); };
        restore("DSCOPE_CACHE", cache);
        restore("XDG_CACHE_HOME", xdgCache);
        restore("XDG_DATA_HOME", xdgData);
        restore("HOME", home);
    }
};

DSCOPE_TEST(TestFiles)
#include "tst_files.moc"
