// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/npy.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/report/project.h"
#include "core/scores/secondlook.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

#include <QElapsedTimer>

#include <cmath>
#include <cstring>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// `dscope evaluate` and `dscope synth`, as a user calls them.
class TestEvaluate : public CommandTest {
    Q_OBJECT

    QStringList words(const char *store, const char *out) const
    {
        return {q("evaluate"), q("templates"), qt(m_root / "set"), q("--base"), q("made-base"),   q("--ddnet"),     q("made-ddnet"), q("--device"),
                q("cpu"),      q("--store"),   qt(m_root / store), q("--out"),  qt(m_root / out), q("--resamples"), q("20")};
    }
    static fs::path storeIn(const fs::path &folder, const char *ending)
    {
        std::error_code problem;
        for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
            if (entry->path().extension() == ending)
                return entry->path();
        return {};
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_environment = environmentIn(m_root);
        for (int p = 0; p < 25; ++p)
            for (int t = 0; t < 4; ++t)
                for (int i = 0; i < 20; ++i) {
                    Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(100 * t + i));
                    Picture picture(112, 112);
                    for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                        picture.rgb[k] = static_cast<std::uint8_t>((k / 500 * static_cast<std::size_t>(p + 3) + random.below(60)) % 256);
                    const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 90);
                    writeAtomically(m_root / "set" / ("p" + std::to_string(p)) / ("t" + std::to_string(t)) / (std::to_string(i) + ".jpg"),
                                    {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
                }
    }

