// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/sharedloads.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <sys/stat.h>

#include <atomic>
#include <thread>

using namespace dscope;
namespace fs = std::filesystem;

class TestFileBytes : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path file(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

private Q_SLOTS:
    void readsOnceAndHashesWhatItRead()
    {
        writeAtomically(file("a"), "abc");
        QTest::qWait(300); // until a further change would have another time
        const auto first = FileBytes::read(file("a"), 100);
        QCOMPARE(first->sha256(), sha256("abc"));
        QVERIFY(first->steady());
        QCOMPARE(FileBytes::read(file("a"), 100).get(), first.get());
        writeAtomically(file("a"), "xyz");
        QCOMPARE(first->text(), std::string_view("abc"));
        QCOMPARE(first->sha256(), sha256("abc"));
        const auto second = FileBytes::read(file("a"), 100);
        QCOMPARE(second->sha256(), sha256("xyz"));
        QVERIFY(!second->steady()); // just changed: it could change again within the same tick of the clock
        QVERIFY(FileBytes::read(file("a"), 100).get() != second.get());
        QVERIFY(FileIdentity::of(file("a")) != std::optional(first->identity()));
        QVERIFY(!FileIdentity::of(file("absent")));
    }

    void whatIsNoFileIsRefusedWithoutWaiting()
    {
        QCOMPARE(::mkfifo(file("pipe").c_str(), 0600), 0);
        QVERIFY_THROWS_EXCEPTION(FileError, FileBytes::read(file("pipe"), 100));
        QVERIFY_THROWS_EXCEPTION(FileError, FileBytes::read(m_dir.path().toStdString(), 100));
        QVERIFY_THROWS_EXCEPTION(FileError, FileBytes::read(file("absent"), 100));
        writeAtomically(file("long"), "0123456789");
        QVERIFY_THROWS_EXCEPTION(FileError, FileBytes::read(file("long"), 9));
    }

    void hashesFollowTheFile()
    {
        writeAtomically(file("h"), "one");
        QTest::qWait(300);
        QCOMPARE(fileHash(file("h")), sha256("one"));
        QCOMPARE(fileHash(file("h")), sha256("one"));
        writeAtomically(file("h"), "two"); // as long as before
        QCOMPARE(fileHash(file("h")), sha256("two"));
        writeAtomically(file("h"), "six");
        QCOMPARE(fileHash(file("h")), sha256("six"));
        QVERIFY_THROWS_EXCEPTION(FileError, fileHash(file("absent")));
    }

    void loadsAreSharedWhileSomebodyHoldsThem()
    {
        SharedLoads<int> all;
        std::atomic<int> loads{0};
        const auto load = [&] { return std::make_shared<int>(++loads); };
        std::shared_ptr<int> held = all.get("a", load);
        QCOMPARE(all.get("a", load).get(), held.get());
        QCOMPARE(*all.get("b", load), 2);
        held.reset();
        QCOMPARE(*all.get("a", load), 3);
        try {
            all.get("c", []() -> std::shared_ptr<int> { throw Error("no"); });
            QFAIL("nothing was thrown");
        } catch (const Error &) {
        }
        std::vector<std::shared_ptr<int>> got(4);
        loads = 0;
        std::vector<std::thread> threads;
        for (auto &one : got)
            threads.emplace_back([&] { one = all.get("d", load); });
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(loads.load(), 1);
        for (const auto &one : got)
            QCOMPARE(one.get(), got.front().get());
    }
};

DSCOPE_TEST(TestFileBytes)
#include "tst_filebytes.moc"
