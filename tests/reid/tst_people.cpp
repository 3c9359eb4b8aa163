// SPDX-License-Identifier: GPL-3.0-or-later
// Crops of people, and people in video, through the analysis that everything is opened by.
#include "tests/support/support.h"

#include "core/analysis/analysis.h"
#include "core/analysis/evaluation.h"
#include "core/analysis/session.h"
#include "core/base/error.h"
#include "core/onnx/onnxnetwork.h"

#include <QTemporaryDir>

#include <algorithm>
#include <fstream>
#include <set>

using namespace dscope;
using namespace dscope::test;

class TestPeople : public QObject {
    Q_OBJECT

    static std::filesystem::path weights() { return sharedDir() / "weights"; }
    static std::filesystem::path pku() { return sharedDir() / "data" / "reid" / "pku"; }

    static AnalysisOptions options()
    {
        AnalysisOptions how;
        how.ddnet = withoutDdnet;
        how.useCache = false;
        how.device = "cpu";
        return how;
    }

private Q_SLOTS:
    void initTestCase() { registerOnnx(); }

    /// Small upright pictures and a base for people: taken as what they are without being told.
    void crops()
    {
        DSCOPE_NEED(weights() / "osnet_x025_msmt17.onnx");
        DSCOPE_NEED(pku());
        const ModelStore store({weights()});
        Progress progress;
        const Analysis guessed = analyse({pku() / "009"}, options(), store, progress);
        QCOMPARE(guessed.options.task, std::string("reid"));
        QCOMPARE(guessed.base.name, std::string("compact-person"));
        QCOMPARE(guessed.dim, std::int64_t{128});
        QCOMPARE(guessed.sources.size(), std::size_t{1});
        const std::vector<Group> &groups = guessed.sources[0].groups;
        QCOMPARE(groups.size(), std::size_t{2}); // two cameras
        for (const Group &group : groups) {
            QCOMPARE(group.elements.size(), std::size_t{8});
            QCOMPARE(group.embeddings.size(), std::size_t{8 * 128});
            for (const Element &element : group.elements) {
                QVERIFY(!element.landmarks && !element.box);
                const Picture thumbnail = decodeJpeg(*element.thumbnail);
                QCOMPARE(thumbnail.width, 48);
                QCOMPARE(thumbnail.height, 128);
            }
        }
        // The same crops by a list, and through a link to their folder.
        QTemporaryDir folder;
        const std::filesystem::path place = folder.path().toStdString();
        std::ofstream(place / "list.csv") << "path,group\n"
                                          << (pku() / "009" / "c1" / "t1" / "1.jpg").string() << ",one\n"
                                          << (pku() / "009" / "c2" / "t1" / "1.jpg").string() << ",two\n";
        std::filesystem::create_directories(place / "people");
        std::filesystem::create_directory_symlink(std::filesystem::absolute(pku() / "009"), place / "people" / "009");
        QCOMPARE(analyse({place / "list.csv"}, options(), store, progress).options.task, std::string("reid"));
        QCOMPARE(analyse({place / "people"}, options(), store, progress).options.task, std::string("reid"));
        // With a DDNet of people, too: one ships.
        AnalysisOptions scored = options();
        scored.ddnet.clear();
        scored.runBase = false;
        QCOMPARE(analyse({place / "list.csv"}, scored, store, progress).ddnet.name, std::string("ddnet-person"));
        AnalysisOptions named = options();
        named.base = (weights() / "osnet_x025_msmt17.onnx").string();
        const Analysis said = analyse({pku() / "009"}, named, store, progress);
        QCOMPARE(said.options.task, std::string("reid"));
        QCOMPARE(said.sources[0].groups[0].embeddings.size(), std::size_t{8 * 512});
    }