    /// Killed while it extracts, twice, then run again: the same store and the same results as without.
    void killedAndResumed()
    {
        const Outcome whole = run(words("whole", "whole.json"));
        QVERIFY2(whole.code == 0, whole.err.constData());
        int killed = 0;
        for (int round = 0; round < 2; ++round) {
            QProcess process;
            process.setProcessEnvironment(m_environment);
            process.start(program(), words("cut", "cut.json"));
            // As soon as a further block is on the disk.
            const fs::path before = storeIn(m_root / "cut", ".part");
            const std::uintmax_t size = before.empty() ? 0 : fs::file_size(before);
            QElapsedTimer waited;
            waited.start();
            while (process.state() != QProcess::NotRunning && waited.elapsed() < 120'000) {
                const fs::path part = storeIn(m_root / "cut", ".part");
                std::error_code problem;
                const std::uintmax_t now = part.empty() ? 0 : fs::file_size(part, problem);
                if (!problem && now > size + 100'000)
                    break;
                process.waitForFinished(2);
            }
            killed += process.state() != QProcess::NotRunning ? 1 : 0;
            process.kill();
            process.waitForFinished();
        }
        QVERIFY2(killed > 0, "the extraction was over before it could be killed");
        QVERIFY(!storeIn(m_root / "cut", ".part").empty());
        QVERIFY(!fs::exists(m_root / "cut.json"));
        const Outcome resumed = run(words("cut", "cut.json"));
        QVERIFY2(resumed.code == 0, resumed.err.constData());
        QVERIFY(resumed.err.contains("pictures were extracted before"));
        const fs::path first = storeIn(m_root / "whole", ".dfeat");
        const fs::path second = storeIn(m_root / "cut", ".dfeat");
        QVERIFY(!first.empty() && first.filename() == second.filename());
        QVERIFY(readText(first) == readText(second));
        Json a = readJson(m_root / "whole.json");
        Json b = readJson(m_root / "cut.json");
        for (Json *json : {&a, &b})
            for (Json &one : (*json)["runs"])
                one.erase("seconds");
        QCOMPARE(b.dump(), a.dump());
        QCOMPARE(a["runs"].size(), std::size_t{4});
        QCOMPARE(a["runs"][0]["templates"].get<int>(), 100);
    }

    void writesWhatIsAskedFor()
    {
        QStringList all = words("whole", "t.md");
        all << q("--out") << qt(m_root / "t.csv") << q("--far") << q("0.05") << q("--method") << q("top-k:3") << q("--method") << q("max")
            << q("--normalise-first");
        const Outcome outcome = run(all);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const std::string table = readText(m_root / "t.md");
        QVERIFY(table.find("## templates") == 0);
        QVERIFY(table.find("features made unit vectors first: yes") != std::string::npos);
        QVERIFY(table.find("2,000 faces") != std::string::npos);
        const CsvTable csv = readCsv(m_root / "t.csv");
        QVERIFY(csv.rows.size() > 4);
        QCOMPARE(*parseNumber(csv.rows.front().cells[csv.requireColumn({"target"})]), 0.05);
    }

    /// A store of features stands in for the extraction that wrote it.
    void storeInPlaceOfExtraction()
    {
        const fs::path store = storeIn(m_root / "whole", ".dfeat");
        QVERIFY(!store.empty());
        const Outcome outcome = run({q("evaluate"), q("templates"), qt(m_root / "set"), q("--embeddings"), qt(store), q("--out"), qt(m_root / "again.json"),
                                     q("--resamples"), q("20")});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        Json a = readJson(m_root / "whole.json");
        Json b = readJson(m_root / "again.json");
        for (Json *json : {&a, &b})
            for (Json &one : (*json)["runs"])
                one.erase("seconds");
        QCOMPARE(b.dump(), a.dump());
        const Outcome flipped = run({q("evaluate"), q("templates"), qt(m_root / "set"), q("--embeddings"), qt(store), q("--flip")});
        QCOMPARE(flipped.code, 2);
        QVERIFY2(flipped.err.contains("--flip") && flipped.err.contains("without it"), flipped.err.constData());
        // What only a retrieval understands.
        for (const auto &[option, value] : {std::pair(q("--protocol"), q("official")), std::pair(q("--distance"), q("cosine"))}) {
            const Outcome paired = run({q("evaluate"), q("templates"), qt(m_root / "set"), q("--embeddings"), qt(store), option, value});
            QCOMPARE(paired.code, 2);
            QVERIFY2(paired.err.contains(option.toUtf8()) && paired.err.contains("dscope evaluate tracklets"), paired.err.constData());
        }
    }

    void takesQualitiesFromElsewhere()
    {
        std::string lines;
        for (int p = 0; p < 25; ++p)
            for (int t = 0; t < 4; ++t)
                for (int i = 0; i < 20; ++i)
                    lines += qt(m_root / "set").toStdString() + "/p" + std::to_string(p) + "/t" + std::to_string(t) + "/" + std::to_string(i) + ".jpg 0."
                        + std::to_string(10 + i) + "\n";
        writeAtomically(m_root / "erc.txt", lines);
        QStringList all = words("whole", "q.json");
        all << q("--quality") << q("mine=") + qt(m_root / "erc.txt") << q("--method") << q("quality:mine") << q("--method") << q("average");
        const Outcome outcome = run(all);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const Json json = readJson(m_root / "q.json");
        QVERIFY(json["runs"][0]["warnings"].dump().find("2,000 of 2,000") != std::string::npos
                || json["runs"][0]["warnings"].dump().find("2000 of 2000") != std::string::npos);
        QVERIFY(json["runs"][0]["hardest_impostor"] != json["runs"][1]["hardest_impostor"]);
    }

    /// In two stages: the second look weighs what DDNet's threshold keeps. It is found beside the weights; it costs next to nothing.
    void weighsByTheSecondLook()
    {
        QStringList all = words("whole", "two.json");
        all << q("--method") << q("ddl") << q("--method") << q("ddl:second") << q("--method") << q("ddl+:second,best=3");
        const Outcome missing = run(all);
        QVERIFY2(missing.code == 1 && missing.err.contains("There is no second look for the base network made-base"), missing.err.constData());
        SecondLookOrigin origin;
        origin.base = "made-base";
        origin.baseHash = sha256File(m_root / "models" / "made-base.safetensors");
        std::vector<double> weights(2 * 128 + 2, 0.0);
        for (std::size_t i = 0; i < 128; ++i)
            weights[i] = i % 2 == 0 ? 0.05 : -0.05;
        const fs::path file = m_root / "models" / "made-base.second.safetensors";
        SecondLook(weights, 0.5, origin).save(file);
        const Outcome outcome = run(all);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const Json runs = readJson(m_root / "two.json")["runs"];
        QCOMPARE(runs.size(), std::size_t{3});
        QVERIFY(runs[0]["hardest_impostor"] != runs[1]["hardest_impostor"]);
        QVERIFY(runs[1].dump().find("DDL by the second look") != std::string::npos);
        fs::remove(file);
    }

    /// What was read otherwise than it stands there is said on the terminal, too, where the table goes into a file.
    void notesAreOnTheTerminal()
    {
        const fs::path root = m_root / "noted";
        QCOMPARE(run({q("synth"), q("ijbc"), qt(root), q("--scale"), q("0.003"), q("--dim"), q("16")}).code, 0);
        const std::string bytes = readText(root / "embeddings.npy");
        const std::size_t data = bytes.find('\n') + 1;
        std::vector<double> values((bytes.size() - data) / sizeof(float));
        for (std::size_t i = 0; i < values.size(); ++i) {
            float value = 0;
            std::memcpy(&value, bytes.data() + data + i * sizeof(float), sizeof value);
            values[i] = std::ldexp(static_cast<double>(value), 200); // a power of two loses nothing
        }
        std::string header = bytes.substr(0, data);
        header.replace(header.find("<f4"), 3, "<f8");
        writeAtomically(root / "wide.npy", header + std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(double)));
        const auto table = [&](const char *embeddings, const char *out) {
            return run({q("evaluate"), q("ijbc"), qt(root), q("--embeddings"), qt(root / embeddings), q("--method"), q("average"), q("--resamples"), q("0"),
                        q("--no-discard"), q("--out"), out == std::string("-") ? q("-") : qt(root / out)});
        };
        const Outcome wide = table("wide.npy", "wide.csv");
        QVERIFY2(wide.code == 0, wide.err.constData());
        QVERIFY2(wide.err.contains("note: ") && wide.err.contains("float64") && wide.err.contains("every row is multiplied by 2^-"), wide.err.constData());
        // The figures are those of the numbers before; only the price is not known.
        QCOMPARE(table("embeddings.npy", "plain.csv").code, 0);
        std::string scaled = readText(root / "wide.csv");
        for (std::size_t at = scaled.find("wide.npy"); at != std::string::npos; at = scaled.find("wide.npy", at))
            scaled.replace(at, 8, "embeddings.npy");
        QCOMPARE(scaled, readText(root / "plain.csv"));
        const CsvTable csv = readCsv(root / "wide.csv");
        QCOMPARE(std::string(csv.rows.front().cells[csv.requireColumn({"mac_per_face"})]), std::string());
        const Outcome shown = table("wide.npy", "-");
        QVERIFY(shown.out.contains("every row is multiplied") && !shown.err.contains("every row is multiplied"));
    }

