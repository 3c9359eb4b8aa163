// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/report/project.h"
#include "tests/support/madetemplates.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

EvaluationRun madeRun(const char *method)
{
    const MadeTemplates made = madeTemplates({});
    VerificationOptions options;
    options.resamples = 10;
    Progress progress;
    EvaluationRun run = evaluateVerification(made.set, made.pairs, methodNamed(method), options, progress);
    run.base = "made-base";
    return run;
}

/// Every field with a value that is not its default.
Project madeProject(const fs::path &folder)
{
    Project project;
    ProjectAnalysis &analysis = project.analysis;
    analysis.sources = {folder / "clips" / "a.mp4", folder / "b c.jpg", "/elsewhere/people"};
    analysis.base = {"", "mobilefacenet", "ab12"};
    analysis.ddnet = {"my-ddnet", "my-ddnet", "cd34"};
    analysis.detector = {"centerface", "", ""};
    analysis.second = {"/looks/mine.second.safetensors", "mine.second.safetensors", "ef56"};
    analysis.aligned = true;
    analysis.runBase = false;
    analysis.allFaces = true;
    analysis.everyNth = 3;
    analysis.minScore = 0.35;
    analysis.minFace = 44;
    analysis.maxSide = 1920;
    analysis.strict = true;
    analysis.keep = Keep::best(7);
    analysis.keep.threshold = 0.42;
    analysis.keep.weights = Aggregator::DdlPlus;
    analysis.asIResNet100 = true;
    EvaluationRequest &form = project.evaluation.form;
    form.benchmark = "ijbc";
    form.root = folder / "ijbc";
    form.files = {
        folder / "pairs.txt", "/lists/identities.csv", folder / "pictures", 5, 1234, 9, "training", {.step = 8, .stride = 4, .rate = Ratio{25, 1}, .crops = 3}};
    form.features = folder / "features.npy";
    form.dScores = folder / "scores.txt";
    form.base = "one";
    form.ddnet = "two";
    form.flip = form.normaliseFirst = form.detectorScore = true;
    form.methods = {"average", "ddl:t=0.3"};
    form.resamples = 17;
    form.distance = "cosine";
    form.qualities = {{"mine", folder / "scores.csv"}, {"theirs", "/elsewhere/theirs.txt"}};
    form.costs = {250.5, std::nullopt};
    ProjectEvaluation &evaluation = project.evaluation;
    for (const char *method : {"average", "ddl"}) {
        ProjectRun run;
        run.run = std::make_shared<const EvaluationRun>(madeRun(method));
        run.title = std::string("mine: ") + method;
        run.colour = 3;
        run.shown = false;
        run.chosen = true;
        run.method = method;
        evaluation.runs.push_back(std::move(run));
    }
    evaluation.liveMethod = "ddl+";
    evaluation.threshold = 0.33;
    evaluation.far = 1e-4;
    evaluation.asIResNet100 = true;
    evaluation.recommendation = "Take t = 0.33.";
    project.page = "evaluate";
    return project;
}