    /// A network for people and a task of faces exclude each other.
    void tasksThatDiffer()
    {
        DSCOPE_NEED(weights() / "osnet_x025_msmt17.onnx");
        const ModelStore store({weights()});
        Progress progress;
        AnalysisOptions how = options();
        how.base = "osnet-x0.25-msmt17";
        how.task = "face";
        QVERIFY_EXCEPTION_THROWN(analyse({pku() / "009"}, how, store, progress), UsageError);
        how.task = "gait";
        QVERIFY_EXCEPTION_THROWN(analyse({pku() / "009"}, how, store, progress), UsageError);
    }

    /// Mean of eight to mean of eight, other camera, by cosine: what an independent run of the same file on the same pictures gave (another runtime, another
    /// way to shrink pictures) was an mAP of 84.3 %, CMC-1 75.0 %.
    void retrieval()
    {
        DSCOPE_NEED(weights() / "osnet_x025_msmt17.onnx");
        DSCOPE_NEED(pku());
        QTemporaryDir folder;
        EvaluationRequest request;
        request.benchmark = "tracklets";
        request.root = pku();
        request.base = "osnet-x0.25-msmt17";
        request.device = "cpu";
        EvaluationLoading loading;
        loading.methods = {methodNamed("average")};
        loading.second = "none";
        loading.extract.folder = folder.path().toStdString();
        const ModelStore store({weights()});
        Progress progress;
        const std::shared_ptr<EvaluationSet> set = loadEvaluationSet(request, loading, store, progress);
        QCOMPARE(set->features->templates(), std::int64_t{88});
        QCOMPARE(set->features->faces(), std::int64_t{704});
        QCOMPARE(set->features->cameras.size(), std::size_t{88});
        VerificationOptions how;
        how.resamples = 50;
        how.distance = RetrievalDistance::Cosine;
        const EvaluationRun run = evaluateMethods(*set, loading.methods, how, progress).front();
        QCOMPARE(run.retrieval.size(), std::size_t{3});
        const auto &cross = run.retrieval[2];
        QCOMPARE(cross.protocol, RetrievalProtocol::CrossCamera);
        QCOMPARE(cross.queries, std::int64_t{88});
        QVERIFY2(std::abs(cross.map - 0.843) < 0.02, qPrintable(QString::number(cross.map)));
        QVERIFY2(std::abs(cross.cmc[0] - 0.75) < 0.04, qPrintable(QString::number(cross.cmc[0])));
        QVERIFY(cross.mapInterval.low < cross.map && cross.map < cross.mapInterval.high);
        // The same among all cameras: those of the query's camera look alike.
        QVERIFY2(std::abs(run.retrieval[1].map - 0.316) < 0.02, qPrintable(QString::number(run.retrieval[1].map)));
    }

    /// Every tenth frame of a campus: people who walk through, each in a track of its own.
    void video()
    {
        const std::filesystem::path film = sharedDir() / "data" / "reid" / "mot15" / "TUD-Campus" / "TUD-Campus.mp4";
        DSCOPE_NEED(film);
        DSCOPE_NEED(weights() / "osnet_x025_msmt17.onnx");
        const ModelStore store({weights()});
        Progress progress;
        AnalysisOptions how = options();
        how.task = "reid";
        how.everyNth = 4;
        how.base = "osnet-x0.25-msmt17";
        const Analysis found = analyse({film}, how, store, progress);
        QCOMPARE(found.detector.name, std::string("yolox-nano"));
        const Source &source = found.sources[0];
        QVERIFY2(source.groups.size() >= 3 && source.groups.size() <= 16, qPrintable(QString::number(source.groups.size())));
        for (const Group &group : source.groups) {
            std::set<std::int64_t> frames;
            for (const Element &element : group.elements) {
                QVERIFY(element.box.has_value());
                QVERIFY(frames.insert(element.frame).second); // nobody is twice in a frame
                QVERIFY(element.frame % 4 == 0);
            }
            QCOMPARE(group.embeddings.size(), group.elements.size() * 512);
        }
        how.detector = "nobody";
        QVERIFY_EXCEPTION_THROWN(analyse({film}, how, store, progress), Error);
    }
};

DSCOPE_TEST(TestPeople)
#include "tst_people.moc"
