// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/analysis.h"
#include "core/analysis/cache.h"
#include "core/analysis/session.h"
#include "core/base/error.h"
#include "core/base/filebytes.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/image/reader.h"
#include "core/media/video.h"
#include "core/nets/inputside.h"
#include "core/nets/network.h"
#include "core/tasks/face/face.h"
#include "core/training/augment.h"
#include "tests/support/madenets.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <cmath>
#include <cstring>
#include <functional>
#include <set>

using namespace dscope;
namespace fs = std::filesystem;

namespace {

Picture noise(int width, int height, std::uint64_t seed)
{
    Picture picture(width, height);
    Random random(seed);
    // Coarse blots, so that JPEG keeps them.
    const double a = random.uniform(0.02, 0.3);
    const double b = random.uniform(0.02, 0.3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                picture.row(y)[3 * x + c] = static_cast<std::uint8_t>(128 + 100 * std::sin(a * x + c) * std::cos(b * y - c) + 20 * random.uniform());
    return picture;
}

/// What was heard while an analysis went on.
class Listening {
public:
    std::vector<Analysis> news;
    AnalysisListener listener()
    {
        return [this](Analysis soFar) { news.push_back(std::move(soFar)); };
    }
};

} // namespace

/// On networks of random weights, which tell faces apart as well as any for what is tested here.
class TestAnalyse : public QObject {
    Q_OBJECT

    QTemporaryDir m_temporary;
    fs::path m_root;
    std::unique_ptr<ModelStore> m_store;
    AnalysisOptions m_options;

    /// With flip, an embedding of a video's face is f + f of the mirrored face, on the CPU as well.
    void flipOf(const fs::path &clip, AnalysisOptions options, const ModelStore &store)
    {
        options.flip = true;
        options.everyNth = 50;
        Progress progress;
        const Analysis flipped = analyse({clip}, options, store, progress);
        QVERIFY(flipped.elementCount() > 0);
        const Group &group = flipped.sources.front().groups.front();
        const Element &element = group.elements.front();
        VideoReader reader(clip);
        const Picture crop = alignFace(reader.frameAt(element.frame)->picture, *element.landmarks);
        const auto base = Network::load(store.find("made-base", Role::Base), Device{});
        const std::vector<Picture> sides{crop, mirrored(crop)};
        const std::vector<float> both = base->run(sides, progress, 2);
        const std::size_t dim = both.size() / 2;
        double most = 0;
        double length = 0;
        for (std::size_t i = 0; i < dim; ++i) {
            most = std::max(most, std::abs(static_cast<double>(group.embeddings[i]) - both[i] - both[dim + i]));
            length += static_cast<double>(both[dim + i]) * both[dim + i];
        }
        QVERIFY2(length > 0 && most < 0.05 * std::sqrt(length / static_cast<double>(dim)), qPrintable(QString::number(most)));
    }

    fs::path people(const std::string &name, int count = 3, int each = 7)
    {
        const fs::path folder = m_root / name;
        for (int p = 0; p < count; ++p)
            for (int i = 0; i < each; ++i)
                writePicture(folder / ("person" + std::to_string(p)) / (std::to_string(i) + ".jpg"), noise(112, 112, static_cast<std::uint64_t>(100 * p + i)),
                             95);
        return folder;
    }

    /// A folder of made networks, one of which has weights that nothing finite comes of.
    fs::path diverged(const std::string &name) const
    {
        const fs::path folder = m_root / ("diverged-" + name);
        test::writeMadeNets(folder);
        const fs::path file = folder / (name + ".safetensors");
        std::string bytes = readText(file);
        std::uint64_t header = 0;
        std::memcpy(&header, bytes.data(), sizeof header);
        // -1 everywhere, so that variances are negative: each weight is a number, and nothing that comes of them is.
        for (std::size_t i = sizeof header + header; i + 4 <= bytes.size(); i += 4)
            bytes.replace(i, 4, "\x00\x00\x80\xbf", 4);
        writeAtomically(file, bytes);
        std::string manifest = readText(folder / "manifest.json");
        const std::string before = fileHash(m_root / "models" / (name + ".safetensors"));
        manifest.replace(manifest.find(before), before.size(), fileHash(file));
        writeAtomically(folder / "manifest.json", manifest);
        return folder;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_root = m_temporary.path().toStdString();
        qputenv("DSCOPE_CACHE", (m_root / "cache").c_str());
        qputenv("DSCOPE_MODELS", QByteArray());
        setThreads(2);
        test::writeMadeNets(m_root / "models");
        m_store = std::make_unique<ModelStore>(std::vector<fs::path>{m_root / "models"});
        m_options.ddnet = "made-ddnet";
        m_options.base = "made-base";
        m_options.device = "cpu";
        m_options.aligned = true;
    }