    void synthesises()
    {
        const Outcome made = run({q("synth"), q("ijbc"), qt(m_root / "made"), q("--scale"), q("0.01"), q("--dim"), q("32")});
        QVERIFY2(made.code == 0, made.err.constData());
        const Outcome outcome = run({q("evaluate"), q("ijbc"), qt(m_root / "made"), q("--resamples"), q("0"), q("--media-first")});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(outcome.out.startsWith("## IJB-C (synthetic set)"));
        QVERIFY(outcome.out.contains("paper, Table 5"));
        QVERIFY(outcome.out.contains("TPIR at FPIR 1e-2"));
        QVERIFY(outcome.out.contains("media averaged first: yes"));
        QVERIFY(!outcome.out.contains("costs:"));
        // Embeddings alone say nothing of what they cost: the base as stated, DDNet as the shipped one unless that is stated too.
        QStringList priced{q("evaluate"), q("ijbc"), qt(m_root / "made"), q("--resamples"), q("0"),     q("--no-discard"),
                           q("--method"), q("ddl"),  q("--base-mac"),     q("200"),         q("--out"), qt(m_root / "priced.json"),
                           q("--out"),    q("-")};
        const Outcome base = run(priced);
        QVERIFY2(base.code == 0, base.err.constData());
        QVERIFY(base.out.contains("costs: the base at the stated 200 M MAC per face, DDNet at the shipped one's 39.7 M MAC per face"));
        const auto mac = [&] {
            const Json one = readJson(m_root / "priced.json")["runs"][0];
            return one["mac_per_face"].get<double>() - one["kept_share"].get<double>() * 200e6;
        };
        QVERIFY(std::abs(mac() - 39'651'632) < 1);
        const Outcome both = run(priced << q("--ddnet-mac") << q("12.5"));
        QVERIFY2(both.code == 0, both.err.constData());
        QVERIFY(both.out.contains("DDNet at the stated 12.5 M MAC per face"));
        QVERIFY(std::abs(mac() - 12'500'000) < 1);
        QCOMPARE(run(priced << q("--base-mac") << q("-1")).code, 2);
    }

