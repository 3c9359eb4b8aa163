// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"

#include <QTemporaryDir>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace dscope;

namespace fs = std::filesystem;

namespace {

Picture noise(Random &random, int width = 112, int height = 112)
{
    Picture picture(width, height);
    for (std::uint8_t &value : picture.rgb)
        value = static_cast<std::uint8_t>(random.below(256));
    return picture;
}

void writeJpeg(const fs::path &path, const Picture &picture)
{
    const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
    writeAtomically(path, std::string(jpeg.begin(), jpeg.end()));
}

std::uint64_t little(const std::string &bytes, std::size_t at)
{
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + at, 8);
    return value;
}

/// The pack with another description, its SHA-256 right again: what somebody with bad intentions would write.
std::string withDescription(const std::string &pack, const std::string &text)
{
    std::string bytes = pack;
    const std::uint64_t at = bytes.size();
    const std::uint64_t size = text.size();
    bytes += text;
    std::memcpy(bytes.data() + 16, &at, 8);
    std::memcpy(bytes.data() + 24, &size, 8);
    std::memcpy(bytes.data() + 32, sha256(text).data(), 64);
    return bytes;
}

class StopsAfter final : public Progress {
public:
    explicit StopsAfter(int calls) : m_left(calls) {}

private:
    void onProgress(std::int64_t done, std::int64_t) override
    {
        if (done > 0 && --m_left < 0)
            cancel();
    }
    int m_left;
};

} // namespace