    void init() { fs::remove_all(m_root / "cache"); }

    /// On the way: complete sources, and the one in work with more and more of its faces.
    void toldOnTheWay()
    {
        const fs::path first = people("first");
        const fs::path long_ = people("long", 4, 250);
        AnalysisOptions options = m_options;
        options.useCache = false;
        Progress progress;
        Listening heard;
        const Analysis all = analyse({first, long_}, options, *m_store, progress, heard.listener());
        QCOMPARE(all.elementCount(), std::size_t(21 + 1000));
        QVERIFY(!heard.news.empty());
        std::size_t before = 0;
        for (const Analysis &soFar : heard.news) {
            QVERIFY(soFar.elementCount() >= before);
            before = soFar.elementCount();
            QCOMPARE(soFar.ddnet.hash, all.ddnet.hash);
            QCOMPARE(soFar.base.hash, all.base.hash);
            QCOMPARE(soFar.dim, all.dim);
            if (soFar.sources.size() < 2)
                continue;
            QCOMPARE(soFar.sources[0].groups.size(), all.sources[0].groups.size());
            for (const Group &group : soFar.sources[1].groups) {
                QCOMPARE(group.embeddings.size(), group.elements.size() * 128);
                const auto whole = std::find_if(all.sources[1].groups.begin(), all.sources[1].groups.end(), [&](const Group &g) { return g.id == group.id; });
                QVERIFY(whole != all.sources[1].groups.end());
                // The same faces in the same order, and the same thumbnails: that is how a window knows them again.
                for (std::size_t i = 0; i < group.elements.size(); ++i)
                    QCOMPARE(group.elements[i].thumbnail.get(), whole->elements[i].thumbnail.get());
            }
        }
    }

    void joinedAnalyses()
    {
        Progress progress;
        const Analysis a = analyse({people("a")}, m_options, *m_store, progress);
        const Analysis b = analyse({people("b", 2)}, m_options, *m_store, progress);
        const std::optional<Analysis> both = joined(a, b);
        QVERIFY(both.has_value());
        QCOMPARE(both->sources.size(), std::size_t(2));
        QCOMPARE(both->elementCount(), a.elementCount() + b.elementCount());
        QCOMPARE(both->sources[0].path, a.sources[0].path);
        QCOMPARE(both->dim, std::int64_t(128));
        QCOMPARE(joined(Analysis{}, b)->elementCount(), b.elementCount());
        QCOMPARE(joined(a, Analysis{})->ddnet.hash, a.ddnet.hash);
        Analysis other = b;
        other.base.hash = "another";
        QVERIFY(!joined(a, other).has_value());
        other = b;
        other.dim = 512;
        QVERIFY(!joined(a, other).has_value());
        // A time measured now stands above an earlier one; none measured leaves it.
        Analysis timed = a;
        timed.ddnet.msPerPicture = 7;
        Analysis later = b;
        later.ddnet.msPerPicture = 5;
        QCOMPARE(joined(timed, later)->ddnet.msPerPicture, 5.0);
        later.ddnet.msPerPicture = 0;
        QCOMPARE(joined(timed, later)->ddnet.msPerPicture, 7.0);
    }

