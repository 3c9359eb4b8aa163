// SPDX-License-Identifier: GPL-3.0-or-later

#include "tests/media/madebenchmarks.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/aggregation/nan.h"
#include "core/base/error.h"
#include "core/base/fileorbytes.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/datasets/benchmarklists.h"
#include "core/datasets/ijb.h"
#include "core/scores/features.h"
#include "core/sets/featurestore.h"
#include "core/sets/poolfile.h"
#include "core/training/packedset.h"
#include "core/training/recordio.h"

#include <algorithm>
#include <filesystem>
#include <span>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

std::span<const std::uint8_t> spanOf(const std::string &text)
{
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

} // namespace

/// Parsers are functions of bytes: what a file gives, its bytes in hand give, in the same words where they are refused.
class TestInhand : public QObject, private MadeBenchmarks {
    Q_OBJECT

    /// Every beginning of a file is refused in hand as it is on the disk, or by both not.
    template<typename Open, typename Parse>
    void sameRefusals(const fs::path &file, const std::string &whole, const Open &open, const Parse &parse)
    {
        for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 40) {
            const std::string part = whole.substr(0, size);
            put(file, part);
            QCOMPARE(refusal([&] { parse(part); }), refusal([&] { open(); }));
        }
        put(file, whole);
    }

    static void same(const Benchmark &a, const Benchmark &b)
    {
        QCOMPARE(a.name, b.name);
        QCOMPARE(a.faces, b.faces);
        QCOMPARE(a.media, b.media);
        QCOMPARE(a.begin, b.begin);
        QCOMPARE(a.ids, b.ids);
        QCOMPARE(a.subjects, b.subjects);
        QCOMPARE(a.subjectNames, b.subjectNames);
        QCOMPARE(a.tenFold, b.tenFold);
        QCOMPARE(a.fars, b.fars);
        QCOMPARE(a.pictureOrder, b.pictureOrder);
        QCOMPARE(a.warnings, b.warnings);
        QCOMPARE(a.pictures.size(), b.pictures.size());
        for (std::size_t i = 0; i < a.pictures.size(); ++i) {
            QCOMPARE(a.pictures[i].file.string(), b.pictures[i].file.string());
            QVERIFY(a.pictures[i].box == b.pictures[i].box);
            QVERIFY(a.pictures[i].landmarks == b.pictures[i].landmarks);
            QCOMPARE(a.pictures[i].media, b.pictures[i].media);
        }
        QCOMPARE(a.splits.size(), b.splits.size());
        for (std::size_t i = 0; i < a.splits.size(); ++i) {
            QCOMPARE(a.splits[i].pairs.a, b.splits[i].pairs.a);
            QCOMPARE(a.splits[i].pairs.b, b.splits[i].pairs.b);
            QCOMPARE(a.splits[i].pairs.genuine, b.splits[i].pairs.genuine);
            QCOMPARE(a.splits[i].search.galleries, b.splits[i].search.galleries);
            QCOMPARE(a.splits[i].search.probes, b.splits[i].search.probes);
        }
    }
    template<typename Parse>
    static Benchmark tidied(const fs::path &root, const Parse &parse)
    {
        Progress progress;
        Benchmark benchmark = parse(progress);
        tidyBenchmark(benchmark, root, progress);
        return benchmark;
    }
    static Benchmark fromDisk(const char *word, const fs::path &root, const BenchmarkOptions &options = {})
    {
        Progress progress;
        return readBenchmark(word, root, options, progress);
    }