class TestPackedset : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;
    fs::path path(const std::string &name) const { return fs::path(m_dir.path().toStdString()) / name; }

    /// A random folder: 1 to 6 people of 1 to 5 faces.
    FaceList randomFolder(Random &random, const fs::path &root) const
    {
        const std::uint64_t people = random.below(6) + 1;
        for (std::uint64_t p = 0; p < people; ++p)
            for (std::uint64_t i = random.below(5) + 1; i > 0; --i)
                writeJpeg(root / ("p " + std::to_string(random.below(1000)) + "\xc3\xa4" + std::to_string(p)) / (std::to_string(i) + ".jpg"), noise(random));
        return readFaceList(root);
    }

    /// A small pack by the writer alone. @return its bytes
    std::string smallPack(const fs::path &file, int count = 5) const
    {
        Random random(8);
        FaceList list;
        list.root = "made";
        list.people = {"a", "b", "nobody"};
        PackWriter writer(file, 6, 4, "small");
        for (int i = 0; i < count; ++i) {
            writer.add(std::vector<Picture>{noise(random, 6, 4)});
            list.files.push_back("f" + std::to_string(i));
            list.labels.push_back(i % 2);
        }
        writer.finish(list);
        return readText(file);
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void checksum()
    {
        QCOMPARE(crc32("123456789", 9), 0xcbf43926U); // the check value of the CRC-32 catalogue
        QCOMPARE(crc32("", 0), 0U);
    }

    /// The header by hand.
    void format()
    {
        const std::string bytes = smallPack(path("small.pack"));
        QCOMPARE(bytes.substr(0, 16), std::string("DSCPACK\n\1\0\0\0\0\0\0\0", 16));
        const std::string text = bytes.substr(little(bytes, 16), little(bytes, 24));
        QCOMPARE(sha256(text), bytes.substr(32, 64));
        const Json about = Json::parse(text);
        QCOMPARE(about.at("count").get<int>(), 5);
        QCOMPARE(about.at("pictures").at("offset").get<int>(), 4096);
        QCOMPARE(about.at("pictures").at("bytes").get<int>(), 5 * 72);
        QCOMPARE(about.at("people").dump(), std::string(R"(["a","b"])")); // nobody has no picture
        Random random(8);
        const PackedSet set = PackedSet::open(path("small.pack"));
        QCOMPARE(set.width(), 6);
        QCOMPARE(set.height(), 4);
        for (std::size_t i = 0; i < 5; ++i) {
            const Picture expected = noise(random, 6, 4);
            QVERIFY(std::memcmp(bytes.data() + 4096 + 72 * i, expected.rgb.data(), 72) == 0);
            QCOMPARE(set.read(i), expected);
            QCOMPARE(std::string(set.name(i)), "f" + std::to_string(i));
        }
        QVERIFY_THROWS_EXCEPTION(Error, set.read(5));
        // Whatever its name: how it begins decides.
        writeAtomically(path("small"), bytes);
        writeAtomically(path("other"), "DSCPACKS");
        QVERIFY(looksLikePack(path("small")) && !looksLikePack(path("other")) && !looksLikePack(path("missing")) && looksLikePack(path("missing.PACK")));
        QCOMPARE(readFaceList(path("small")).size(), std::size_t{5});
        // As a list of faces it is refused face by face: 112 x 112 are needed.
        Progress progress;
        FaceList list = readFaceList(path("small.pack"));
        QVERIFY_THROWS_EXCEPTION(Error, readFaces(list, progress));
    }

    /// Any folder: the same list, the same classes, the same pixels; also of a part of it, and of the pack of the pack.
    void anyFolder()
    {
        Random random(21);
        for (int round = 0; round < 12; ++round) {
            const fs::path root = path("any" + std::to_string(round));
            const FaceList list = randomFolder(random, root);
            Progress progress;
            const fs::path pack = path("any" + std::to_string(round) + ".pack");
            const PackSummary summary = packFaces(list, pack, progress);
            QCOMPARE(summary.pictures, static_cast<std::int64_t>(list.size()));
            QCOMPARE(summary.skipped, std::int64_t{0});
            QCOMPARE(summary.bytes, static_cast<std::uint64_t>(fs::file_size(pack)));
            QVERIFY(progress.notices().empty());
            const FaceList packed = readFaceList(pack);
            QCOMPARE(packed.files, list.files);
            QCOMPARE(packed.labels, list.labels);
            QCOMPARE(packed.people, list.people);
            const FaceReader from(list, progress);
            const FaceReader to(packed, progress);
            for (std::size_t i = 0; i < list.size(); ++i)
                QCOMPARE(to.read(i), from.read(i));
            const fs::path again = path("again.pack");
            packFaces(packed, again, progress);
            QVERIFY(readText(again).substr(4096, 37632 * list.size()) == readText(pack).substr(4096, 37632 * list.size()));

            FaceList part;
            part.root = pack;
            part.people = packed.people;
            for (std::size_t i = 0; i < packed.size(); i += 2) {
                part.files.push_back(packed.files[packed.size() - 1 - i]);
                part.labels.push_back(packed.labels[packed.size() - 1 - i]);
            }
            part.files.emplace_back("not there");
            part.labels.push_back(0);
            const FaceReader some(part, progress);
            for (std::size_t i = 0; i + 1 < part.size(); ++i)
                QCOMPARE(some.read(i), from.read(packed.size() - 1 - 2 * i));
            QVERIFY_THROWS_EXCEPTION(FileError, some.read(part.size() - 1));
            QVERIFY_THROWS_EXCEPTION(FileError, some.look(part.size() - 1));
        }
    }

    void recordsAndSplit()
    {
        Random random(2);
        {
            RecordWriter writer(path("set.rec"));
            for (const std::int32_t label : {0, 0, 4, 7})
                writer.add(label, encodeJpeg(noise(random), 90));
            writer.finish();
        }
        Progress progress;
        const FaceList list = readFaceList(path("set.rec"), {}, progress);
        packFaces(list, path("set.pack"), progress);
        const FaceList packed = readFaceList(path("set.pack"), {}, progress);
        QCOMPARE(packed.people, (std::vector<std::string>{"0", "4", "7"}));
        QCOMPARE(packed.files, list.files);
        const FaceReader from(list, progress);
        const FaceReader to(packed, progress);
        for (std::size_t i = 0; i < list.size(); ++i)
            QCOMPARE(to.read(i), from.read(i));
        writeAtomically(path("split.csv"), "identity,part\n0,train\n7,train\n4,test\n");
        const FaceList some = readFaceList(path("set.pack"), {path("split.csv"), {"train"}}, progress);
        QCOMPARE(some.people, (std::vector<std::string>{"0", "7"}));
        QCOMPARE(some.labels, (std::vector<std::int32_t>{0, 0, 1}));
        QCOMPARE(FaceReader(some, progress).read(2), from.read(3));
    }

    /// Faces that cannot be used are told of and left out, and with them a person who has no other.
    void brokenFaces()
    {
        Random random(3);
        const fs::path root = path("broken");
        writeJpeg(root / "ann" / "1.jpg", noise(random));
        writeAtomically(root / "ann" / "2.jpg", "no picture");
        writeJpeg(root / "bob" / "1.jpg", noise(random, 50, 60));
        writeJpeg(root / "cy" / "1.jpg", noise(random));
        Progress progress;
        const PackSummary summary = packFaces(readFaceList(root), path("broken.pack"), progress);
        QCOMPARE(summary.skipped, std::int64_t{2});
        QCOMPARE(progress.notices().size(), std::size_t{2});
        const FaceList packed = readFaceList(path("broken.pack"));
        QCOMPARE(packed.people, (std::vector<std::string>{"ann", "cy"}));
        QCOMPARE(packed.labels, (std::vector<std::int32_t>{0, 1}));
        QCOMPARE(PackedSet::open(path("broken.pack")).skipped(), std::int64_t{2});
        fs::remove(root / "ann" / "1.jpg");
        fs::remove(root / "cy" / "1.jpg");
        QVERIFY_THROWS_EXCEPTION(FileError, packFaces(readFaceList(root), path("none.pack"), progress));
        QVERIFY(!fs::exists(path("none.pack")));
    }

    /// Cancelled: no pack, or the old one; called again: the same bytes as in one go. Another list begins anew.
    void resumes()
    {
        Random random(4);
        const fs::path root = path("long");
        for (int i = 0; i < 40; ++i)
            writeJpeg(root / "x" / (std::to_string(i) + ".jpg"), noise(random));
        FaceList list = readFaceList(root);
        const std::size_t single = list.size();
        for (std::size_t i = 0; list.size() < 1300; ++i) { // the same faces again and again: three blocks
            list.files.push_back(list.files[i % single]);
            list.labels.push_back(0);
        }
        list.files[700] = "x/not there.jpg";
        Progress progress;
        packFaces(list, path("whole.pack"), progress);
        StopsAfter stops(1);
        QVERIFY_THROWS_EXCEPTION(Cancelled, packFaces(list, path("parts.pack"), stops));
        QVERIFY(!fs::exists(path("parts.pack")));
        QVERIFY(fs::exists(path("parts.pack.part")));
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(path("parts.pack.part")));
        {
            // As a program that was killed while writing leaves it.
            std::ofstream more(path("parts.pack.part"), std::ios::binary | std::ios::app);
            more << "half a picture";
        }
        Progress resumed;
        packFaces(list, path("parts.pack"), resumed);
        QVERIFY2(resumed.notices().front().find("Going on from face") == 0, resumed.notices().front().c_str());
        QVERIFY(readText(path("parts.pack")) == readText(path("whole.pack")));
        QVERIFY(!fs::exists(path("parts.pack.part")) && !fs::exists(path("parts.pack.part.log")));

        // What is there is damaged: begun anew.
        StopsAfter later(1);
        QVERIFY_THROWS_EXCEPTION(Cancelled, packFaces(list, path("parts.pack"), later));
        QVERIFY(readText(path("parts.pack")) == readText(path("whole.pack"))); // the old one is untouched
        std::string text = readText(path("parts.pack.part"));
        text[text.size() - 5] = static_cast<char>(text[text.size() - 5] ^ 1);
        writeAtomically(path("parts.pack.part"), text);
        packFaces(list, path("parts.pack"), progress);
        QVERIFY(readText(path("parts.pack")) == readText(path("whole.pack")));

        StopsAfter last(1);
        QVERIFY_THROWS_EXCEPTION(Cancelled, packFaces(list, path("parts.pack"), last));
        list.files[0] = list.files[1];
        Progress other;
        packFaces(list, path("parts.pack"), other);
        QCOMPARE(other.notices().size(), std::size_t{1}); // the face that is not there; nothing was taken up
        QVERIFY(PackedSet::open(path("parts.pack")).read(0) == PackedSet::open(path("parts.pack")).read(1));
    }

    void writerRefuses()
    {
        QVERIFY_THROWS_EXCEPTION(Error, PackWriter(path("no.pack"), 0, 4, ""));
        QVERIFY_THROWS_EXCEPTION(Error, PackWriter(path("no.pack"), 4, 5000, ""));
        {
            PackWriter writer(path("no.pack"), 4, 4, "");
            QVERIFY_THROWS_EXCEPTION(Error, writer.add(std::vector<Picture>{Picture(5, 4)}));
            QVERIFY_THROWS_EXCEPTION(FileError, PackWriter(path("no.pack"), 4, 4, "")); // is being written
            QVERIFY_THROWS_EXCEPTION(Error, writer.finish({}));
        }
        for (const char *name : {"no.pack", "no.pack.part", "no.pack.part.log"})
            QVERIFY(!fs::exists(path(name)));
        QVERIFY_THROWS_EXCEPTION(FileError, PackWriter("/proc/no such folder/x.pack", 4, 4, ""));
    }

    /// Every length and flipped bytes: an error that names the file, or right pictures; never others.
    void damage()
    {
        const fs::path file = path("damaged.pack");
        const std::string whole = smallPack(file);
        std::vector<Picture> right;
        {
            const PackedSet set = PackedSet::open(file);
            for (std::size_t i = 0; i < set.size(); ++i)
                right.push_back(set.read(i));
        }
        int refused = 0;
        const auto tryOut = [&](const std::string &bytes) {
            {
                std::ofstream out(file, std::ios::binary | std::ios::trunc);
                out << bytes;
            }
            try {
                const PackedSet set = PackedSet::open(file);
                for (std::size_t i = 0; i < set.size(); ++i) {
                    try {
                        if (i < right.size() && !(set.read(i) == right[i]))
                            return false;
                    } catch (const FileError &) {
                        ++refused;
                    }
                }
            } catch (const FileError &error) {
                ++refused;
                return std::string(error.what()).find("damaged.pack") != std::string::npos;
            }
            return true;
        };
        for (std::size_t length = 0; length < whole.size(); length += length < 4000 ? 97 : 1)
            QVERIFY2(tryOut(whole.substr(0, length)), std::to_string(length).c_str());
        refused = 0;
        int changed = 0;
        for (std::size_t at = 0; at < whole.size(); at += at >= 96 && at < 4096 ? 500 : 1) {
            std::string text = whole;
            text[at] = static_cast<char>(text[at] ^ (1 << (at % 8)));
            changed += at < 96 || at >= 4096 ? 1 : 0;
            QVERIFY2(tryOut(text), std::to_string(at).c_str());
        }
        QVERIFY2(refused > changed * 9 / 10, std::to_string(refused).c_str()); // all but the unused bytes and the padding between tables

        // A cut while it is open, which would end a program that had mapped the file.
        writeAtomically(file, whole);
        const PackedSet open = PackedSet::open(file);
        fs::resize_file(file, 4100);
        QVERIFY_THROWS_EXCEPTION(FileError, open.read(0));
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(path("nowhere.pack")));
        fs::create_directories(path("folder.pack"));
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(path("folder.pack")));
    }

    void badIntentions_data()
    {
        QTest::addColumn<QByteArray>("change");
        const std::pair<const char *, const char *> changes[] = {
            {"huge count", R"({"count": 18446744073709551615})"},
            {"larger count", R"({"count": 6})"},
            {"negative count", R"({"count": -1})"},
            {"no pictures", R"({"count": 0})"},
            {"broken number", R"({"count": 5.5})"},
            {"wide", R"({"width": 4294967296})"},
            {"overflowing size", R"({"width": 4096, "height": 4096, "count": 600})"},
            {"flat", R"({"height": 0})"},
            {"channels", R"({"channels": 1})"},
            {"schema", R"({"schema": "dscope.pack/9"})"},
            {"pictures outside", R"({"pictures": {"offset": 4294967296}})"},
            {"pictures overflowing", R"({"pictures": {"offset": 18446744073709551615}})"},
            {"pictures in the header", R"({"pictures": {"offset": 0}})"},
            {"pictures in the tables", R"({"pictures": {"offset": 4104}})"},
            {"tables in the pictures", R"({"tables": {"label": {"offset": 4096}}})"},
            {"no classes", R"({"people": []})"},
            {"one class too few", R"({"people": ["a"]})"},
            {"classes of another type", R"({"people": [1, 2]})"},
            {"no table", R"({"tables": null})"},
            {"another digest", R"({"tables": {"crc32": {"sha256": "0"}}})"},
            {"digest of another type", R"({"tables": {"crc32": {"sha256": 7}}})"},
            {"negative offset", R"({"tables": {"name": {"offset": -8}}})"},
            {"source", R"({"source": 5})"},
        };
        for (const auto &[name, change] : changes)
            QTest::newRow(name) << QByteArray(change);
    }
    void badIntentions()
    {
        QFETCH(QByteArray, change);
        const fs::path file = path("evil.pack");
        const std::string whole = smallPack(file);
        Json about = Json::parse(whole.substr(little(whole, 16), little(whole, 24)));
        writeAtomically(file, withDescription(whole, about.dump()));
        QCOMPARE(PackedSet::open(file).size(), std::size_t{5}); // only the change is what makes it bad
        about.merge_patch(Json::parse(change.toStdString()));
        writeAtomically(file, withDescription(whole, about.dump()));
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(file));
    }
    void deepDescription()
    {
        const fs::path file = path("deep.pack");
        const std::string whole = smallPack(file);
        writeAtomically(file, withDescription(whole, std::string(200'000, '[')));
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(file));
        writeAtomically(file, withDescription(whole, "7"));
        QVERIFY_THROWS_EXCEPTION(FileError, PackedSet::open(file));
    }

    /// Real faces.
    void lfw()
    {
        DSCOPE_NEED(test::sharedDir() / "data/lfw_112");
        DSCOPE_NEED(test::sharedDir() / "data/lfw_split.csv");
        Progress progress;
        FaceList list = readFaceList(test::sharedDir() / "data/lfw_112", {test::sharedDir() / "data/lfw_split.csv", {"test"}}, progress);
        // The first people of it.
        while (list.size() > 600) {
            list.files.pop_back();
            list.labels.pop_back();
        }
        list.people.resize(static_cast<std::size_t>(list.labels.back()) + 1);
        packFaces(list, path("lfw.pack"), progress);
        QVERIFY(progress.notices().empty());
        const FaceList packed = readFaceList(path("lfw.pack"));
        QCOMPARE(packed.files, list.files);
        QCOMPARE(packed.labels, list.labels);
        QCOMPARE(packed.people, list.people);
        FaceList a = list;
        FaceList b = packed;
        QVERIFY(readFaces(a, progress) == readFaces(b, progress));
    }
};

DSCOPE_TEST(TestPackedset)
#include "tst_packedset.moc"