    /// YTF and iQIYI-VID-FACE without pictures: made, evaluated from what they bring along, and by features of one's own in the listed order.
    void synthesisesVideos()
    {
        const fs::path root = m_root / "made-ytf";
        const Outcome made = run({q("synth"), q("ytf"), qt(root), q("--scale"), q("0.02"), q("--dim"), q("32")});
        QVERIFY2(made.code == 0, made.err.constData());
        const Outcome outcome = run({q("evaluate"), q("ytf"), qt(root), q("--resamples"), q("0"), q("--no-discard")});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(outcome.out.startsWith("## YTF (synthetic set)"));
        QVERIFY(outcome.out.contains("Ten-fold accuracy in percent: mean ± standard error"));
        QVERIFY(outcome.out.contains("Base embeddings.npy, DDNet d\\_scores.txt"));
        QVERIFY(outcome.out.contains("paper, Table 1: DDL"));
        const Outcome listed = run({q("evaluate"), q("ytf"), qt(root), q("--list-pictures"), qt(m_root / "order.txt")});
        QVERIFY2(listed.code == 0, listed.err.constData());
        QVERIFY(listed.out.isEmpty());
        QVERIFY(readText(m_root / "order.txt") == readText(root / "filelist.txt"));
        const Outcome printed = run({q("evaluate"), q("ytf"), qt(root), q("--list-pictures"), q("-")});
        QCOMPARE(printed.out.toStdString(), readText(root / "filelist.txt"));
        const Outcome given = run({q("evaluate"), q("ytf"), qt(root), q("--embeddings"), qt(root / "embeddings.npy"), q("--method"), q("average"),
                                   q("--resamples"), q("0"), q("--no-discard")});
        QVERIFY2(given.code == 0, given.err.constData());
        QVERIFY(given.out.contains("every picture counts as 1"));
        // Every third frame takes its own row of the whole list's embeddings; a file of any other length is refused.
        const Outcome fewer = run({q("evaluate"), q("ytf"), qt(root), q("--every"), q("3"), q("--resamples"), q("0"), q("--no-discard")});
        QVERIFY2(fewer.code == 0, fewer.err.constData());
        QVERIFY(fewer.out != outcome.out);
        writeNpy(m_root / "short.npy", {5, 32}, std::vector<float>(160, 1));
        const Outcome refused = run({q("evaluate"), q("ytf"), qt(root), q("--every"), q("3"), q("--embeddings"), qt(m_root / "short.npy")});
        QCOMPARE(refused.code, 1);
        QVERIFY2(refused.err.contains("short.npy") && refused.err.contains("5 rows"), refused.err.constData());
        const Outcome clips = run({q("synth"), q("iqiyi"), qt(m_root / "made-iqiyi"), q("--scale"), q("0.002"), q("--dim"), q("32")});
        QVERIFY2(clips.code == 0, clips.err.constData());
        const Outcome compared = run({q("evaluate"), q("iqiyi"), qt(m_root / "made-iqiyi"), q("--resamples"), q("0"), q("--no-discard"), q("--method"),
                                      q("average"), q("--method"), q("ddl")});
        QVERIFY2(compared.code == 0, compared.err.constData());
        QVERIFY(compared.out.startsWith("## iQIYI-VID-FACE (synthetic set)"));
        // The files say which benchmark it is.
        const Outcome guessed =
            run({q("evaluate"), qt(m_root / "made-iqiyi"), q("--resamples"), q("0"), q("--no-discard"), q("--method"), q("average"), q("--method"), q("ddl")});
        QVERIFY2(guessed.code == 0, guessed.err.constData());
        QCOMPARE(guessed.out, compared.out);
        QCOMPARE(run({q("evaluate"), qt(m_root / "made-iqiyi"), q("--flip")}).code, 2); // its embeddings are there already
        QVERIFY(compared.out.contains("paper, Table 2: DDL"));
    }

