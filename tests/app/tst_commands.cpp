// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/npy.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/scores/labeler.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

#include <QElapsedTimer>

#include <cmath>
#include <csignal>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

class TestCommands : public CommandTest {
    Q_OBJECT

    const QStringList m_nets{q("--ddnet"), q("made-ddnet"), q("--base"), q("made-base"), q("--device"), q("cpu")};

    /// A folder of people with aligned faces that were drawn by lot.
    fs::path crops(const char *name, int people, int each)
    {
        const fs::path folder = m_root / name;
        for (int p = 0; p < people; ++p)
            for (int i = 0; i < each; ++i) {
                Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
                Picture picture(112, 112);
                for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                    picture.rgb[k] = static_cast<std::uint8_t>((k / 700 * 40 + static_cast<std::size_t>(i) * 30 + random.below(30)) % 256);
                const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 90);
                const fs::path person = folder / std::string("p").append(std::to_string(p));
                writeAtomically(person / std::string(std::to_string(100 + i)).append(".jpg"), {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
            }
        return folder;
    }

    void checkSchema(const Json &json, bool video)
    {
        QCOMPARE(json.at("schema").get<std::string>(), std::string("dscope.scores/1"));
        for (const char *role : {"ddnet", "base", "detector"})
            QVERIFY(json.at("models").contains(role));
        QCOMPARE(json.at("models").at("ddnet").at("sha256").get<std::string>().size(), std::size_t(64));
        for (const Json &source : json.at("sources")) {
            QVERIFY(source.at("path").is_string() && source.at("warnings").is_array());
            for (const Json &group : source.at("groups")) {
                QVERIFY(group.at("id").is_string());
                int kept = 0;
                for (const Json &element : group.at("elements")) {
                    QVERIFY(video ? element.at("frame").is_number_integer() && element.at("time_s").is_number() : element.at("file").is_string());
                    for (const char *field : {"box", "landmarks", "detector_score"})
                        QVERIFY(element.contains(field));
                    const double score = element.at("d_score").get<double>();
                    QVERIFY(score > 0 && score < 1);
                    kept += element.at("kept").get<bool>() ? 1 : 0;
                }
                QVERIFY(kept >= 1);
            }
        }
    }

private Q_SLOTS:
    void initTestCase() { m_environment = environmentIn(m_root); }

    void scoreToStandardOutput()
    {
        const fs::path folder = crops("stdout", 2, 3);
        writeAtomically(folder / "p1" / "torn.jpg", "\xFF\xD8\xFF torn");
        const Outcome outcome = run(QStringList{q("score"), qt(folder), q("--aligned"), q("--out"), q("-")} + m_nets);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        // Standard output holds the data and nothing else.
        const Json json = Json::parse(outcome.out.toStdString());
        checkSchema(json, false);
        QCOMPARE(json.at("sources")[0].at("groups").size(), std::size_t(2));
        QCOMPARE(json.at("sources")[0].at("groups")[0].at("elements").size(), std::size_t(3));
        QCOMPARE(json.at("sources")[0].at("warnings").size(), std::size_t(1));
        QVERIFY(json.at("models").at("base").is_null());
        QVERIFY(outcome.err.contains("torn.jpg"));
        const Outcome csv = run(QStringList{q("score"), qt(folder), q("--aligned"), q("--out"), q("-"), q("--format"), q("csv")} + m_nets);
        QCOMPARE(csv.code, 0);
        QCOMPARE(parseCsv(csv.out.toStdString(), "-").rows.size(), std::size_t(6));
        QVERIFY(csv.err.contains("as kept from an earlier run"));
    }

    void thresholdDecidesWhatIsKept()
    {
        const fs::path folder = crops("kept", 1, 6);
        const auto kept = [&](const char *t) {
            const Outcome outcome = run(QStringList{q("score"), qt(folder), q("--aligned"), q("--threshold"), q(t), q("--out"), q("-")} + m_nets);
            int count = 0;
            const Json json = Json::parse(outcome.out.toStdString());
            for (const Json &element : json.at("sources")[0].at("groups")[0].at("elements"))
                count += element.at("kept").get<bool>() ? 1 : 0;
            return count;
        };
        QCOMPARE(kept("0"), 6);
        QCOMPARE(kept("1"), 1);
    }

    void topKKeepsThatMany()
    {
        const fs::path folder = crops("best", 2, 6);
        const Outcome outcome = run(QStringList{q("score"), qt(folder), q("--aligned"), q("--top-k"), q("2"), q("--out"), q("-")} + m_nets);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const Json json = Json::parse(outcome.out.toStdString());
        QCOMPARE(json.at("top_k").get<int>(), 2);
        QVERIFY(json.at("threshold").is_null());
        for (const Json &group : json.at("sources")[0].at("groups")) {
            // The kept ones are those of the largest D-scores.
            double leastKept = 2;
            double mostDropped = -1;
            int count = 0;
            for (const Json &element : group.at("elements")) {
                const double score = element.at("d_score").get<double>();
                if (element.at("kept").get<bool>()) {
                    ++count;
                    leastKept = std::min(leastKept, score);
                } else {
                    mostDropped = std::max(mostDropped, score);
                }
            }
            QCOMPARE(count, 2);
            QVERIFY(leastKept >= mostDropped);
        }
        const Outcome both =
            run(QStringList{q("score"), qt(folder), q("--aligned"), q("--top-k"), q("2"), q("--threshold"), q("0.2"), q("--out"), q("-")} + m_nets);
        QCOMPARE(both.code, 2);
        QVERIFY(both.err.contains("--top-k"));
    }

    /// Of each group the best until their D-scores sum to .8, and no more of them.
    void enoughKeepsUntilTheSum()
    {
        const fs::path folder = crops("enough", 2, 6);
        const QStringList score = QStringList{q("score"), qt(folder), q("--aligned"), q("--enough"), q("0.8"), q("--out"), q("-")} + m_nets;
        const Outcome outcome = run(score);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const Json json = Json::parse(outcome.out.toStdString());
        QCOMPARE(json.at("enough").get<double>(), 0.8);
        QVERIFY(json.at("threshold").is_null());
        for (const Json &group : json.at("sources")[0].at("groups")) {
            double sum = 0;
            double least = 2;
            for (const Json &element : group.at("elements"))
                if (element.at("kept").get<bool>()) {
                    sum += element.at("d_score").get<double>();
                    least = std::min(least, element.at("d_score").get<double>());
                }
            QVERIFY(least < 2);
            QVERIFY(sum - least < 0.8);
            for (const Json &element : group.at("elements"))
                QVERIFY(element.at("kept").get<bool>() || (sum >= 0.8 && element.at("d_score").get<double>() <= least));
        }
        const Outcome both = run(score + QStringList{q("--top-k"), q("2")});
        QCOMPARE(both.code, 2);
        QVERIFY(both.err.contains("--enough"));
    }

    void aggregateAndReport()
    {
        const fs::path folder = crops("both", 3, 4);
        const fs::path npy = m_root / "out" / "f.npy";
        const Outcome features = run(QStringList{q("aggregate"), qt(folder), q("--aligned"), q("--method"), q("average"), q("--out"), qt(npy)} + m_nets);
        QVERIFY2(features.code == 0, features.err.constData());
        QVERIFY((readNpy(npy).shape == std::vector<std::int64_t>{3, 128}));
        QCOMPARE(readCsv(m_root / "out" / "f.ids.csv").rows.size(), std::size_t(3));
        const fs::path html = m_root / "out" / "report.html";
        const Outcome report = run(QStringList{q("report"), qt(folder), q("--aligned"), q("--out"), qt(html)} + m_nets);
        QVERIFY2(report.code == 0, report.err.constData());
        QVERIFY(report.err.contains("as kept from an earlier run"));
        QVERIFY(readText(html).find("Trade-off table") != std::string::npos);
        const Outcome best = run(QStringList{q("best"), qt(folder), q("--aligned"), q("--count"), q("2"), q("--out"), qt(m_root / "out" / "best")} + m_nets);
        QVERIFY2(best.code == 0, best.err.constData());
        QVERIFY(best.err.contains("12 files"));
    }

    void unwritableOutputFails()
    {
        const fs::path folder = crops("unwritable", 1, 1);
        writeAtomically(m_root / "file", "x");
        const Outcome outcome = run(QStringList{q("score"), qt(folder), q("--aligned"), q("--out"), qt(m_root / "file" / "x.json")} + m_nets);
        QCOMPARE(outcome.code, 1);
        QProcess full;
        full.setProcessEnvironment(m_environment);
        full.setStandardOutputFile(q("/dev/full"));
        full.start(program(), QStringList{q("score"), qt(folder), q("--aligned"), q("--out"), q("-")} + m_nets);
        QVERIFY(full.waitForFinished(120'000));
        QCOMPARE(full.exitCode(), 1);
        QVERIFY(full.readAllStandardError().contains("Standard output could not be written"));
    }

    void interruptEndsIt_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
    }
    void interruptEndsIt()
    {
        QFETCH(int, signal);
        const fs::path folder = crops("source", 1, 4);
        const fs::path many = m_root / ("many" + std::to_string(signal));
        fs::create_directories(many);
        for (int i = 0; i < 4000; ++i)
            fs::create_hard_link(folder / "p0" / (std::to_string(100 + i % 4) + ".jpg"), many / (std::to_string(i) + ".jpg"));
        QProcess process;
        process.setProcessEnvironment(m_environment);
        const fs::path out = m_root / "never.json";
        process.setReadChannel(QProcess::StandardError);
        process.start(program(), QStringList{q("score"), qt(many), q("--aligned"), q("--embeddings"), q("--out"), qt(out)} + m_nets);
        QByteArray err;
        QElapsedTimer waited;
        waited.start();
        while (!err.contains("Scoring") && waited.elapsed() < 120'000 && process.waitForReadyRead(120'000 - static_cast<int>(waited.elapsed())))
            err += process.readAllStandardError();
        QVERIFY2(err.contains("Scoring"), err.constData());
        ::kill(static_cast<pid_t>(process.processId()), signal);
        QVERIFY(process.waitForFinished(60'000));
        err += process.readAllStandardError();
        QCOMPARE(process.exitStatus(), QProcess::NormalExit);
        QCOMPARE(process.exitCode(), 130);
        QVERIFY2(err.contains("cancelled"), err.constData());
        QVERIFY(!fs::exists(out));
    }

    void infoTells()
    {
        const fs::path folder = crops("info", 2, 2);
        const Outcome set = run({q("info"), q("--json"), qt(folder)});
        QVERIFY2(set.code == 0, set.err.constData());
        const Json json = Json::parse(set.out.toStdString());
        QCOMPARE(json.at("groups").get<int>(), 2);
        QCOMPARE(json.at("pictures").get<int>(), 4);
        const Outcome weights = run({q("info"), q("--json"), qt(m_root / "models" / "made-ddnet.safetensors")});
        QVERIFY2(weights.code == 0, weights.err.constData());
        QCOMPARE(Json::parse(weights.out.toStdString()).at("model").at("architecture").get<std::string>(), std::string("ddnet"));
        writeAtomically(m_root / "other.json", "{\"a\": 1}");
        QCOMPARE(run({q("info"), qt(m_root / "other.json")}).code, 1);
        // A detector is none of the networks that embed, and which it is follows from its outputs.
        for (const char *file : {"yolox_nano_416.onnx", "nanodet_m_416.onnx"})
            if (const fs::path detector = sharedDir() / "weights" / file; fs::exists(detector)) {
                const Outcome told = run({q("info"), qt(detector)});
                QVERIFY2(told.out.contains("use: detector") && told.out.contains("finds: crops of people"), told.out.constData());
            }
    }

    /// A folder of real people, twice: the second time is instant.
    void peopleOfLfw()
    {
        const fs::path people = sharedDir() / "data" / "lfw_112";
        DSCOPE_NEED(people);
        QStringList sources;
        int faces = 0;
        for (const char *name : {"Ann_Veneman", "Gray_Davis", "Kofi_Annan"}) {
            DSCOPE_NEED(people / name);
            sources << qt(people / name);
            faces += static_cast<int>(std::distance(fs::directory_iterator(people / name), fs::directory_iterator()));
        }
        const fs::path out = m_root / "lfw.json";
        const QStringList words = QStringList{q("score")} + sources + QStringList{q("--aligned"), q("--out"), qt(out)} + m_nets;
        const Outcome first = run(words);
        QVERIFY2(first.code == 0, first.err.constData());
        const std::string before = readText(out);
        const Json json = Json::parse(before);
        checkSchema(json, false);
        QCOMPARE(json.at("sources").size(), std::size_t(3));
        int found = 0;
        for (const Json &source : json.at("sources"))
            found += static_cast<int>(source.at("groups")[0].at("elements").size());
        QCOMPARE(found, faces);
        QElapsedTimer timer;
        timer.start();
        const Outcome second = run(words);
        qInfo("second call: %lld ms", static_cast<long long>(timer.elapsed()));
        QCOMPARE(second.code, 0);
        QCOMPARE(second.err.count("as kept from an earlier run"), 3);
        QVERIFY(readText(out) == before);
    }

    void streetClip()
    {
        const fs::path clip = sharedDir() / "video" / "facenet_pytorch_video.mp4";
        DSCOPE_NEED(clip);
        const Outcome models = run({q("models"), q("--json")});
        bool detector = false;
        const Json known = Json::parse(models.out.toStdString());
        for (const Json &model : known.at("models"))
            detector = detector || (model.at("role") == "detector" && model.at("available").get<bool>());
        if (!detector)
            QSKIP("needs a face detector: ./run.sh obtains two");
        const Outcome outcome = run(QStringList{q("score"), qt(clip), q("--every"), q("12"), q("--out"), q("-")} + m_nets);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const Json json = Json::parse(outcome.out.toStdString());
        checkSchema(json, true);
        QVERIFY(json.at("sources")[0].at("groups").size() >= 2);
        for (const Json &group : json.at("sources")[0].at("groups"))
            for (const Json &element : group.at("elements"))
                QVERIFY(element.at("box").size() == 4 && element.at("landmarks").size() == 5);

        // The same as templates: thirds of tracks, those that are seen together as impostors.
        const Outcome tracks = run(QStringList{q("evaluate-tracks"), qt(clip), q("--every"), q("12"), q("--at-least"), q("3"), q("--fars"), q("0.1"),
                                               q("--method"), q("average"), q("--method"), q("ddl"), q("--format"), q("json")}
                                   + m_nets);
        QVERIFY2(tracks.code == 0, tracks.err.constData());
        const Json rows = Json::parse(tracks.out.toStdString()).at("rows");
        QCOMPARE(rows.size(), std::size_t{2});
        QVERIFY(rows[0].at("genuine").get<double>() >= 2 && rows[0].at("impostor").get<double>() >= 4);
        const Outcome shares =
            run(QStringList{q("evaluate-tracks"), qt(clip), q("--every"), q("12"), q("--at-least"), q("3"), q("--fars"), q("0.1"), q("--budgets"), q("50,100")}
                + m_nets);
        QVERIFY2(shares.code == 0, shares.err.constData());
        QVERIFY2(shares.out.contains("| DDL+, until enough |"), shares.out.constData());
    }

    /// Of actions the example draws its own video, which the networks that ship take.
    void exampleOfActions()
    {
        const fs::path out = m_root / "example of actions";
        const Outcome outcome = run({q("example"), q("--task"), q("action"), q("--device"), q("cpu"), q("--out"), qt(out)});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(fs::file_size(out / "window.png") > 10'000);
        QVERIFY(readText(out / "report.html").find("bounces") != std::string::npos);
        const Json scores = readJson(out / "scores.json");
        QCOMPARE(scores.at("models").at("base").at("name").get<std::string>(), std::string("actions"));
        QCOMPARE(scores.at("models").at("ddnet").at("name").get<std::string>(), std::string("ddnet-actions"));
        const Json &source = scores.at("sources").at(0);
        QVERIFY(source.at("path").get<std::string>().ends_with("actions/videos/v_example.mp4"));
        QVERIFY(source.at("groups").at(0).at("elements").size() > 5);
        // A second call takes the video that is there.
        const fs::path video = m_root / "cache" / "samples" / "actions" / "videos" / "v_example.mp4";
        if (fs::exists(video)) {
            const fs::file_time_type made = fs::last_write_time(video);
            QCOMPARE(run({q("example"), q("--task"), q("action"), q("--device"), q("cpu"), q("--out"), qt(out)}).code, 0);
            QVERIFY(fs::last_write_time(video) == made);
        }
    }

    void exports()
    {
        const fs::path out = m_root / "made.onnx";
        Outcome result = run({q("export"), q("made-ddnet"), q("--out"), qt(out)});
        QVERIFY2(result.code == 0, result.err.constData());
        QVERIFY2(result.err.contains("checked: "), result.err.constData());
        QVERIFY(fs::exists(out) && fs::exists(out.string() + ".json"));
        // Not twice by mistake, and not what there is not.
        result = run({q("export"), q("made-ddnet"), q("--out"), qt(out)});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("--force"), result.err.constData());
        result = run({q("export"), q("made-dnet"), q("--out"), qt(m_root / "b.onnx")});
        QCOMPARE(result.code, 1);
        QVERIFY2(result.err.contains("made-ddnet"), result.err.constData());
        result = run({q("export"), q("made-ddnet"), q("--out"), qt(m_root / "b.txt")});
        QCOMPARE(result.code, 2);

        // A base as ONNX gives the features that it gives itself.
        const fs::path base = m_root / "base.onnx";
        result = run({q("export"), q("made-base"), q("--out"), qt(base)});
        QVERIFY2(result.code == 0, result.err.constData());
        const fs::path people = crops("exported", 2, 2);
        std::vector<Targets> targets;
        for (const QString &which : {q("made-base"), qt(base)}) {
            const fs::path file = m_root / (targets.empty() ? "one.targets" : "two.targets");
            result = run({q("label"), qt(people), q("--base"), which, q("--device"), q("cpu"), q("--out"), qt(file)});
            QVERIFY2(result.code == 0, result.err.constData());
            targets.push_back(readTargets(file));
        }
        QCOMPARE(targets[0].scores.raw.size(), targets[1].scores.raw.size());
        QVERIFY(targets[0].baseHash != targets[1].baseHash);
        for (std::size_t i = 0; i < targets[0].scores.raw.size(); ++i)
            QVERIFY2(std::abs(targets[0].scores.raw[i] - targets[1].scores.raw[i]) < 1e-4, std::to_string(targets[1].scores.raw[i]).c_str());
    }
};

DSCOPE_TEST(TestCommands)
#include "tst_commands.moc"
