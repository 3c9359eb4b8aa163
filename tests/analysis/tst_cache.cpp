// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/cache.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "tests/support/analysis.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <fstream>

using namespace dscope;
namespace fs = std::filesystem;

namespace {

CachedSource made(bool video = true)
{
    test::MadeAnalysis wish;
    wish.groups = 3;
    wish.facesPerGroup = 5;
    wish.dim = 4;
    wish.video = video;
    wish.labels = !video;
    Analysis analysis = test::madeAnalysis(wish);
    CachedSource result;
    result.source = analysis.sources.front();
    result.source.warnings = {"one \xC3\xA4", ""};
    result.source.groups[1].elements[2].box.reset();
    result.source.groups[1].elements[2].landmarks.reset();
    result.source.groups[1].elements[3].thumbnail.reset();
    result.source.groups[2].elements[0].media = 77;
    result.ddnet = analysis.ddnet;
    result.base = analysis.base;
    result.detector = analysis.detector;
    result.device = "cpu";
    result.dim = analysis.dim;
    return result;
}

void compare(const CachedSource &a, const CachedSource &b)
{
    QCOMPARE(a.source.kind, b.source.kind);
    QCOMPARE(a.source.fps, b.source.fps);
    QCOMPARE(a.source.durationS, b.source.durationS);
    QCOMPARE(a.source.frames, b.source.frames);
    QVERIFY(a.source.warnings == b.source.warnings);
    QCOMPARE(a.ddnet.hash, b.ddnet.hash);
    QCOMPARE(a.base.cost.flop, b.base.cost.flop);
    QCOMPARE(a.detector.msPerPicture, b.detector.msPerPicture);
    QCOMPARE(a.device, b.device);
    QCOMPARE(a.dim, b.dim);
    QCOMPARE(a.source.groups.size(), b.source.groups.size());
    for (std::size_t g = 0; g < a.source.groups.size(); ++g) {
        const Group &left = a.source.groups[g];
        const Group &right = b.source.groups[g];
        QCOMPARE(left.id, right.id);
        QCOMPARE(left.label, right.label);
        QVERIFY(left.embeddings == right.embeddings);
        QCOMPARE(left.elements.size(), right.elements.size());
        for (std::size_t e = 0; e < left.elements.size(); ++e) {
            const Element &x = left.elements[e];
            const Element &y = right.elements[e];
            QVERIFY(x.file == y.file && x.frame == y.frame && x.timeS == y.timeS && x.media == y.media && x.box == y.box && x.landmarks == y.landmarks);
            QVERIFY(x.detectorScore == y.detectorScore && x.dScore == y.dScore);
            QCOMPARE(x.thumbnail != nullptr, y.thumbnail != nullptr);
            if (x.thumbnail)
                QVERIFY(*x.thumbnail == *y.thumbnail);
        }
    }
}

} // namespace

class TestCache : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesBackTheSame()
    {
        const CachedSource before = made();
        compare(decodeRecord(encodeRecord(before)), before);
        const CachedSource pictures = made(false);
        compare(decodeRecord(encodeRecord(pictures)), pictures);
        compare(decodeRecord(encodeRecord(CachedSource{})), CachedSource{});
    }

    void damageIsSeen()
    {
        const std::string good = encodeRecord(made());
        for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : 53) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 0x10);
            QVERIFY_THROWS_EXCEPTION(Error, decodeRecord(bad));
            QVERIFY_THROWS_EXCEPTION(Error, decodeRecord(good.substr(0, at)));
        }
        QVERIFY_THROWS_EXCEPTION(Error, decodeRecord(good + "x"));
    }

    void damagedFilesCountAsAbsent()
    {
        QTemporaryDir folder;
        const ResultCache cache(folder.path().toStdString());
        const std::string key = sha256("a");
        QVERIFY(!cache.load(key));
        cache.store(key, made());
        QVERIFY(cache.load(key).has_value());
        std::string bytes = readText(cache.file(key));
        bytes[bytes.size() / 2] = static_cast<char>(~bytes[bytes.size() / 2]);
        writeAtomically(cache.file(key), bytes);
        QVERIFY(!cache.load(key));
        QVERIFY(!fs::exists(cache.file(key)));
        cache.store(key, made());
        QVERIFY(cache.load(key).has_value());
    }

    void leastUsedGoFirst()
    {
        QTemporaryDir folder;
        const std::size_t size = encodeRecord(made()).size();
        const ResultCache cache(folder.path().toStdString(), 3 * size + size / 2);
        std::vector<std::string> keys;
        for (const char *name : {"a", "b", "c"}) {
            keys.push_back(sha256(name));
            cache.store(keys.back(), made());
            // Their times of use, an hour apart.
            fs::last_write_time(cache.file(keys.back()), fs::file_time_type::clock::now() - std::chrono::hours(10 - static_cast<int>(keys.size())));
        }
        QVERIFY(cache.load(keys[0]).has_value());
        keys.push_back(sha256("d"));
        cache.store(keys.back(), made());
        QVERIFY(fs::exists(cache.file(keys[0])));
        QVERIFY(!fs::exists(cache.file(keys[1])));
        QVERIFY(fs::exists(cache.file(keys[2])));
        QVERIFY(fs::exists(cache.file(keys[3])));
        const ResultCache small(folder.path().toStdString(), size - 1);
        small.store(sha256("e"), made());
        QVERIFY(!fs::exists(small.file(sha256("e"))));
    }

    void contentHashIsTheBytes()
    {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "film";
        writeAtomically(path, "abc");
        QCOMPARE(contentHash(path, folder.path().toStdString()), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QVERIFY_THROWS_EXCEPTION(FileError, contentHash(path / "none", folder.path().toStdString()));
        // A long file is remembered, but not beyond its own change.
        {
            std::ofstream out(path, std::ios::binary | std::ios::trunc);
            const std::string block(1 << 20, 'x');
            for (int i = 0; i < 33; ++i)
                out << block;
        }
        const std::string first = contentHash(path, folder.path().toStdString());
        QCOMPARE(first, sha256File(path));
        {
            std::fstream change(path, std::ios::binary | std::ios::in | std::ios::out);
            change.seekp(17 << 20);
            change << 'y';
        }
        QCOMPARE(contentHash(path, folder.path().toStdString()), sha256File(path));
        QVERIFY(sha256File(path) != first);
    }
};

DSCOPE_TEST(TestCache)
#include "tst_cache.moc"