std::string messageOf(const fs::path &file)
{
    try {
        readProject(file);
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

/// The same, but for the identity of the runs.
bool alike(const Project &a, const Project &b)
{
    return toJson(a, "/x").dump() == toJson(b, "/x").dump();
}

} // namespace

class TestProject : public QObject {
    Q_OBJECT

    QTemporaryDir m_temporary;
    fs::path m_root{m_temporary.path().toStdString()};

    fs::path write(const char *name, const std::string &text) const
    {
        writeAtomically(m_root / name, text);
        return m_root / name;
    }

private Q_SLOTS:
    void roundTrip()
    {
        const Project made = madeProject(m_root);
        writeProject(m_root / "a.dscope", made);
        const Project read = readProject(m_root / "a.dscope");
        QVERIFY(read.analysis == made.analysis);
        QVERIFY(read.analysis.base.name == "mobilefacenet" && read.analysis.base.sha256 == "ab12" && read.analysis.detector.chosen == "centerface");
        QVERIFY(read.analysis.second.chosen == "/looks/mine.second.safetensors" && read.analysis.second.name == "mine.second.safetensors"
                && read.analysis.second.sha256 == "ef56");
        QVERIFY(read.evaluation.form == made.evaluation.form);
        QCOMPARE(read.evaluation.runs.size(), std::size_t{2});
        for (std::size_t i = 0; i < 2; ++i) {
            const ProjectRun &is = read.evaluation.runs[i];
            const ProjectRun &was = made.evaluation.runs[i];
            QCOMPARE(toJson(*is.run).dump(), toJson(*was.run).dump());
            QVERIFY(is.title == was.title && is.colour == was.colour && is.shown == was.shown && is.chosen == was.chosen && is.method == was.method);
        }
        QCOMPARE(read.evaluation.liveMethod, std::string("ddl+"));
        QCOMPARE(read.evaluation.threshold, 0.33);
        QCOMPARE(read.evaluation.far, 1e-4);
        QVERIFY(read.evaluation.asIResNet100);
        QCOMPARE(read.evaluation.recommendation, std::string("Take t = 0.33."));
        QCOMPARE(read.page, std::string("evaluate"));
        // Written again it is the same file, byte for byte, and the device is nowhere in it.
        const std::string text = readText(m_root / "a.dscope");
        writeProject(m_root / "a.dscope", read);
        QCOMPARE(readText(m_root / "a.dscope"), text);
        QVERIFY(toJson(Project(), {}).dump().find("\"device\"") == std::string::npos);
        // The version before is beside it.
        QCOMPARE(readText(m_root / "a.dscope~"), text);
        Project changed = read;
        changed.evaluation.threshold = 0.5;
        writeProject(m_root / "a.dscope", changed);
        QCOMPARE(readText(m_root / "a.dscope~"), text);
        QCOMPARE(readProject(m_root / "a.dscope").evaluation.threshold, 0.5);
    }

    /// What a person would write by hand: all else has its default.
    void byHand()
    {
        const Project project = readProject(write("hand.dscope", R"({"schema": "dscope.project/1",
            "analysis": {"sources": ["clips/../clip.mp4", "", "/abs/./set"], "keep": {"threshold": 0.25}},
            "evaluation": {"form": {"benchmark": "lfw", "root": "lfw", "methods": null}}})"));
        const std::vector<fs::path> sources{m_root / "clip.mp4", "/abs/set"};
        QVERIFY(project.analysis.sources == sources);
        QCOMPARE(project.analysis.keep.threshold, 0.25);
        QVERIFY(project.analysis.keep.mode == Keep::Mode::Threshold);
        QVERIFY(project.analysis.keep.weights == Aggregator::Ddl); // what projects had before they said so
        QVERIFY(project.analysis.runBase);
        QCOMPARE(project.evaluation.form.root, m_root / "lfw");
        QVERIFY(project.evaluation.form.methods.empty());
        QVERIFY(project.evaluation.form.distance.empty()); // of before there was one
        QCOMPARE(project.evaluation.threshold, 0.15);
        QVERIFY(readProject(write("least.dscope", "{\"schema\":\"dscope.project/1\"}")) == Project());
        const std::vector<fs::path> missing = missingFiles(project);
        QVERIFY(missing == (std::vector<fs::path>{m_root / "clip.mp4", "/abs/set", m_root / "lfw"}));
    }

    /// Moved together with its data it finds them; what lies elsewhere is where it was.
    void movesWithItsData()
    {
        const fs::path first = m_root / "first";
        const fs::path clip = first / "data" / "clip.mp4";
        writeAtomically(clip, "x");
        const fs::path beside = m_root / "first-other.jpg"; // its folder's name only begins like the project's
        Project project;
        project.analysis.sources = {clip, beside};
        project.evaluation.form.root = first;
        writeProject(first / "p.dscope", project);
        const Json json = readJson(first / "p.dscope");
        QCOMPARE(json["analysis"]["sources"][0].get<std::string>(), std::string("data/clip.mp4"));
        QCOMPARE(json["analysis"]["sources"][1].get<std::string>(), beside.string());
        QCOMPARE(json["evaluation"]["form"]["root"].get<std::string>(), std::string("."));
        fs::rename(first, m_root / "second");
        const Project moved = readProject(m_root / "second" / "p.dscope");
        QCOMPARE(moved.analysis.sources[0], m_root / "second" / "data" / "clip.mp4");
        QVERIFY(fs::exists(moved.analysis.sources[0]));
        QCOMPARE(moved.analysis.sources[1], beside);
        QVERIFY(missingFiles(moved) == std::vector<fs::path>{beside});
        // Saved elsewhere it still names the same files.
        writeProject(m_root / "third" / "q.dscope", moved);
        QVERIFY(readProject(m_root / "third" / "q.dscope") == moved);
        // And from a relative name, too.
        const fs::path before = fs::current_path();
        fs::current_path(m_root / "second");
        const Project near = readProject("p.dscope");
        fs::current_path(before);
        QVERIFY(near == moved);
    }

    /// Every way of keeping comes back, each with its number.
    void waysOfKeeping()
    {
        for (const Keep &keep : {Keep(0.31), Keep::best(4), Keep::until(3.25)}) {
            Project project;
            project.analysis.keep = keep;
            writeProject(m_root / "keep.dscope", project);
            QVERIFY(readProject(m_root / "keep.dscope").analysis.keep == keep);
        }
        Json json = readJson(m_root / "keep.dscope");
        QCOMPARE(json["analysis"]["keep"]["mode"].get<std::string>(), std::string("enough"));
        for (const double wrong : {0.0, -1.0, 1e10}) {
            json["analysis"]["keep"]["enough"] = wrong;
            writeJson(m_root / "wrong.dscope", json);
            QVERIFY_THROWS_EXCEPTION(FileError, readProject(m_root / "wrong.dscope"));
        }
        json["analysis"]["keep"].erase("enough"); // of an older version
        writeJson(m_root / "old.dscope", json);
        QCOMPARE(readProject(m_root / "old.dscope").analysis.keep.enough, Keep().enough);
    }

    /// A name on the disk need not be UTF-8.
    void anyBytesInAName()
    {
        Project project;
        project.analysis.sources = {m_root
                                        / "fa\xE7"
                                          "ade 50%.mp4",
                                    m_root / "\xC3\xA9t\xC3\xA9 50%.mp4", m_root / "line\nend"};
        writeProject(m_root / "bytes.dscope", project);
        QVERIFY(readProject(m_root / "bytes.dscope") == project);
    }

    /// What a newer minor version has added is there after a load and a save, wherever it stands.
    void newerMinorVersion()
    {
        writeProject(m_root / "n.dscope", madeProject(m_root));
        Json json = readJson(m_root / "n.dscope");
        json["minor"] = 4;
        json["notes"] = {{"text", "from the future"}};
        json["analysis"]["zoom"] = 1.5;
        json["analysis"]["models"]["base"]["date"] = "2031";
        json["analysis"]["models"]["tracker"] = {{"chosen", "x"}};
        json["evaluation"]["form"]["new_switch"] = true;
        json["evaluation"]["live"]["speed"] = {1, 2, 3};
        json["evaluation"]["runs"][1]["tags"] = {"a", "b"};
        json["evaluation"]["runs"][1]["run"]["strict"][0]["new_figure"] = 0.25;
        writeJson(m_root / "n.dscope", json);
        Project project = readProject(m_root / "n.dscope");
        project.analysis.keep.threshold = 0.9;
        project.evaluation.runs.erase(project.evaluation.runs.begin());
        project.evaluation.runs.front().title = "renamed";
        writeProject(m_root / "n.dscope", project);
        const Json after = readJson(m_root / "n.dscope");
        QCOMPARE(after["minor"].get<int>(), 4);
        QCOMPARE(after["notes"], json["notes"]);
        QCOMPARE(after["analysis"]["zoom"], json["analysis"]["zoom"]);
        QCOMPARE(after["analysis"]["models"], json["analysis"]["models"]);
        QCOMPARE(after["analysis"]["keep"]["threshold"].get<double>(), 0.9);
        QCOMPARE(after["evaluation"]["form"], json["evaluation"]["form"]);
        QCOMPARE(after["evaluation"]["live"], json["evaluation"]["live"]);
        QCOMPARE(after["evaluation"]["runs"].size(), std::size_t{1});
        QCOMPARE(after["evaluation"]["runs"][0]["tags"], json["evaluation"]["runs"][1]["tags"]);
        QCOMPARE(after["evaluation"]["runs"][0]["run"], json["evaluation"]["runs"][1]["run"]);
        QCOMPARE(after["evaluation"]["runs"][0]["title"].get<std::string>(), std::string("renamed"));
    }

    void mistakes_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("says");
        const auto analysis = [](const char *field) { return QByteArray("{\"schema\": \"dscope.project/1\", \"analysis\": {") + field + "}}"; };
        const auto evaluation = [](const char *field) { return QByteArray("{\"schema\": \"dscope.project/1\", \"evaluation\": {") + field + "}}"; };
        QTest::newRow("newer") << QByteArray("{\"schema\": \"dscope.project/2\"}") << QByteArray("newer Dscope");
        QTest::newRow("other") << QByteArray("{\"schema\": \"dscope.scores/1\"}") << QByteArray("not a Dscope project");
        QTest::newRow("no number") << QByteArray("{\"schema\": \"dscope.project/1b\"}") << QByteArray("not a Dscope project");
        QTest::newRow("zero") << QByteArray("{\"schema\": \"dscope.project/0\"}") << QByteArray("not a Dscope project");
        QTest::newRow("list") << QByteArray("[]") << QByteArray("not a Dscope project");
        QTest::newRow("empty") << QByteArray("") << QByteArray("m.dscope:1: is not valid JSON");
        QTest::newRow("second line") << QByteArray("{\n\"schema\" 1}") << QByteArray("m.dscope:2: is not valid JSON");
        QTest::newRow("section") << QByteArray("{\"schema\": \"dscope.project/1\", \"analysis\": 3}") << QByteArray("'analysis' is not an object");
        QTest::newRow("sources") << analysis("\"sources\": \"x\"") << QByteArray("'analysis.sources' is not a list");
        QTest::newRow("source") << analysis("\"sources\": [7]") << QByteArray("'analysis.sources[0]' is not a text");
        QTest::newRow("nul") << analysis("\"sources\": [\"a\\u0000b\"]") << QByteArray("'analysis.sources' is not a path");
        QTest::newRow("model") << analysis("\"models\": {\"base\": []}") << QByteArray("'analysis.models.base' is not an object");
        QTest::newRow("mode") << analysis("\"keep\": {\"mode\": \"all\"}") << QByteArray("'analysis.keep.mode' is not 'threshold' or 'top-k' or 'enough'");
        QTest::newRow("weights") << analysis("\"keep\": {\"weights\": \"max\"}") << QByteArray("'analysis.keep.weights' is not 'ddl'");
        QTest::newRow("k") << analysis("\"keep\": {\"k\": 0}") << QByteArray("'analysis.keep.k' is not a whole number from 1");
        QTest::newRow("k big") << analysis("\"keep\": {\"k\": 18446744073709551615}") << QByteArray("'analysis.keep.k' is not a whole number");
        QTest::newRow("every") << analysis("\"every_nth\": 2.5") << QByteArray("'analysis.every_nth' is not a whole number");
        QTest::newRow("flag") << analysis("\"aligned\": 1") << QByteArray("'analysis.aligned' is not true or false");
        QTest::newRow("price") << analysis("\"price\": \"free\"") << QByteArray("'analysis.price' is not 'base' or 'iresnet-100'");
        QTest::newRow("threshold") << evaluation("\"live\": {\"threshold\": 7}") << QByteArray("'evaluation.live.threshold' is not a number from 0 to 1");
        QTest::newRow("far") << evaluation("\"live\": {\"far\": 0}") << QByteArray("'evaluation.live.far' is not a number");
        QTest::newRow("qualities") << evaluation("\"form\": {\"qualities\": [7]}") << QByteArray("'evaluation.form.qualities[0]' is not an object");
        QTest::newRow("cost") << evaluation("\"form\": {\"base_mac_millions\": -3}") << QByteArray("'evaluation.form.base_mac_millions' is not a number");
        QTest::newRow("methods") << evaluation("\"form\": {\"methods\": [1]}") << QByteArray("'evaluation.form.methods[0]' is not a text");
        QTest::newRow("run") << evaluation("\"runs\": [{}]") << QByteArray("lacks the field 'evaluation.runs[0].run'");
        QTest::newRow("runs") << evaluation("\"runs\": {}") << QByteArray("'evaluation.runs' is not a list");
        QTest::newRow("run inside") << evaluation("\"runs\": [{\"run\": {\"schema\": \"dscope.evaluation/1\"}}]")
                                    << QByteArray("'evaluation.runs[0]': lacks the field 'run.");
        QTest::newRow("many") << analysis("\"sources\": [" + QByteArray("\"a\",").repeated(100'000) + "\"b\"]") << QByteArray("at most 100000 entries");
        QTest::newRow("long") << analysis("\"sources\": [\"" + QByteArray(70'000, 'a') + "\"]") << QByteArray("at most 65536 bytes");
        QTest::newRow("deep") << QByteArray("{\"schema\": \"dscope.project/1\", \"x\": ") + QByteArray(200'000, '[') + QByteArray(200'000, ']') + "}"
                              << QByteArray("nested more than 64 deep");
        QTest::newRow("deep objects") << QByteArray("{\"x\":").repeated(100'000) + "1" + QByteArray(100'000, '}') << QByteArray("nested more than 64 deep");
        QTest::newRow("number") << analysis("\"every_nth\": 1e999") << QByteArray("cannot be read as JSON");
        QTest::newRow("bad text") << analysis("\"sources\": [\"\xFF\"]") << QByteArray("is not valid JSON");
    }

    void mistakes()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, says);
        const std::string message = messageOf(write("m.dscope", text.toStdString()));
        QVERIFY2(message.find("m.dscope") != std::string::npos, message.c_str());
        QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
    }

    void missingFile()
    {
        QVERIFY(messageOf(m_root / "none.dscope").find("none.dscope") != std::string::npos);
        QVERIFY(!messageOf(m_root).empty());
        QVERIFY(isProject("a/b.dscope") && !isProject("b.dscope~") && !isProject("b.json") && !isProject(".dscope"));
    }

    /// Cut anywhere a file is refused, never half read.
    void truncated()
    {
        Project small;
        small.analysis.sources = {m_root / "a.mp4"};
        small.evaluation.form.methods = {"ddl"};
        writeProject(m_root / "whole.dscope", small);
        const std::string whole = readText(m_root / "whole.dscope");
        for (std::size_t length = 0; length + 2 < whole.size(); ++length)
            QVERIFY2(!messageOf(write("cut.dscope", whole.substr(0, length))).empty(), qPrintable(QString::number(length)));
    }

    /// Damaged anywhere it is refused with a sentence, or read as something that can be written and read again.
    void mutated()
    {
        const std::string whole = jsonText(toJson(madeProject(m_root), m_root));
        Json json = Json::parse(whole);
        // Most bytes of a run are figures in long lists; a few are as good for this.
        for (Json &run : json["evaluation"]["runs"])
            for (const char *list :
                 {"roc_far", "roc_tar", "genuine_histogram", "impostor_histogram", "hardest_genuine", "hardest_impostor", "discard", "recomputed"})
                for (Json *values = &run["run"][list]; values->size() > 3;)
                    values->erase(values->size() - 1);
        const std::string text = jsonText(json);
        constexpr std::string_view pieces[]{"{",    "}",    "[",       "]",  "\"", ",", ":", "null", "-1", "1e308", "18446744073709551615",
                                            "\"\"", "true", "\\u0000", "{}", "[]"};
        int read = 0;
        int refused = 0;
        for (std::uint64_t i = 0; i < 700; ++i) {
            Random random(7, i);
            std::string damaged = text;
            for (std::uint64_t n = 1 + random.below(3); n-- > 0;) {
                const std::size_t at = random.below(damaged.size());
                switch (random.below(4)) {
                case 0: damaged[at] = static_cast<char>(random.below(256)); break;
                case 1: damaged.erase(at, 1 + random.below(40)); break;
                case 2: damaged.insert(at, pieces[random.below(std::size(pieces))]); break;
                default: {
                    // A whole value by another: what stands behind a colon up to the line's end.
                    const std::size_t colon = damaged.find(": ", at);
                    const std::size_t end = colon == std::string::npos ? colon : damaged.find_first_of(",\n", colon);
                    if (end != std::string::npos)
                        damaged.replace(colon + 2, end - colon - 2, pieces[random.below(std::size(pieces))]);
                }
                }
            }
            const fs::path file = write("mutated.dscope", damaged);
            try {
                const Project project = readProject(file);
                ++read;
                writeProject(m_root / "again.dscope", project);
                QVERIFY(alike(readProject(m_root / "again.dscope"), project));
            } catch (const FileError &error) {
                ++refused;
                QVERIFY2(std::string(error.what()).find("mutated.dscope") != std::string::npos, error.what());
            }
        }
        QVERIFY2(read > 15 && refused > 200, qPrintable(QStringLiteral("%1 read, %2 refused").arg(read).arg(refused)));
    }

    /// A folder that cannot be written is said, and what was there stays.
    void cannotBeWritten()
    {
        writeProject(m_root / "kept.dscope", Project());
        const std::string before = readText(m_root / "kept.dscope");
        writeAtomically(m_root / "file", "x");
        try {
            writeProject(m_root / "file" / "p.dscope", Project());
            QFAIL("written below a file");
        } catch (const FileError &) {
        }
        QCOMPARE(readText(m_root / "kept.dscope"), before);
        for (const fs::directory_entry &entry : fs::directory_iterator(m_root))
            QVERIFY2(entry.path().string().find(".part") == std::string::npos, entry.path().c_str());
    }

    /// Given up at any step: the file is what it was, and nothing half written lies beside it.
    void cancelled()
    {
        Project project;
        for (int i = 0; i < 5; ++i) {
            ProjectRun run;
            run.run = std::make_shared<const EvaluationRun>(madeRun("average"));
            project.evaluation.runs.push_back(std::move(run));
        }
        const fs::path file = m_root / "cancelled.dscope";
        writeProject(file, project);
        const std::string before = readText(file);
        Progress cancelled;
        cancelled.cancel();
        project.evaluation.threshold = 0.9;
        QVERIFY_EXCEPTION_THROWN(writeProject(file, project, cancelled), Cancelled);
        QCOMPARE(readText(file), before);
        for (const fs::directory_entry &entry : fs::directory_iterator(m_root))
            QVERIFY2(entry.path().string().find(".part") == std::string::npos, entry.path().c_str());
        QVERIFY_EXCEPTION_THROWN(readProject(file, cancelled), Cancelled);
        // While the runs are taken one by one as well.
        struct StopsAt : Progress {
            void onProgress(std::int64_t done, std::int64_t) override
            {
                last = done;
                if (done == 2)
                    cancel();
            }
            std::int64_t last = -1;
        } stops;
        QVERIFY_EXCEPTION_THROWN(readProject(file, stops), Cancelled);
        QCOMPARE(stops.last, std::int64_t{2});
        Progress progress;
        QCOMPARE(readProject(file, progress).evaluation.runs.size(), std::size_t{5});
        writeProject(file, project, progress);
        QCOMPARE(readProject(file).evaluation.threshold, 0.9);
    }
};

DSCOPE_TEST(TestProject)
#include "tst_project.moc"