    void alignedFolders()
    {
        const fs::path folder = people("set");
        writeAtomically(folder / "person1" / "broken.jpg", "this is no picture");
        Progress progress;
        Listening heard;
        const Analysis analysis = analyse({folder}, m_options, *m_store, progress, heard.listener());
        QCOMPARE(analysis.sources.size(), std::size_t(1));
        const Source &source = analysis.sources.front();
        QCOMPARE(source.groups.size(), std::size_t(3));
        QCOMPARE(analysis.elementCount(), std::size_t(21));
        QCOMPARE(analysis.dim, std::int64_t(128));
        QCOMPARE(analysis.mu, 1.5);
        for (const Analysis &soFar : heard.news)
            QVERIFY(soFar.sources.size() == 1 && soFar.elementCount() <= 21 && soFar.dim == 128);
        QVERIFY(!source.fromCache);
        QCOMPARE(source.warnings.size(), std::size_t(1));
        QVERIFY(source.warnings.front().find("broken.jpg") != std::string::npos);
        for (const Group &group : source.groups) {
            QCOMPARE(group.embeddings.size(), group.elements.size() * 128);
            for (std::size_t i = 0; i < group.elements.size(); ++i) {
                const Element &element = group.elements[i];
                QCOMPARE(element.file, folder / group.id / (std::to_string(i) + ".jpg"));
                QVERIFY(element.dScore > 0 && element.dScore < 1);
                QVERIFY(!element.box && !element.landmarks);
                QCOMPARE(element.detectorScore, -1.F);
                const Picture thumbnail = decodeJpeg(*element.thumbnail);
                QCOMPARE(thumbnail.width, 112);
                QCOMPARE(thumbnail.height, 112);
            }
        }
        QCOMPARE(analysis.ddnet.name, std::string("made-ddnet"));
        QCOMPARE(analysis.ddnet.hash.size(), std::size_t(64));
        QVERIFY(analysis.ddnet.msPerPicture > 0 && analysis.base.msPerPicture > 0);
        QVERIFY(analysis.ddnet.cost.mac > 0 && analysis.base.parameters > 0);
        QVERIFY(analysis.detector.name.empty());
    }

    void scoresAreTheNetworksOwn()
    {
        const fs::path folder = people("own", 2, 5);
        AnalysisOptions options = m_options;
        options.batch = 3;
        Progress progress;
        const Analysis analysis = analyse({folder}, options, *m_store, progress);
        const auto ddnet = Network::load(m_store->find("made-ddnet", Role::DdNet), Device{});
        const auto base = Network::load(m_store->find("made-base", Role::Base), Device{});
        for (const Group &group : analysis.sources.front().groups)
            for (std::size_t i = 0; i < group.elements.size(); ++i) {
                const std::vector<Picture> one{readPicture(group.elements[i].file)};
                QVERIFY(std::abs(ddnet->run(one, progress).front() - group.elements[i].dScore) < 1e-5F);
                const std::vector<float> embedding = base->run(one, progress);
                for (std::size_t d = 0; d < 128; ++d)
                    QVERIFY(std::abs(embedding[d] - group.embeddings[i * 128 + d]) < 1e-3F * (1 + std::abs(embedding[d])));
            }
    }

    void secondOpeningComesFromTheCache()
    {
        const fs::path folder = people("again");
        Progress progress;
        const Analysis first = analyse({folder}, m_options, *m_store, progress);
        const auto begin = std::chrono::steady_clock::now();
        const Analysis second = analyse({folder}, m_options, *m_store, progress);
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        QVERIFY(second.sources.front().fromCache);
        qInfo("second opening: %.3f s", seconds);
        QCOMPARE(second.elementCount(), first.elementCount());
        QCOMPARE(second.ddnet.msPerPicture, first.ddnet.msPerPicture);
        QCOMPARE(second.base.cost.mac, first.base.cost.mac);
        for (std::size_t g = 0; g < 3; ++g) {
            const Group &a = first.sources.front().groups[g];
            const Group &b = second.sources.front().groups[g];
            QVERIFY(a.embeddings == b.embeddings);
            for (std::size_t i = 0; i < a.elements.size(); ++i) {
                QCOMPARE(a.elements[i].dScore, b.elements[i].dScore);
                QVERIFY(*a.elements[i].thumbnail == *b.elements[i].thumbnail);
            }
        }
        // Scores alone are served by the fuller record.
        AnalysisOptions scores = m_options;
        scores.runBase = false;
        const Analysis third = analyse({folder}, scores, *m_store, progress);
        QVERIFY(third.sources.front().fromCache);
        QCOMPARE(third.dim, std::int64_t(0));
        QVERIFY(third.base.name.empty());
        QVERIFY(third.sources.front().groups.front().embeddings.empty());
        AnalysisOptions fresh = m_options;
        fresh.useCache = false;
        QVERIFY(!analyse({folder}, fresh, *m_store, progress).sources.front().fromCache);
    }

