// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/training/facelist.h"
#include "core/training/recordio.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

using namespace dscope;
using namespace dscope::test;

namespace fs = std::filesystem;

namespace {

Picture shade(std::uint8_t value)
{
    Picture picture(112, 112);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        picture.rgb[i] = static_cast<std::uint8_t>(value + i % 7);
    return picture;
}

std::string bytesOf(const fs::path &path)
{
    return readText(path);
}

} // namespace

class TestRecordio : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }

    /// Three classes of 3, 1 and 2 pictures. @return the pictures' bytes by key
    std::map<std::uint64_t, std::vector<std::uint8_t>> write(const fs::path &rec) const
    {
        std::map<std::uint64_t, std::vector<std::uint8_t>> bytes;
        RecordWriter writer(rec);
        std::uint64_t key = 1;
        for (const std::int32_t label : {0, 0, 0, 4, 7, 7}) {
            bytes[key] = encodeJpeg(shade(static_cast<std::uint8_t>(20 * key)), 90);
            writer.add(label, bytes[key++]);
        }
        writer.finish();
        return bytes;
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    /// The bytes of a small file, by hand: record 0 (two label values), one picture of five bytes, one identity.
    void format()
    {
        RecordWriter writer(path("hand.rec"));
        writer.add(3, {1, 2, 3, 4, 5});
        writer.finish();
        const auto le = [](std::uint64_t value, int size) {
            std::string text;
            for (int i = 0; i < size; ++i)
                text.push_back(static_cast<char>(value >> (8 * i)));
            return text;
        };
        const std::string magic = "\x0a\x23\xd7\xce";
        const std::string one = std::string("\0\0\x80\x3f", 4); // 1.0F
        const std::string two = std::string("\0\0\0\x40", 4);
        const std::string three = std::string("\0\0\x40\x40", 4);
        const std::string zero(4, '\0');
        const std::string expected = magic + le(32, 4) + le(2, 4) + zero + le(0, 8) + le(0, 8) + two + three  // pictures end before 2, identities before 3
            + magic + le(29, 4) + le(0, 4) + three + le(1, 8) + le(0, 8) + std::string("\1\2\3\4\5\0\0\0", 8) // padded to four
            + magic + le(32, 4) + le(2, 4) + zero + le(2, 8) + le(0, 8) + one + two;
        QCOMPARE(QByteArray::fromStdString(bytesOf(path("hand.rec"))), QByteArray::fromStdString(expected));
        QCOMPARE(bytesOf(path("hand.idx")), std::string("0\t0\n1\t40\n2\t80\n"));
    }

    void roundTrip_data()
    {
        QTest::addColumn<bool>("indexed");
        QTest::newRow("with .idx") << true;
        QTest::newRow("without") << false;
    }
    void roundTrip()
    {
        QFETCH(bool, indexed);
        const fs::path rec = path(indexed ? "with/train.rec" : "without/train.rec");
        const auto bytes = write(rec);
        if (!indexed)
            fs::remove(fs::path(rec).replace_extension(".idx"));
        Progress progress;
        const RecordFile file = RecordFile::open(rec, progress);
        QVERIFY2(file.problems().empty(), joined(file.problems()).c_str());
        QCOMPARE(file.entries().size(), std::size_t{6}); // neither record 0 nor the identities
        std::vector<std::int32_t> labels;
        for (const RecordEntry &entry : file.entries()) {
            labels.push_back(entry.label);
            QVERIFY(file.jpeg(entry) == bytes.at(entry.key));
            QCOMPARE(file.read(entry), decodeJpeg(bytes.at(entry.key)));
        }
        QCOMPARE(labels, (std::vector<std::int32_t>{0, 0, 0, 4, 7, 7}));
    }

    /// Data that holds the magic word itself comes in parts.
    void partsAtTheMagicWord()
    {
        const std::vector<std::uint8_t> magic{0x0a, 0x23, 0xd7, 0xce};
        Random random(4);
        std::vector<std::vector<std::uint8_t>> all;
        RecordWriter writer(path("parts.rec"));
        for (int i = 0; i < 40; ++i) {
            std::vector<std::uint8_t> data(random.below(60) + 1);
            for (std::uint8_t &byte : data)
                byte = static_cast<std::uint8_t>(random.below(256));
            for (std::uint64_t n = random.below(4); n > 0; --n) {
                const std::size_t at = random.below(data.size() + 1);
                data.insert(data.begin() + static_cast<std::ptrdiff_t>(at), magic.begin(), magic.end());
            }
            writer.add(i, data);
            all.push_back(data);
        }
        writer.add(40, magic);
        all.push_back(magic);
        writer.finish();
        for (const bool indexed : {true, false}) {
            if (!indexed)
                fs::remove(path("parts.idx"));
            Progress progress;
            const RecordFile file = RecordFile::open(path("parts.rec"), progress);
            QCOMPARE(file.entries().size(), all.size());
            for (std::size_t i = 0; i < all.size(); ++i)
                QVERIFY(file.jpeg(file.entries()[i]) == all[i]);
        }
    }

    /// Flipped bits, cut files, lines that are no offsets: told of and left out, the rest is read; nothing crashes.
    void damage()
    {
        const fs::path rec = path("broken/train.rec");
        const auto bytes = write(rec);
        const std::string whole = bytesOf(rec);
        const std::string index = bytesOf(path("broken/train.idx"));
        Progress progress;
        // The magic word of picture 2.
        std::uint64_t second = 0;
        {
            const RecordFile file = RecordFile::open(rec, progress);
            second = file.entries()[1].offset;
        }
        std::string text = whole;
        text[second] ^= 1;
        writeAtomically(rec, text);
        {
            const RecordFile file = RecordFile::open(rec, progress);
            QCOMPARE(file.entries().size(), std::size_t{5});
            QVERIFY2(joined(file.problems()).find("record 2 at byte") != std::string::npos, joined(file.problems()).c_str());
        }
        fs::remove(path("broken/train.idx"));
        {
            const RecordFile file = RecordFile::open(rec, progress);
            QCOMPARE(file.entries().size(), std::size_t{5});
            QCOMPARE(file.problems().size(), std::size_t{1});
        }
        // Lines that say nothing, an offset beyond the end, one into the middle of a record.
        writeAtomically(rec, whole);
        writeAtomically(path("broken/train.idx"), index + "rubbish\n900\t99999999999\n901\t13\n\n12\n");
        {
            const RecordFile file = RecordFile::open(rec, progress);
            QCOMPARE(file.entries().size(), std::size_t{6});
            QCOMPARE(file.problems().size(), std::size_t{4});
            QVERIFY2(joined(file.problems()).find("line 11") != std::string::npos, joined(file.problems()).c_str());
        }
        // Any byte changed, any length: an answer or an error.
        writeAtomically(path("broken/train.idx"), index);
        Random random(7);
        for (int round = 0; round < 300; ++round) {
            text = whole;
            for (int i = 0; i < 4; ++i)
                text[random.below(std::min<std::uint64_t>(text.size(), round % 2 == 0 ? 200 : text.size()))] = static_cast<char>(random.below(256));
            if (round % 3 == 0)
                text.resize(random.below(text.size()));
            writeAtomically(rec, text);
            if (round % 5 == 0)
                fs::remove(path("broken/train.idx"));
            else
                writeAtomically(path("broken/train.idx"), index);
            try {
                const RecordFile file = RecordFile::open(rec, progress);
                for (const RecordEntry &entry : file.entries()) {
                    try {
                        file.read(entry);
                    } catch (const Error &) {
                    }
                }
            } catch (const FileError &) {
            }
        }
        writeAtomically(path("broken/empty.rec"), "");
        QVERIFY_THROWS_EXCEPTION(FileError, RecordFile::open(path("broken/empty.rec"), progress));
        QVERIFY_THROWS_EXCEPTION(FileError, RecordFile::open(path("broken/nowhere.rec"), progress));
    }

    void writerRefuses()
    {
        {
            RecordWriter writer(path("refused.rec"));
            writer.add(5, {1});
            QVERIFY_THROWS_EXCEPTION(Error, writer.add(4, {1}));
            QVERIFY_THROWS_EXCEPTION(Error, writer.add(-1, {1}));
        }
        QVERIFY(!fs::exists(path("refused.rec")) && !fs::exists(path("refused.rec.part"))); // not finished: nothing is left
    }

    /// As a training set: people by class number, pictures in the order of the file, the unusable ones told of.
    void asFaceList()
    {
        const fs::path rec = path("list/train.rec");
        const auto bytes = write(rec);
        Progress progress;
        FaceList list = readFaceList(rec, {}, progress);
        QCOMPARE(list.people, (std::vector<std::string>{"0", "4", "7"}));
        QCOMPARE(list.labels, (std::vector<std::int32_t>{0, 0, 0, 1, 2, 2}));
        const std::vector<Picture> pictures = readFaces(list, progress);
        QCOMPARE(pictures.size(), std::size_t{6});
        QCOMPARE(pictures[4], decodeJpeg(bytes.at(5)));
        writeAtomically(path("list/split.csv"), "identity,part\n0,train\n7,test\n4,train\n");
        QCOMPARE(readFaceList(rec, {path("list/split.csv"), {"train"}}, progress).people, (std::vector<std::string>{"0", "4"}));
        {
            RecordWriter writer(path("list/bad.rec"));
            writer.add(0, bytes.at(1));
            writer.add(0, {1, 2, 3});
            writer.add(1, encodeJpeg(Picture(50, 60), 90));
            writer.finish();
        }
        FaceList bad = readFaceList(path("list/bad.rec"), {}, progress);
        Progress told;
        QCOMPARE(readFaces(bad, told).size(), std::size_t{1});
        QCOMPARE(told.notices().size(), std::size_t{2});
        QVERIFY2(told.notices()[0].find("record 2") != std::string::npos, told.notices()[0].c_str());
    }

    /// Files made to cost more than they are: false magic words, labels without end, indices of more lines than records, numbers beyond all bounds.
    void hostile()
    {
        const auto put32 = [](std::string &to, std::uint32_t value) {
            for (int shift = 0; shift < 32; shift += 8)
                to.push_back(static_cast<char>(value >> shift));
        };
        constexpr std::uint32_t magic = 0xced7230a;
        std::string words;
        for (int i = 0; i < 1 << 18; ++i)
            put32(words, magic); // each a beginning whose length reaches beyond the end
        const std::string good = [&] {
            RecordWriter writer(path("hostile/good.rec"));
            writer.add(0, encodeJpeg(shade(3), 90));
            writer.finish();
            return bytesOf(path("hostile/good.rec"));
        }();
        writeAtomically(path("hostile/words.rec"), words + good);
        Progress progress;
        const RecordFile found = RecordFile::open(path("hostile/words.rec"), progress);
        QCOMPARE(found.entries().size(), std::size_t{1});
        QCOMPARE(found.entries()[0].offset % 4, std::uint64_t{0});
        Progress stopped;
        stopped.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, RecordFile::open(path("hostile/words.rec"), stopped));

        // One record, and an index that names it a hundred thousand times.
        writeAtomically(path("hostile/many.rec"), good);
        std::string lines;
        for (int i = 0; i < 100'000; ++i)
            lines += std::to_string(i) + "\t0\n";
        writeAtomically(path("hostile/many.idx"), lines);
        QVERIFY_THROWS_EXCEPTION(FileError, RecordFile::open(path("hostile/many.rec"), progress));

        // Labels of 1e30 and -1e30, in a picture's header and in record 0.
        std::string huge;
        for (const float label : {1e30F, -1e30F, NAN, 2.F}) {
            std::string data;
            std::uint32_t bits = 0;
            std::memcpy(&bits, &label, sizeof bits);
            put32(data, 0);
            put32(data, bits);
            data += std::string(16, '\0') + "picture!";
            put32(huge, magic);
            put32(huge, static_cast<std::uint32_t>(data.size()));
            huge += data;
        }
        std::string zero;
        put32(zero, magic);
        put32(zero, 24 + 8);
        put32(zero, 2);
        zero += std::string(20, '\0');
        for (const float label : {1e30F, 1e30F}) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, &label, sizeof bits);
            put32(zero, bits);
        }
        writeAtomically(path("hostile/huge.rec"), zero + huge);
        const RecordFile labels = RecordFile::open(path("hostile/huge.rec"), progress);
        QCOMPARE(labels.entries().size(), std::size_t{1});
        QCOMPARE(labels.entries()[0].label, 2);
        QCOMPARE(labels.problems().size(), std::size_t{3});
    }

    void csvAsFaceList()
    {
        const std::vector<std::uint8_t> jpeg = encodeJpeg(shade(3), 90);
        for (const char *name : {"csv/x/1.jpg", "csv/2.jpg", "csv/3.jpg"})
            writeAtomically(path(name), std::string_view(reinterpret_cast<const char *>(jpeg.data()), jpeg.size()));
        writeAtomically(path("csv/faces.csv"), "path,group\nx/1.jpg,Bob\n2.jpg,Ann\n3.jpg,Bob\nnot there.jpg,Ann\n");
        Progress progress;
        FaceList list = readFaceList(path("csv/faces.csv"), {}, progress);
        QCOMPARE(list.people, (std::vector<std::string>{"Ann", "Bob"}));
        QCOMPARE(list.files, (std::vector<std::string>{"2.jpg", "x/1.jpg", "3.jpg"}));
        const std::vector<std::string> told = progress.notices();
        QVERIFY(std::any_of(told.begin(), told.end(), [](const std::string &text) { return text.find("faces.csv:5: the picture ") != std::string::npos; }));
        QCOMPARE(readFaces(list, progress).size(), std::size_t{3});
        QCOMPARE(list.labels, (std::vector<std::int32_t>{0, 1, 1}));
        QVERIFY_THROWS_EXCEPTION(FileError, readFaceList(path("csv/2.jpg"), {}, progress));
    }
};

DSCOPE_TEST(TestRecordio)
#include "tst_recordio.moc"
