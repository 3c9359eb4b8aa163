// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tasks/reid/matfile.h"

#include <QTemporaryDir>

#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <zlib.h>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

/// A file byte by byte after "MAT-File Format", in either order of bytes.
struct Writer {
    bool big = false;
    std::string text;

    template<typename T>
    void put(T value)
    {
        char bytes[sizeof(T)];
        std::memcpy(bytes, &value, sizeof value);
        if (big)
            std::reverse(bytes, bytes + sizeof value);
        text.append(bytes, sizeof value);
    }
    void pad() { text.resize((text.size() + 7) / 8 * 8, '\0'); }
    void header()
    {
        text = "MATLAB 5.0 MAT-file, by hand";
        text.resize(124, ' ');
        put<std::uint16_t>(0x0100);
        put<std::uint16_t>('M' << 8 | 'I');
    }
};

struct Array {
    std::string name = "a";
    std::uint32_t flags = 6; ///< double
    std::vector<std::int32_t> sizes{2, 3};
    std::uint32_t type = 9; ///< double
};

template<typename T>
std::string element(const Array &array, const std::vector<T> &values, bool big = false)
{
    Writer inner{big, {}};
    inner.put<std::uint32_t>(6);
    inner.put<std::uint32_t>(8);
    inner.put(array.flags);
    inner.put<std::uint32_t>(0);
    inner.put<std::uint32_t>(5);
    inner.put(static_cast<std::uint32_t>(4 * array.sizes.size()));
    for (const std::int32_t size : array.sizes)
        inner.put(size);
    inner.pad();
    inner.put<std::uint32_t>(1);
    inner.put(static_cast<std::uint32_t>(array.name.size()));
    inner.text += array.name;
    inner.pad();
    inner.put(array.type);
    inner.put(static_cast<std::uint32_t>(values.size() * sizeof(T)));
    for (const T value : values)
        inner.put(value);
    inner.pad();
    Writer outer{big, {}};
    outer.put<std::uint32_t>(14);
    outer.put(static_cast<std::uint32_t>(inner.text.size()));
    return outer.text + inner.text;
}

std::string headerBytes(bool big = false)
{
    Writer writer{big, {}};
    writer.header();
    return writer.text;
}

std::string packed(const std::string &element)
{
    std::string out(compressBound(element.size()), '\0');
    uLongf size = out.size();
    compress(reinterpret_cast<Bytef *>(out.data()), &size, reinterpret_cast<const Bytef *>(element.data()), element.size());
    out.resize(size);
    Writer tag;
    tag.put<std::uint32_t>(15);
    tag.put(static_cast<std::uint32_t>(out.size()));
    return tag.text + out;
}

MatMatrix read(const std::string &text, const MatOptions &options = {})
{
    return readMat(FileOrBytes({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}, "made.mat"), options);
}

std::string refused(const std::string &text, const MatOptions &options = {})
{
    return refusal([&] { read(text, options); });
}

} // namespace