    void whatChangesTheResultChangesTheKey()
    {
        const fs::path folder = people("key", 1, 2);
        Progress progress;
        analyse({folder}, m_options, *m_store, progress);
        QVERIFY(analyse({folder}, m_options, *m_store, progress).sources.front().fromCache);
        // Other pixels under the same name.
        writePicture(folder / "person0" / "1.jpg", noise(112, 112, 999), 95);
        QVERIFY(!analyse({folder}, m_options, *m_store, progress).sources.front().fromCache);
        QVERIFY(analyse({folder}, m_options, *m_store, progress).sources.front().fromCache);
        // Other weights under the same name.
        test::writeMadeNets(m_root / "other", 2);
        const ModelStore other({m_root / "other"});
        QVERIFY(!analyse({folder}, m_options, other, progress).sources.front().fromCache);
        QVERIFY(analyse({folder}, m_options, *m_store, progress).sources.front().fromCache);
        // A record that is damaged is made again.
        for (const auto &entry : fs::directory_iterator(ResultCache::cacheFolder()))
            fs::resize_file(entry.path(), fs::file_size(entry.path()) - 1);
        QVERIFY(!analyse({folder}, m_options, *m_store, progress).sources.front().fromCache);
        QVERIFY(analyse({folder}, m_options, *m_store, progress).sources.front().fromCache);
    }

    /// Every option that changes a result changes the key under which it is kept. (The batch and the cache itself change none.)
    void everyOptionIsInTheKey()
    {
        const fs::path clip = m_root / "key.mp4";
        writeAtomically(clip, "not looked into");
        const ModelStore store({m_root / "models", test::sourceDir() / "models", test::sharedDir() / "weights"});
        ImageSet set;
        set.kind = "pictures";
        set.groups.push_back({"one", {}, {ImageItem{clip, std::nullopt, std::nullopt, -1}}});
        const auto keyOf = [&](const AnalysisOptions &options) {
            Progress progress;
            Session session(options, store, progress);
            return videoKey(clip, options) + pictureKey(set, options) + session.modelKey(options.runBase, true);
        };
        AnalysisOptions plain = m_options;
        try {
            store.best(Role::Detector);
        } catch (const Error &error) {
            QSKIP(error.what());
        }
        const std::string key = keyOf(plain);
        QCOMPARE(keyOf(plain), key);
        const std::vector<std::pair<const char *, std::function<void(AnalysisOptions &)>>> changes{
            {"aligned", [](AnalysisOptions &o) { o.aligned = !o.aligned; }},
            {"runBase", [](AnalysisOptions &o) { o.runBase = !o.runBase; }},
            {"allFaces", [](AnalysisOptions &o) { o.allFaces = !o.allFaces; }},
            {"everyNth", [](AnalysisOptions &o) { o.everyNth += 1; }},
            {"flip", [](AnalysisOptions &o) { o.flip = !o.flip; }},
            {"minScore", [](AnalysisOptions &o) { o.detectorOptions.minScore += 0.01F; }},
            {"nms", [](AnalysisOptions &o) { o.detectorOptions.nms += 0.01F; }},
            {"maxSide", [](AnalysisOptions &o) { o.detectorOptions.maxSide += 1; }},
            {"minFace", [](AnalysisOptions &o) { o.detectorOptions.minFace += 1; }},
            {"minOverlap", [](AnalysisOptions &o) { o.tracker.minOverlap += 0.01F; }},
            {"maxGap", [](AnalysisOptions &o) { o.tracker.maxGap += 1; }},
            {"minSimilarity", [](AnalysisOptions &o) { o.tracker.minSimilarity += 0.01F; }},
            {"cutSimilarity", [](AnalysisOptions &o) { o.tracker.cutSimilarity += 0.01F; }},
            {"minLength", [](AnalysisOptions &o) { o.tracker.minLength += 1; }},
            {"sureLength", [](AnalysisOptions &o) { o.tracker.sureLength += 1; }},
            {"sureScore", [](AnalysisOptions &o) { o.tracker.sureScore += 0.01F; }},
        };
        std::set<std::string> keys{key};
        for (const auto &[name, change] : changes) {
            AnalysisOptions changed = plain;
            change(changed);
            QVERIFY2(keys.insert(keyOf(changed)).second, name);
        }
    }