private Q_SLOTS:
    void readsByPlace()
    {
        const fs::path file = fresh();
        put(file, "0123456789");
        const std::string text = readText(file);
        const FileOrBytes disk(file);
        const FileOrBytes hand(spanOf(text), file);
        for (const FileOrBytes *bytes : {&disk, &hand}) {
            QCOMPARE(bytes->size(), std::uint64_t{10});
            char to[4] = {};
            QCOMPARE(bytes->readSome(3, to, 4), std::size_t{4});
            QCOMPARE(std::string(to, 4), std::string("3456"));
            QCOMPARE(bytes->readSome(8, to, 4), std::size_t{2});
            QCOMPARE(bytes->readSome(10, to, 4), std::size_t{0});
            QCOMPARE(bytes->readSome(std::uint64_t{1} << 40, to, 4), std::size_t{0});
        }
        QVERIFY(refusal([&] { FileOrBytes(file / "none"); }).find("none") != std::string::npos);
    }

    void records()
    {
        const fs::path rec = fresh() / "train.rec";
        fs::create_directories(rec.parent_path());
        RecordWriter writer(rec);
        for (const std::int32_t label : {0, 0, 4})
            writer.add(label, {1, 2, 3, static_cast<std::uint8_t>(label)});
        writer.finish();
        const fs::path idx = rec.parent_path() / "train.idx";
        put(idx, readText(idx) + "no pair\n\n9\t999999\n1\t0\r\n");
        const std::string bytes = readText(rec);
        const std::string index = readText(idx);
        Progress progress;
        const auto compare = [&](const RecordFile &disk, const RecordFile &hand) {
            QCOMPARE(hand.problems(), disk.problems());
            QCOMPARE(hand.entries().size(), disk.entries().size());
            for (std::size_t i = 0; i < disk.entries().size(); ++i) {
                QCOMPARE(hand.entries()[i].key, disk.entries()[i].key);
                QCOMPARE(hand.entries()[i].label, disk.entries()[i].label);
                QCOMPARE(refusal([&] { (void)hand.jpeg(hand.entries()[i]); }), refusal([&] { (void)disk.jpeg(disk.entries()[i]); }));
            }
            QCOMPARE(hand.jpeg(hand.entries()[2]), (std::vector<std::uint8_t>{1, 2, 3, 4}));
        };
        const RecordFile indexed = RecordFile::open(rec, progress);
        QVERIFY(contains(indexed.problems(), "train.idx, line") && indexed.entries().size() >= 3);
        compare(indexed, RecordFile::parse(spanOf(bytes), index, rec, progress));
        fs::remove(idx);
        compare(RecordFile::open(rec, progress), RecordFile::parse(spanOf(bytes), std::nullopt, rec, progress));
        sameRefusals(
            rec, bytes, [&] { RecordFile::open(rec, progress); },
            [&](const std::string &part) { RecordFile::parse(spanOf(part), std::nullopt, rec, progress); });
    }

    void packs()
    {
        const fs::path file = fresh() / "a.pack";
        FaceList list;
        list.root = "made";
        list.people = {"a", "b"};
        {
            PackWriter writer(file, 6, 4, "made");
            for (int i = 0; i < 3; ++i) {
                Picture picture(6, 4);
                std::fill(picture.rgb.begin(), picture.rgb.end(), static_cast<std::uint8_t>(10 * i));
                writer.add(std::vector<Picture>{picture});
                list.files.push_back("f" + std::to_string(i));
                list.labels.push_back(i % 2);
            }
            writer.finish(list);
        }
        const std::string bytes = readText(file);
        const PackedSet disk = PackedSet::open(file);
        const PackedSet hand = PackedSet::parse(spanOf(bytes), file);
        QCOMPARE(hand.labels(), disk.labels());
        QCOMPARE(hand.people(), disk.people());
        for (std::size_t i = 0; i < 3; ++i) {
            QCOMPARE(hand.name(i), disk.name(i));
            QCOMPARE(hand.read(i).rgb, disk.read(i).rgb);
        }
        // What lies where the file ends is told by its place.
        const std::string cut = bytes.substr(0, 4100);
        QVERIFY(refusal([&] { PackedSet::parse(spanOf(cut), file); }).find("cut off or damaged") != std::string::npos);
        sameRefusals(
            file, bytes, [&] { PackedSet::open(file); }, [&](const std::string &part) { PackedSet::parse(spanOf(part), file); });
    }

    void stores()
    {
        const fs::path file = fresh() / "a.dfeat";
        FeatureStoreInfo info;
        info.dim = 2;
        info.pictures = 3;
        {
            FeatureStoreWriter writer(file, info);
            writer.add({{Extracted::Scored, Extracted::NoFace, Extracted::Scored}, {.5F, 0, .25F}, {.9F, -1, .8F}, {1, 2, 0, 0, 3, 4}});
            writer.finish();
        }
        const std::string bytes = readText(file);
        const FeatureStore hand(spanOf(bytes), file);
        QVERIFY(hand.info() == FeatureStore(file).info());
        Progress progress;
        std::vector<float> features;
        hand.read([&](std::int64_t, const FeatureBlock &block) { features = block.features; }, progress);
        QCOMPARE(features, (std::vector<float>{1, 2, 0, 0, 3, 4}));
        QVERIFY(!hand.damagedBlock(progress));
        std::string damaged = bytes;
        damaged[damaged.size() - 40] ^= 1;
        QCOMPARE(FeatureStore(spanOf(damaged), file).damagedBlock(progress), std::optional<std::int64_t>(0));
        sameRefusals(
            file, bytes, [&] { FeatureStore store(file); }, [&](const std::string &part) { FeatureStore store(spanOf(part), file); });
    }

    void features()
    {
        const fs::path file = fresh() / "e.npy";
        fs::create_directories(file.parent_path());
        writeNpy(file, {3, 1, 2}, {1, 2, 3, 4, 5, 6});
        const std::string bytes = readText(file);
        std::vector<std::string> notices;
        std::vector<std::string> others;
        const auto hand = parseFeatures(spanOf(bytes), file, &notices);
        const auto disk = openFeatures(file, &others);
        QVERIFY(notices.size() == 1 && notices == others);
        std::vector<float> row(4);
        hand->read(1, row);
        QCOMPARE(row, (std::vector<float>{3, 4, 5, 6}));
        sameRefusals(
            file, bytes, [&] { openFeatures(file); }, [&](const std::string &part) { parseFeatures(spanOf(part), file); });
    }

    void poolsAndNetworks()
    {
        const fs::path file = fresh() / "a.pool";
        fs::create_directories(file.parent_path());
        FacePool pool;
        pool.name = "made";
        pool.dim = 2;
        pool.labels = {0, 1};
        pool.people = {"a", "b"};
        pool.features = {1, 2, 3, 4};
        pool.dScores = {.5F, .25F};
        savePool(file, pool, {{"base", "b"}});
        std::string bytes = readText(file);
        std::map<std::string, std::string> about;
        QCOMPARE(parsePool(spanOf(bytes), file, &about).features, pool.features);
        QCOMPARE(about.at("base"), std::string("b"));
        sameRefusals(
            file, bytes, [&] { loadPool(file); }, [&](const std::string &part) { parsePool(spanOf(part), file); });
        Nan(2).save(file);
        bytes = readText(file);
        QCOMPARE(Nan::parse(spanOf(bytes), file)->dim(), std::int64_t{2});
        QVERIFY(refusal([&] { parsePool(spanOf(bytes), file); }).find("is no pool of faces") != std::string::npos);
        sameRefusals(
            file, bytes, [&] { Nan::load(file); }, [&](const std::string &part) { Nan::parse(spanOf(part), file); });
    }

    void benchmarks()
    {
        // Texts stay where they are for as long as the lists do.
        std::vector<std::unique_ptr<std::string>> texts;
        const auto hand = [&](const fs::path &file) {
            texts.push_back(std::make_unique<std::string>(readText(file)));
            return ListSource::text(*texts.back(), file);
        };
        const fs::path faces = lfw();
        same(tidied(faces,
                    [&](Progress &progress) {
                        return parseLfw({hand(faces / "pairs.txt"), [] { return ListSource(); }}, faces, {}, progress);
                    }),
             fromDisk("lfw", faces));

        const fs::path videos = ytf();
        const fs::path frames = videos / "frame_images_DB";
        const auto boxes = [&](const std::string &person) {
            const fs::path file = frames / (person + ".labeled_faces.txt");
            return fs::exists(file) ? hand(file) : ListSource();
        };
        for (const bool listed : {false, true}) {
            if (listed)
                put(videos / "filelist.txt", "Ann_A/0/0.1.jpg\nBob/1/1.1.jpg\nAnn_A/0/0.2.jpg\nAnn_A/0/0.2.jpg\n");
            const YtfLists lists{hand(videos / "splits.txt"), listed ? hand(videos / "filelist.txt") : ListSource::file(videos / "filelist.txt"), boxes};
            same(tidied(videos, [&](Progress &progress) { return parseYtf(lists, frames, {}, progress); }), fromDisk("ytf", videos));
        }

        const fs::path clips = iqiyi();
        BenchmarkOptions options;
        options.pairs = clips / "my.txt";
        same(tidied(clips,
                    [&](Progress &progress) {
                        return parseIqiyi({hand(clips / "filelist.txt"), hand(clips / "my.txt"), {}}, clips, options, progress);
                    }),
             fromDisk("iqiyi", clips, options));
        options = {};
        options.identities = clips / "my.csv";
        same(tidied(clips,
                    [&](Progress &progress) {
                        return parseIqiyi({hand(clips / "filelist.txt"), {}, hand(clips / "my.csv")}, clips, options, progress);
                    }),
             fromDisk("iqiyi", clips, options));

        const fs::path splits = ijba();
        std::vector<IjbaLists> ofSplits;
        for (const int number : {1, 2}) {
            const auto list = [&](const char *folder, const std::string &name) {
                return hand(splits / folder / ("split" + std::to_string(number)) / (name + "_" + std::to_string(number) + ".csv"));
            };
            ofSplits.push_back({number, list("IJB-A_11_sets", "verify_metadata"), list("IJB-A_11_sets", "verify_comparisons"),
                                list("IJB-A_1N_sets", "search_gallery"), list("IJB-A_1N_sets", "search_probe")});
        }
        Benchmark wanted = fromDisk("ijba", splits);
        std::erase_if(wanted.warnings,
                      [](const std::string &warning) { return warning.find("splits 3 to 10") != std::string::npos; }); // which says what the folder lacks
        same(tidied(splits, [&](Progress &progress) { return parseIjba(ofSplits, splits, {}, progress); }), wanted);

        const fs::path ijb = ijbc();
        const auto meta = [&](const char *name) { return hand(ijb / "meta" / (std::string("ijbc_") + name)); };
        const std::vector<ListSource> galleries{meta("1N_gallery_G1.csv"), meta("1N_gallery_G2.csv")};
        const IjbLists lists{meta("face_tid_mid.txt"), meta("name_5pts_score.txt"), meta("template_pair_label.txt"), meta("1N_probe_mixed.csv"), galleries};
        same(tidied(ijb, [&](Progress &progress) { return parseIjb(lists, "IJB-C", ijb, {}, progress); }), fromDisk("ijbc", ijb));

        // The same lists as a set of pictures.
        for (const char *name : {"1.jpg", "2.jpg", "4.jpg"})
            put(ijb / "loose_crop" / name);
        Progress progress;
        const ImageSet disk = readImageSet(ijb, progress);
        const ImageSet set =
            parseIjbSet({lists.templates, lists.points, lists.pairs, {galleries[0], galleries[1], lists.probes}}, ijb / "loose_crop", progress);
        QCOMPARE(set.warnings, disk.warnings);
        QCOMPARE(set.groups.size(), std::size_t{2}); // 3.jpg, alone in its template, is not there
        for (std::size_t i = 0; i < set.groups.size(); ++i) {
            QCOMPARE(set.groups[i].id, disk.groups[i].id);
            QCOMPARE(set.groups[i].label, disk.groups[i].label);
            QCOMPARE(set.groups[i].items.size(), disk.groups[i].items.size());
            for (std::size_t k = 0; k < set.groups[i].items.size(); ++k)
                QVERIFY(set.groups[i].items[k].file == disk.groups[i].items[k].file);
        }
    }
};

DSCOPE_TEST(TestInhand)
#include "tst_inhand.moc"