class TestMatfile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Two rows of three: MATLAB keeps columns, so 1 4 are the first.
    void readsEachKindOfNumber()
    {
        const std::vector<double> expected{1, 4, 2, 5, 3, 6};
        const auto same = [&](const MatMatrix &matrix) {
            QCOMPARE(matrix.name, std::string("a"));
            QCOMPARE(matrix.rows, std::int64_t{2});
            QCOMPARE(matrix.columns, std::int64_t{3});
            QCOMPARE(matrix.values, expected);
            QCOMPARE(matrix.at(1, 0), 4.0);
            QCOMPARE(matrix.at(0, 2), 3.0);
        };
        for (const bool big : {false, true}) {
            same(read(headerBytes(big) + element<double>({}, {1, 4, 2, 5, 3, 6}, big)));
            same(read(headerBytes(big) + element<float>({.flags = 7, .type = 7}, {1, 4, 2, 5, 3, 6}, big)));
            // A double array whose values are kept in fewer bytes, as MATLAB does with whole numbers.
            same(read(headerBytes(big) + element<std::uint16_t>({.type = 4}, {1, 4, 2, 5, 3, 6}, big)));
            same(read(headerBytes(big) + element<std::int8_t>({.flags = 8, .type = 1}, {1, 4, 2, 5, 3, 6}, big)));
            same(read(headerBytes(big) + element<std::uint8_t>({.flags = 9, .type = 2}, {1, 4, 2, 5, 3, 6}, big)));
            same(read(headerBytes(big) + element<std::uint16_t>({.flags = 11, .type = 4}, {1, 4, 2, 5, 3, 6}, big)));
            same(read(headerBytes(big) + element<std::int32_t>({.flags = 12, .type = 5}, {1, 4, 2, 5, 3, 6}, big)));
            same(read(headerBytes(big) + element<std::uint64_t>({.flags = 15, .type = 13}, {1, 4, 2, 5, 3, 6}, big)));
        }
        same(read(headerBytes() + packed(element<double>({}, {1, 4, 2, 5, 3, 6}))));
        const MatMatrix negative = read(headerBytes() + element<std::int16_t>({.flags = 10, .sizes = {1, 2}, .type = 3}, {-1, 300}));
        QCOMPARE(negative.values, (std::vector<double>{-1, 300}));
        QCOMPARE(read(headerBytes() + element<double>({.sizes = {0, 4}}, {})).values.size(), std::size_t{0});
    }

    void findsAnArrayByName()
    {
        const std::string text = headerBytes() + element<double>({.name = "b", .sizes = {1, 1}}, {7})
            + packed(element<std::uint16_t>({.name = "words", .flags = 4, .sizes = {1, 2}, .type = 4}, {65, 66}))
            + element<double>({.name = "c", .sizes = {1, 1}}, {8});
        QCOMPARE(read(text, {.variable = "b"}).values, std::vector<double>{7});
        QCOMPARE(read(text, {.variable = "c"}).values, std::vector<double>{8});
        QVERIFY(refused(text).find("several arrays, 'b' and 'c'") != std::string::npos);
        QVERIFY(refused(text, {.variable = "d"}).find("no variable 'd'; there are 'b', 'words' (text), 'c'") != std::string::npos);
        QVERIFY(refused(text, {.variable = "words"}).find("'words' is a text") != std::string::npos);
    }

    void refusesWhatItCannotMean()
    {
        const std::string whole = headerBytes() + element<double>({}, {1, 4, 2, 5, 3, 6});
        QVERIFY(refused("").find("made.mat: is none of MATLAB's files") != std::string::npos);
        QVERIFY(refused("MATLAB 7.3 MAT-file, Platform").find("7.3 (HDF5)") != std::string::npos);
        QVERIFY(refused(headerBytes()).find("holds no array") != std::string::npos);
        // Cut at each length: never anything but a sentence that names the file.
        for (std::size_t length = 0; length < whole.size(); ++length)
            QVERIFY2(refused(whole.substr(0, length)).starts_with("made.mat: "), std::to_string(length).c_str());
        const std::string tight = headerBytes() + packed(element<double>({}, {1, 4, 2, 5, 3, 6}));
        for (std::size_t length = 0; length < tight.size(); ++length)
            QVERIFY2(refused(tight.substr(0, length)).starts_with("made.mat: "), std::to_string(length).c_str());
        QVERIFY(refused(headerBytes() + element<double>({.flags = 0x806}, {1, 4, 2, 5, 3, 6})).find("array of complex numbers") != std::string::npos);
        QVERIFY(refused(headerBytes() + element<double>({.sizes = {1, 2, 3}}, {1, 4, 2, 5, 3, 6})).find("array of 3 axes") != std::string::npos);
        // More values are announced than there are, and fewer.
        QVERIFY(refused(headerBytes() + element<double>({.sizes = {2, 4}}, {1, 4, 2, 5, 3, 6})).find("48 bytes, where 8 values") != std::string::npos);
        QVERIFY(refused(headerBytes() + element<double>({.sizes = {2, 2}}, {1, 4, 2, 5, 3, 6})).find("'a'") != std::string::npos);
        QVERIFY(refused(headerBytes() + element<double>({.sizes = {2000000000, 2000000000}}, {1})).find("at most 4000000 values") != std::string::npos);
        QVERIFY(refused(headerBytes() + element<double>({.sizes = {-2, -3}}, {1, 4, 2, 5, 3, 6})).find("-2 x -3") != std::string::npos);
        QVERIFY(refused(whole, {.values = 5}).find("at most 5 values") != std::string::npos);
        QVERIFY(refused(headerBytes() + element<double>({.type = 18}, {1, 4, 2, 5, 3, 6})).find("no numbers") != std::string::npos);
        QVERIFY(refused(headerBytes() + element<double>({.name = std::string(5000, 'n')}, {1, 4, 2, 5, 3, 6})).find("has no name") != std::string::npos);
    }

    void writesWhatItReads()
    {
        QTemporaryDir dir;
        const fs::path file = fs::path(dir.path().toStdString()) / "deep" / "w.mat";
        MatMatrix matrix{"tracks", 3, 2, {1, 2, 3, -1, 0.5, 1e9}};
        writeMat(file, matrix);
        const MatMatrix again = readMat(FileOrBytes(file), {.variable = "tracks"});
        QCOMPARE(again.rows, std::int64_t{3});
        QCOMPARE(again.columns, std::int64_t{2});
        QCOMPARE(again.values, matrix.values);
        const std::string bytes = readText(file);
        writeMat(file, matrix);
        QCOMPARE(readText(file), bytes);
    }

    /// The files that come with MARS.
    void readsMars_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<qint64>("rows");
        QTest::addColumn<qint64>("columns");
        QTest::newRow("train") << "tracks_train_info.mat" << qint64{8298} << qint64{4};
        QTest::newRow("test") << "tracks_test_info.mat" << qint64{12180} << qint64{4};
        QTest::newRow("queries") << "query_IDX.mat" << qint64{1} << qint64{1980};
    }
    void readsMars()
    {
        QFETCH(QString, name);
        QFETCH(qint64, rows);
        QFETCH(qint64, columns);
        const fs::path file = sharedDir() / "meta" / "mars" / name.toStdString();
        DSCOPE_NEED(file);
        const MatMatrix matrix = readMat(FileOrBytes(file));
        QCOMPARE(matrix.rows, rows);
        QCOMPARE(matrix.columns, columns);
        for (const double value : matrix.values)
            QVERIFY(value >= -1 && value < 1e6 && value == std::floor(value));
    }
};

DSCOPE_TEST(TestMatfile)
#include "tst_matfile.moc"