    void cropsOfAnotherSizeAreResized()
    {
        const fs::path folder = m_root / "sizes";
        writePicture(folder / "big.png", noise(160, 160, 1));
        writePicture(folder / "small.png", noise(50, 60, 2));
        Progress progress;
        const Analysis analysis = analyse({folder}, m_options, *m_store, progress);
        QCOMPARE(analysis.elementCount(), std::size_t(2));
        QCOMPARE(decodeJpeg(*analysis.sources.front().groups.front().elements.back().thumbnail).width, 112);
    }

    void failuresAreListedNotFatal()
    {
        const fs::path good = people("good", 1, 2);
        Progress progress;
        const Analysis analysis = analyse({m_root / "nowhere.mp4", good}, m_options, *m_store, progress);
        QCOMPARE(analysis.sources.size(), std::size_t(2));
        QVERIFY(analysis.sources[0].groups.empty());
        QVERIFY(analysis.sources[0].warnings.front().find("nowhere.mp4") != std::string::npos);
        QCOMPARE(analysis.sources[1].groups.size(), std::size_t(1));
        try {
            analyse({m_root / "nowhere.mp4", m_root / "nor-here"}, m_options, *m_store, progress);
            QFAIL("nothing was thrown");
        } catch (const Error &error) {
            QVERIFY(std::string(error.what()).find("nor-here") != std::string::npos);
        }
        AnalysisOptions unknown = m_options;
        unknown.ddnet = "no-such-net";
        QVERIFY_THROWS_EXCEPTION(Error, analyse({good}, unknown, *m_store, progress));
    }

    void cancelStopsIt()
    {
        const fs::path folder = people("long", 4, 40);
        class CancelAt : public Progress {
        protected:
            void onProgress(std::int64_t done, std::int64_t) override
            {
                if (done >= 20)
                    cancel();
            }
        } progress;
        QVERIFY_THROWS_EXCEPTION(Cancelled, analyse({folder}, m_options, *m_store, progress));
        QVERIFY(!fs::exists(ResultCache::cacheFolder()) || fs::is_empty(ResultCache::cacheFolder()));
    }

    /// IJB layout: the landmarks are given, so no detector is needed, and the crop is the aligned face.
    void templatesUseTheirLandmarks()
    {
        const fs::path root = m_root / "ijb";
        const Picture picture = noise(140, 130, 5);
        std::string tid;
        std::string points;
        for (int i = 1; i <= 4; ++i) {
            const std::string name = std::to_string(i) + ".jpg";
            writePicture(root / "loose_crop" / name, picture, 100);
            tid += name + ' ' + std::to_string(10 + (i + 1) / 2) + ' ' + std::to_string(100 + i) + '\n';
            points += name + " 50 60 85 60 67 80 53 100 82 100 0." + std::to_string(90 + i) + '\n';
        }
        writeAtomically(root / "meta" / "ijbc_face_tid_mid.txt", tid);
        writeAtomically(root / "meta" / "ijbc_name_5pts_score.txt", points);
        writeAtomically(root / "meta" / "ijbc_template_pair_label.txt", "11 12 1\n");
        AnalysisOptions options = m_options;
        options.aligned = false;
        Progress progress;
        const Analysis analysis = analyse({root}, options, *m_store, progress);
        const Source &source = analysis.sources.front();
        QCOMPARE(source.kind, std::string("ijb"));
        QCOMPARE(source.groups.size(), std::size_t(2));
        QCOMPARE(analysis.elementCount(), std::size_t(4));
        QVERIFY(analysis.detector.name.empty());
        const Element &element = source.groups[1].elements[1];
        QCOMPARE(element.media, std::int64_t(104));
        QCOMPARE(element.detectorScore, 0.94F);
        QCOMPARE((*element.landmarks)[0].x, 50.F);
        const Picture wanted = alignFace(readPicture(element.file), *element.landmarks);
        QVERIFY(*element.thumbnail == encodeJpeg(wanted, 92));
    }

