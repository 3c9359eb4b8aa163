// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <cstring>

using namespace dscope;

class TestNpy : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::filesystem::path file(const char *name) const { return std::filesystem::path(m_dir.path().toStdString()) / name; }

    static std::string header(const std::string &dictionary, int major = 1)
    {
        std::string text = std::string("\x93NUMPY", 6) + static_cast<char>(major) + '\0';
        for (std::size_t i = 0; i < (major == 1 ? 2u : 4u); ++i)
            text += static_cast<char>((dictionary.size() >> (8 * i)) & 255);
        return text + dictionary;
    }

    template<typename T>
    void reads(const char *type, const std::vector<T> &values, int major = 1)
    {
        std::string bytes =
            header(std::string("{'descr': '") + type + "', 'fortran_order': False, 'shape': (" + std::to_string(values.size()) + ",), }\n", major);
        bytes.append(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
        writeAtomically(file("a.npy"), bytes);
        const NpyArray array = readNpy(file("a.npy"));
        QCOMPARE(array.type, std::string(type));
        QCOMPARE(array.shape, std::vector<std::int64_t>{static_cast<std::int64_t>(values.size())});
        for (std::size_t i = 0; i < values.size(); ++i)
            QCOMPARE(array.values[i], static_cast<double>(values[i]));
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void roundTrip()
    {
        const std::vector<float> values{1, -2.5f, 3e-20f, 4, 5, 6.25f};
        writeNpy(file("r.npy"), {2, 3}, values);
        const NpyArray array = readNpy(file("r.npy"));
        QCOMPARE(array.type, std::string("<f4"));
        QCOMPARE(array.shape, (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(array.size(), std::int64_t{6});
        QCOMPARE(array.values, std::vector<double>(values.begin(), values.end()));
        // numpy wants the data to begin at a multiple of 64.
        QCOMPARE(std::filesystem::file_size(file("r.npy")) % 64, std::uintmax_t{values.size() * 4 % 64});
    }

    void shapeMustFit() { QVERIFY_THROWS_EXCEPTION(Error, writeNpy(file("x.npy"), {2, 2}, {1, 2, 3})); }

    void emptyArray()
    {
        writeNpy(file("e.npy"), {0, 128}, {});
        const NpyArray array = readNpy(file("e.npy"));
        QCOMPARE(array.shape, (std::vector<std::int64_t>{0, 128}));
        QVERIFY(array.values.empty());
    }

    void types()
    {
        reads<float>("<f4", {1.5f, -2});
        reads<double>("<f8", {1e-300, 2});
        reads<std::int8_t>("|i1", {-1, 127});
        reads<std::uint8_t>("|u1", {0, 255});
        reads<std::uint8_t>("|b1", {0, 1});
        reads<std::int16_t>("<i2", {-300, 300});
        reads<std::uint16_t>("<u2", {65535, 0});
        reads<std::int32_t>("<i4", {-70000, 70000});
        reads<std::uint32_t>("<u4", {4000000000u});
        reads<std::int64_t>("<i8", {-5000000000, 1});
        reads<std::uint64_t>("<u8", {5000000000u}, 2);
        reads<float>("<f4", {7}, 3);
    }

    void halfPrecision()
    {
        std::string bytes = header("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }\n");
        for (const int half : {0x3c00, 0xc100}) { // 1 and -2.5
            bytes += static_cast<char>(half & 255);
            bytes += static_cast<char>(half >> 8);
        }
        writeAtomically(file("h.npy"), bytes);
        QCOMPARE(readNpy(file("h.npy")).values, (std::vector<double>{1, -2.5}));
    }

    /// The header is a Python literal: any order of keys, either quotes, any blanks; values in either order of axes and bytes.
    void otherForms()
    {
        const auto words = [](std::initializer_list<std::uint32_t> values, bool big) {
            std::string bytes;
            for (const std::uint32_t value : values)
                for (int i = 0; i < 4; ++i)
                    bytes += static_cast<char>(value >> 8 * (big ? 3 - i : i));
            return bytes;
        };
        // 1, 2, 3, 4, 5, 6 column by column: rows (1 3 5) and (2 4 6).
        writeAtomically(file("o.npy"), header("{\"shape\" :( 2,3L ) ,'fortran_order':True,\t'descr':\"<i4\"}") + words({1, 2, 3, 4, 5, 6}, false));
        NpyArray array = readNpy(file("o.npy"));
        QCOMPARE(array.shape, (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(array.values, (std::vector<double>{1, 3, 5, 2, 4, 6}));
        writeAtomically(file("o.npy"), header("{'descr': '>i4', 'fortran_order': False, 'shape': (2, 1, 2), }\n") + words({7, 8, 9, 0xffffffffU}, true));
        array = readNpy(file("o.npy"));
        QCOMPARE(array.shape, (std::vector<std::int64_t>{2, 1, 2}));
        QCOMPARE(array.values, (std::vector<double>{7, 8, 9, -1}));
    }

    void scalar()
    {
        const double value = 42;
        std::string bytes = header("{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n");
        bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
        writeAtomically(file("s.npy"), bytes);
        const NpyArray array = readNpy(file("s.npy"));
        QVERIFY(array.shape.empty());
        QCOMPARE(array.values, std::vector<double>{42});
    }

    void damaged_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("part");
        const auto row = [](const char *name, const std::string &bytes, const char *part) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(part);
        };
        row("empty", "", "not a .npy file");
        row("other file", "PK\3\4 this is a zip archive", "not a .npy file");
        row("version 9", header("{}", 9) + "xxxxxxxx", "version 9");
        row("header cut off", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n").substr(0, 30), "cut off");
        row("no shape", header("{'descr': '<f4', 'fortran_order': False, }\n"), "has no 'shape'");
        row("open shape", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,"), "no tuple of whole numbers");
        row("records", header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n") + "1234", "several fields");
        row("shape of words", header("{'descr': '<f4', 'fortran_order': False, 'shape': ('a',), }\n") + "1234", "no tuple of whole numbers");
        row("side below zero", header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }\n") + "1234", "no tuple of whole numbers");
        row("something else", header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'code': '1'}\n") + "1234", "something else");
        row("neither true nor false", header("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }\n") + "1234", "neither True nor False");
        row("text", header("{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }\n") + "1234", "'<U4'");
        row("objects", header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n") + "1234", "never read");
        row("too little data", header("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n") + "12345678", "3 values");
        row("absurd side", header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }\n"), "absurd");
        row("absurd product", header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000), }\n"), "absurd");
    }

    void damaged()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, part);
        writeAtomically(file("d.npy"), bytes.toStdString());
        try {
            readNpy(file("d.npy"));
            QFAIL("no error was thrown");
        } catch (const FileError &error) {
            QVERIFY2(QByteArray(error.what()).contains(part), error.what());
            QVERIFY(QByteArray(error.what()).contains("d.npy"));
        }
    }
};

DSCOPE_TEST(TestNpy)
#include "tst_npy.moc"
