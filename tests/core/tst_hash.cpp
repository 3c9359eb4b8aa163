// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "tests/support/support.h"

#include <QCryptographicHash>
#include <QTemporaryDir>

#include <algorithm>

using namespace dscope;

/// SHA-256 against the examples of FIPS 180-4.
class TestHash : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void vectors_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("digest");
        QTest::newRow("empty") << QByteArray("") << QByteArray("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        QTest::newRow("abc") << QByteArray("abc") << QByteArray("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        QTest::newRow("448 bits") << QByteArray("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                                  << QByteArray("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        QTest::newRow("896 bits") << QByteArray(
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")
                                  << QByteArray("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
        QTest::newRow("a million a") << QByteArray(1000000, 'a') << QByteArray("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }

    void vectors()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, digest);
        QCOMPARE(QByteArray::fromStdString(sha256(text.toStdString())), digest);
        // Any division into pieces gives the same.
        for (const qsizetype piece : {1, 3, 63, 64, 65, 1000}) {
            Sha256 hash;
            for (qsizetype at = 0; at < text.size(); at += piece)
                hash.add(text.constData() + at, static_cast<std::size_t>(std::min(piece, text.size() - at)));
            QCOMPARE(QByteArray::fromStdString(hash.hex()), digest);
        }
    }

    void agreesWithQtAtEveryPaddingLength()
    {
        for (int length = 0; length < 130; ++length) {
            const QByteArray text(length, static_cast<char>('0' + length % 10));
            QCOMPARE(QByteArray::fromStdString(sha256(text.toStdString())), QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex());
        }
    }

    void files()
    {
        const QTemporaryDir dir;
        const std::filesystem::path path = std::filesystem::path(dir.path().toStdString()) / "big";
        std::string text(3 << 20, 'x');
        text += "tail";
        writeAtomically(path, text);
        QCOMPARE(sha256File(path), sha256(text));
        QVERIFY_THROWS_EXCEPTION(FileError, sha256File(path.parent_path() / "absent"));
        QVERIFY_THROWS_EXCEPTION(FileError, sha256File(path.parent_path()));
    }
};

DSCOPE_TEST(TestHash)
#include "tst_hash.moc"