    /// A base of 160 x 160: aligned pictures of that size are used as they are, smaller ones enlarged with a warning, faces with landmarks aligned from
    /// the source at that size. The DDNet sees what it always saw.
    void aBaseWithALargerInput()
    {
        const fs::path folder = m_root / "large-models";
        ModelSpec spec = m_store->find("made-base", Role::Base);
        spec.inputWidth = spec.inputHeight = 160;
        spec.outputSize = 16 * 128; // the head of 7 x 7 has 4 x 4 places on the 10 x 10 that are left of 160
        ModelSpec ddnet = m_store->find("made-ddnet", Role::DdNet);
        fs::create_directories(folder);
        fs::copy_file(spec.path, folder / spec.file);
        fs::copy_file(ddnet.path, folder / ddnet.file);
        writeJson(folder / "manifest.json", {{"schema", "dscope.models/1"}, {"models", {toJson(spec), toJson(ddnet)}}});
        const ModelStore store({folder});
        const auto base = Network::load(store.find("made-base", Role::Base), Device{});
        QCOMPARE(inputSide(base->spec()), 160);
        const auto scorer = Network::load(store.find("made-ddnet", Role::DdNet), Device{});
        QCOMPARE(inputSide(scorer->spec()), 112);
        Progress progress;
        const auto same = [&](Network &network, const Picture &face, std::span<const float> values) {
            const std::vector<Picture> one{face};
            const std::vector<float> wanted = network.run(one, progress);
            QCOMPARE(values.size(), wanted.size());
            for (std::size_t i = 0; i < wanted.size(); ++i)
                QVERIFY(std::abs(values[i] - wanted[i]) <= 1e-4F * (1 + std::abs(wanted[i])));
        };

        const Picture picture = noise(160, 160, 3);
        writePicture(m_root / "aligned-160" / "face.png", picture);
        Analysis analysis = analyse({m_root / "aligned-160"}, m_options, store, progress);
        same(*base, picture, analysis.sources.front().groups.front().embeddings);
        same(*scorer, resized(picture, 112, 112), std::vector<float>{analysis.sources.front().groups.front().elements.front().dScore});
        QVERIFY(analysis.sources.front().warnings.empty());
        QCOMPARE(decodeJpeg(*analysis.sources.front().groups.front().elements.front().thumbnail).width, 112);
        QCOMPARE(analysis.base.cost.mac, base->cost().mac);

        const Picture small = noise(112, 112, 4);
        writePicture(m_root / "aligned-112" / "face.png", small);
        analysis = analyse({m_root / "aligned-112"}, m_options, store, progress);
        same(*base, resized(small, 160, 160), analysis.sources.front().groups.front().embeddings);
        same(*scorer, small, std::vector<float>{analysis.sources.front().groups.front().elements.front().dScore});
        QCOMPARE(analysis.sources.front().warnings.size(), std::size_t(1));
        QVERIFY(analysis.sources.front().warnings.front().find("enlarged") != std::string::npos);

        const fs::path root = m_root / "ijb-160";
        const Picture source = noise(400, 390, 5);
        writePicture(root / "loose_crop" / "1.png", source);
        writeAtomically(root / "meta" / "ijbc_face_tid_mid.txt", "1.png 11 101\n");
        writeAtomically(root / "meta" / "ijbc_name_5pts_score.txt", "1.png 150 180 255 180 200 240 160 300 245 300 0.9\n");
        writeAtomically(root / "meta" / "ijbc_template_pair_label.txt", "11 11 1\n");
        AnalysisOptions options = m_options;
        options.aligned = false;
        analysis = analyse({root}, options, store, progress);
        const Group &group = analysis.sources.front().groups.front();
        const Landmarks &landmarks = *group.elements.front().landmarks;
        same(*base, alignFace(source, landmarks, 160), group.embeddings);
        same(*scorer, alignFace(source, landmarks), std::vector<float>{group.elements.front().dScore});

        // Where crops of 112 are all there is, the network itself says so, once.
        Progress direct;
        const std::vector<Picture> crops{small, small};
        (void)base->run(crops, direct);
        (void)base->run(crops, direct);
        QCOMPARE(direct.notices().size(), std::size_t(1));
        QVERIFY(direct.notices().front().find("160 x 160") != std::string::npos);
    }

