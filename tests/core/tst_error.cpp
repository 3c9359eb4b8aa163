// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/support/support.h"

#include <c10/util/Exception.h>

#include <new>

using namespace dscope;

class TestError : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fileErrors()
    {
        QCOMPARE(QByteArray(FileError("a/b.csv", "is empty.").what()), QByteArray("a/b.csv: is empty."));
        QCOMPARE(QByteArray(FileError("a/b.csv", 12, "is short.").what()), QByteArray("a/b.csv:12: is short."));
    }

    void kinds()
    {
        QVERIFY_THROWS_EXCEPTION(Error, throw FileError("a", "b"));
        QVERIFY_THROWS_EXCEPTION(Error, throw UsageError("a"));
        const Cancelled cancelled;
        QVERIFY(dynamic_cast<const std::runtime_error *>(static_cast<const std::exception *>(&cancelled)) == nullptr);
        QCOMPARE(describe(cancelled), std::string("cancelled"));
    }

    void ownWords() { QCOMPARE(describe(Error("No face was found.")), std::string("No face was found.")); }

    void libtorchWithoutBacktrace()
    {
        try {
            TORCH_CHECK(false, "the shapes differ");
        } catch (const std::exception &error) {
            const std::string text = describe(error);
            QVERIFY2(text.find("the shapes differ") == 0, text.c_str());
            QVERIFY2(text.find("frame #") == std::string::npos && text.find("Exception raised from") == std::string::npos, text.c_str());
        }
    }

    void openCvWithoutFileNames()
    {
        const std::runtime_error error(
            "OpenCV(4.6.0) ./modules/core/src/alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate 8 bytes in function 'OutOfMemoryError'\n");
        QCOMPARE(describe(error), std::string("OpenCV: (-4:Insufficient memory) Failed to allocate 8 bytes"));
        QCOMPARE(describe(std::runtime_error("OpenCV(odd\n")), std::string("OpenCV(odd"));
    }

    void memory() { QCOMPARE(describe(std::bad_alloc()), std::string("There is not enough memory for this.")); }
};

DSCOPE_TEST(TestError)
#include "tst_error.moc"