    /// Runs of several calls come together in one project, which `dscope info` tells about.
    void addsToAProject()
    {
        const fs::path set = m_root / "projects" / "set";
        const fs::path file = m_root / "projects" / "study.dscope";
        QCOMPARE(run({q("synth"), q("ijbc"), qt(set), q("--scale"), q("0.01"), q("--dim"), q("32")}).code, 0);
        const QStringList words{q("evaluate"), q("ijbc"), qt(set), q("--resamples"), q("0"), q("--no-discard"), q("--project"), qt(file)};
        const Outcome first = run(words + QStringList{q("--method"), q("average"), q("--method"), q("ddl:t=0.3")});
        QVERIFY2(first.code == 0, first.err.constData());
        QVERIFY(first.err.contains("2 runs") && first.out.startsWith("## IJB-C"));
        const Outcome second = run(words + QStringList{q("--method"), q("max"), q("--normalise-first")});
        QVERIFY2(second.code == 0, second.err.constData());
        const Project project = readProject(file);
        QCOMPARE(project.evaluation.runs.size(), std::size_t{3});
        QCOMPARE(project.evaluation.runs[1].method, std::string("ddl:t=0.3"));
        QCOMPARE(project.evaluation.runs[2].title, std::string("max"));
        // The form is that of the first call: beside the project, so that both can be moved.
        QCOMPARE(readJson(file)["evaluation"]["form"]["root"].get<std::string>(), std::string("set"));
        QCOMPARE(project.evaluation.form.benchmark, std::string("ijbc"));
        QCOMPARE(project.evaluation.form.features, set / "embeddings.npy");
        QVERIFY(!project.evaluation.form.normaliseFirst);
        QVERIFY(missingFiles(project).empty());

        const Outcome json = run({q("info"), q("--json"), qt(file)});
        QVERIFY2(json.code == 0, json.err.constData());
        const Json info = Json::parse(json.out.toStdString());
        QCOMPARE(info["kind"].get<std::string>(), std::string("project"));
        QCOMPARE(info["runs"].size(), std::size_t{3});
        QVERIFY(info["runs"][2].get<std::string>().find("max on IJB-C (synthetic set), TAR ") == 0);
        QVERIFY(!info.contains("missing"));
        fs::remove(set / "embeddings.npy");
        const Outcome text = run({q("info"), qt(file)});
        QVERIFY2(text.out.contains("missing:\n  ") && text.out.contains("embeddings.npy"), text.out.constData());

        // What cannot be added to is told before anything is computed.
        const std::string before = readText(file);
        QCOMPARE(run(words.mid(0, 6) + QStringList{q("--project"), qt(m_root / "study.json")}).code, 2);
        writeAtomically(m_root / "newer.dscope", "{\"schema\": \"dscope.project/9\"}");
        const Outcome newer = run(words.mid(0, 6) + QStringList{q("--project"), qt(m_root / "newer.dscope")});
        QCOMPARE(newer.code, 1);
        QVERIFY2(newer.err.contains("newer.dscope") && newer.err.contains("newer Dscope") && newer.out.isEmpty(), newer.err.constData());
        QCOMPARE(run({q("info"), qt(m_root / "newer.dscope")}).code, 1);
        QCOMPARE(readText(file), before);
    }

    void saysWhatIsWrong()
    {
        const auto code = [&](const QStringList &words) { return run(words).code; };
        QCOMPARE(code({q("evaluate"), q("mnist"), qt(m_root)}), 2);
        QCOMPARE(code({q("evaluate"), q("templates")}), 2);
        QCOMPARE(code({q("evaluate"), qt(m_root / "set")}), 2); // a folder of templates, or of anything
        QCOMPARE(code({q("evaluate"), q("templates"), qt(m_root / "set"), q("--out"), q("x.pdf")}), 2);
        QCOMPARE(code({q("evaluate"), q("iqiyi"), qt(m_root / "set")}), 2);
        QCOMPARE(code({q("evaluate"), q("ijbc"), qt(m_root / "set")}), 1);
        QCOMPARE(code({q("evaluate"), q("templates"), qt(m_root / "set"), q("--far"), q("0")}), 2);
        QCOMPARE(code({q("synth"), q("mars"), qt(m_root / "none")}), 2);
        QCOMPARE(code({q("synth"), q("ijbc"), qt(m_root / "set"), q("--scale"), q("0.01")}), 1); // not empty
    }
};

DSCOPE_TEST(TestEvaluate)
#include "tst_evaluate.moc"