    void streetClip()
    {
        const fs::path clip = test::sharedDir() / "video" / "facenet_pytorch_video.mp4";
        DSCOPE_NEED(clip);
        const ModelStore store({m_root / "models", test::sourceDir() / "models", test::sharedDir() / "weights"});
        try {
            store.best(Role::Detector);
        } catch (const Error &error) {
            QSKIP(error.what());
        }
        AnalysisOptions options = m_options;
        options.aligned = false;
        options.everyNth = 15;
        options.tracker.minLength = 1;
        Progress progress;
        Listening heard;
        const Analysis first = analyse({clip}, options, store, progress, heard.listener());
        // At most one is heard of in 200 ms, so a fast machine may say nothing; what it says is true.
        std::size_t before = 0;
        for (const Analysis &soFar : heard.news) {
            QCOMPARE(soFar.sources.size(), std::size_t(1));
            QVERIFY(soFar.elementCount() >= before && soFar.elementCount() <= first.elementCount());
            QCOMPARE(soFar.ddnet.hash, first.ddnet.hash);
            before = soFar.elementCount();
        }
        const Source &source = first.sources.front();
        QCOMPARE(source.kind, std::string("video"));
        QCOMPARE(source.frames, std::int64_t(105));
        QVERIFY(source.groups.size() >= 2);
        QVERIFY(first.elementCount() >= 14);
        QVERIFY(first.detector.msPerPicture > 0);
        for (const Group &group : source.groups) {
            QVERIFY(group.id.rfind("person ", 0) == 0);
            std::int64_t last = -1;
            for (const Element &element : group.elements) {
                // One face a frame, in order.
                QVERIFY(element.frame > last && element.frame % 15 == 0);
                QVERIFY(std::abs(element.timeS - static_cast<double>(element.frame) / 25) < 1e-3);
                QVERIFY(element.box && element.landmarks && element.detectorScore >= 0.5F);
                last = element.frame;
            }
        }
        // The same bytes under another name.
        const fs::path copy = m_root / "copy.mp4";
        fs::copy_file(clip, copy);
        const Analysis second = analyse({copy}, options, store, progress);
        QVERIFY(second.sources.front().fromCache);
        QCOMPARE(second.elementCount(), first.elementCount());
        QCOMPARE(second.sources.front().groups.front().elements.front().file, copy);
        flipOf(clip, options, store);
    }

    /// What is not finite is no D-score and no embedding: such faces are left out and counted, and where there is nothing else it is an error.
    void notFinite()
    {
        for (const char *name : {"made-base", "made-ddnet"}) {
            const ModelStore store({diverged(name)});
            Progress progress;
            try {
                analyse({people("of numbers", 1, 3)}, m_options, store, progress);
                QFAIL("nothing was thrown");
            } catch (const Error &error) {
                QVERIFY2(std::string(error.what()).find("Each of the 3 faces has a D-score or an embedding that is not a finite number") != std::string::npos,
                         error.what());
            }
        }
    }
};

DSCOPE_TEST(TestAnalyse)
#include "tst_analyse.moc"
