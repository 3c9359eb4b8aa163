// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "tests/app/program.h"
#include "tests/support/support.h"

#include <cmath>
#include <map>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// `dscope compare` and `dscope train nan` as a user calls them, on networks of random weights.
class TestCompareCommand : public CommandTest {
    Q_OBJECT

    const QStringList m_nets{q("--ddnet"), q("made-ddnet"), q("--base"), q("made-base"), q("--device"), q("cpu")};
    const QStringList m_few{q("--sizes"), q("2,3"), q("--draws"), q("2"), q("--resamples"), q("20"), q("--fars"), q("0.1")};

    std::map<std::string, double> tars(const char *csv) const
    {
        std::map<std::string, double> values;
        const CsvTable table = readCsv(m_root / csv);
        for (const CsvTable::Row &row : table.rows)
            values[std::string(row.cells[table.requireColumn({"part"})]) + "; " + std::string(row.cells[table.requireColumn({"method"})])] =
                parseNumber(row.cells[table.requireColumn({"tar"})]).value();
        return values;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_environment = environmentIn(m_root);
        std::string scores = "path,score\n";
        for (int p = 0; p < 6; ++p)
            for (int i = 0; i < 6; ++i) {
                Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
                Picture picture(112, 112);
                for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                    picture.rgb[k] = static_cast<std::uint8_t>((k / 700 * 40 + static_cast<std::size_t>(p) * 30 + random.below(60)) % 256);
                const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 90);
                const std::string name = "p" + std::to_string(p) + "/" + std::to_string(10 * p + i) + ".jpg";
                writeAtomically(m_root / "faces" / name, {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
                scores += name + "," + (i == 5 ? "-1" : std::to_string(i)) + "\n";
            }
        writeAtomically(m_root / "q.csv", scores);
    }

    /// Faces in; tables of three kinds and a pool out; the pool gives the same table again.
    void facesThenPool()
    {
        const Outcome faces = run(QStringList{q("compare"), at("faces"), q("--quality"), q("sharp=") + at("q.csv"), q("--oracle"), q("--keep"), at("a.pool"),
                                              q("--out"), at("a.md"), q("--out"), at("a.csv"), q("--out"), at("a.json")}
                                  + m_nets + m_few);
        QVERIFY2(faces.code == 0, faces.err.constData());
        const std::string text = readText(m_root / "a.md");
        for (const char *word : {"made-base", "made-ddnet", "| average |", "`ddl+`", "`random-k:5`", "sharp-weighted", "oracle", "3, degraded",
                                 "30 of 36 pictures have a score", "6 failed"})
            QVERIFY2(text.find(word) != std::string::npos, word);
        const Json json = readJson(m_root / "a.json");
        QCOMPARE(json.at("schema").get<std::string>(), std::string("dscope.comparison/1"));
        // average, max, top-1, top-k, random-k, norm, four of DDL, two of the score, the oracle; two sizes, clean and degraded.
        QCOMPARE(json.at("rows").size(), std::size_t{13 * 4});
        const Outcome pool =
            run(QStringList{q("compare"), at("a.pool"), q("--quality"), q("sharp=") + at("q.csv"), q("--oracle"), q("--out"), at("b.csv")} + m_few);
        QVERIFY2(pool.code == 0, pool.err.constData());
        QCOMPARE(tars("b.csv"), tars("a.csv"));
        QCOMPARE(run(QStringList{q("compare"), at("a.pool"), q("--base"), q("made-base")} + m_few).code, 2);
        const Outcome info = run({q("info"), at("a.pool")});
        QVERIFY2(info.code == 0, info.err.constData());
        for (const char *word : {"kind: pool\n", "people: 6\n", "elements: 36\n", "  base: made-base\n", "  true D-score\n"})
            QVERIFY2(info.out.contains(word), info.out.constData());
    }

    /// A network of one output stands in for D: exported as ONNX, the DDNet itself gives DDL's own rows.
    void onnxScorer()
    {
        const Outcome made = run({q("export"), q("made-ddnet"), q("--out"), at("scorer.onnx")});
        QVERIFY2(made.code == 0, made.err.constData());
        const Outcome outcome =
            run(QStringList{q("compare"), at("faces"), q("--scorer"), q("again=") + at("scorer.onnx"), q("--method"), q("top-1"), q("--method"),
                            q("top-1:quality=again"), q("--method"), q("ddl:t=0"), q("--method"), q("ddl:quality=again,t=0"), q("--out"), at("c.csv")}
                + m_nets + m_few);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const std::map<std::string, double> values = tars("c.csv");
        for (const char *part : {"2, clean", "3, clean", "2, degraded", "3, degraded"}) {
            const std::string before = std::string(part) + "; ";
            QVERIFY(std::abs(values.at(before + "top-1") - values.at(before + "top-1:quality=again")) < 0.1);
            QVERIFY(std::abs(values.at(before + "ddl:t=0") - values.at(before + "ddl:quality=again,t=0")) < 0.1);
        }
        const Outcome many = run(QStringList{q("compare"), at("faces"), q("--scorer"), q("x=made-base")} + m_nets + m_few);
        QCOMPARE(many.code, 1);
        QVERIFY2(many.err.contains("a quality scorer gives one"), many.err.constData());
    }

    void nan()
    {
        const Outcome trained =
            run({q("train"), q("nan"), q("--faces"), at("a.pool"), q("--epochs"), q("3"), q("--out"), at("nan.safetensors"), q("--history"), at("h.json")});
        QVERIFY2(trained.code == 0, trained.err.constData());
        QCOMPARE(readJson(m_root / "h.json").at("epochs").size(), std::size_t{3});
        const Outcome again =
            run(QStringList{q("train"), q("nan"), q("--faces"), at("faces"), q("--epochs"), q("3"), q("--out"), at("nan2.safetensors")} + m_nets.mid(2));
        QVERIFY2(again.code == 0, again.err.constData());
        const Outcome rows = run(QStringList{q("compare"), at("a.pool"), q("--method"), q("average"), q("--nan"), at("nan.safetensors"), q("--nan"),
                                             at("nan2.safetensors"), q("--out"), at("d.csv")}
                                 + m_few);
        QVERIFY2(rows.code == 0, rows.err.constData());
        const std::map<std::string, double> values = tars("d.csv");
        QCOMPARE(values.size(), std::size_t{3 * 4});
        // The pool holds what the faces give, so both networks are the same.
        const std::string before = "3, degraded; nan:" + m_root.string() + "/";
        QCOMPARE(values.at(before + "nan.safetensors"), values.at(before + "nan2.safetensors"));
        const Outcome wrong = run(QStringList{q("compare"), at("a.pool"), q("--nan"), at("a.pool")} + m_few);
        QCOMPARE(wrong.code, 1);
        QVERIFY2(wrong.err.contains("is no aggregation network"), wrong.err.constData());
    }

    /// On a benchmark the same TARs as `dscope evaluate` gives, and a score by the pictures' names.
    void onABenchmark()
    {
        const Outcome made = run({q("synth"), q("ijbc"), at("ijbc"), q("--scale"), q("0.01"), q("--dim"), q("16")});
        QVERIFY2(made.code == 0, made.err.constData());
        const Outcome compared =
            run({q("compare"), q("ijbc"), at("ijbc"), q("--method"), q("average"), q("--method"), q("ddl"), q("--method"), q("average:media-first"),
                 q("--method"), q("detector"), q("--fars"), q("0.01,0.1"), q("--resamples"), q("20"), q("--out"), at("e.csv"), q("--out"), at("e.md")});
        QVERIFY2(compared.code == 0, compared.err.constData());
        QVERIFY(readText(m_root / "e.md").find("IJB-C (synthetic)") != std::string::npos);
        const Outcome evaluated = run(
            {q("evaluate"), q("ijbc"),     at("ijbc"), q("--method"), q("average"), q("--method"), q("ddl"),         q("--method"), q("average:media-first"),
             q("--method"), q("detector"), q("--far"), q("0.01"),     q("--far"),   q("0.1"),      q("--resamples"), q("0"),        q("--no-discard"),
             q("--out"),    at("f.json")});
        QVERIFY2(evaluated.code == 0, evaluated.err.constData());
        const CsvTable table = readCsv(m_root / "e.csv");
        const Json runs = readJson(m_root / "f.json");
        const Json &list = runs.contains("runs") ? runs.at("runs") : runs;
        std::size_t row = 0;
        for (const Json &run : list)
            for (const Json &point : run.at("strict")) {
                QVERIFY(row < table.rows.size());
                QVERIFY(std::abs(parseNumber(table.rows[row].cells[table.requireColumn({"tar"})]).value() - point.at("tar").get<double>()) < 1e-6);
                ++row;
            }
        QCOMPARE(row, std::size_t{8});
        QCOMPARE(run({q("compare"), q("ijbc"), at("ijbc"), q("--oracle")}).code, 2);
    }

    void mistakes_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("said");
        QTest::newRow("method") << QStringList{q("--method"), q("mean")} << q("random-k:K");
        QTest::newRow("sizes") << QStringList{q("--sizes"), q("3,x")} << q("whole numbers");
        QTest::newRow("fars") << QStringList{q("--fars"), q("2")} << q("0.01,0.001");
        QTest::newRow("out") << QStringList{q("--out"), q("x.txt")} << q("must end in one of md, csv, json");
        QTest::newRow("quality") << QStringList{q("--quality"), q("file.csv")} << q("NAME=FILE");
        QTest::newRow("quality's name") << QStringList{q("--quality"), q("a,b=file.csv")} << q("cannot be the name");
        QTest::newRow("format") << QStringList{q("--quality-format"), q("xml"), q("--quality"), q("a=b")} << q("insightface");
    }
    void mistakes()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, said);
        const Outcome outcome = run(QStringList{q("compare"), at("a.pool")} + words);
        QCOMPARE(outcome.code, 2);
        QVERIFY2(QString::fromUtf8(outcome.err).contains(said), outcome.err.constData());
        QVERIFY(outcome.out.isEmpty());
    }

    /// What tune-rule finds becomes the usual rule of the DDNet, and the paper's is one option away.
    void ruleIsFoundAndUsed()
    {
        const QStringList faces{q("tune-rule"), at("faces"), q("--sizes"), q("2,3"), q("--draws"), q("2"), q("--resamples"), q("20"), q("--fars"), q("0.1")};
        const Outcome tried = run(
            faces + m_nets + QStringList{q("--method"), q("ddl"), q("--method"), q("ddl+:middle=0.5"), q("--worst-loss"), q("100"), q("--out"), at("rule.md")});
        QVERIFY2(tried.code == 0, tried.err.constData());
        QVERIFY(tried.err.contains("rule for made-ddnet: "));
        const std::string table = readText(m_root / "rule.md");
        for (const char *word : {"made-base", "`average`", "`ddl`", "`ddl+:middle=0.5`", "yes: chosen", "below -100 points"})
            QVERIFY2(table.find(word) != std::string::npos, word);

        const Outcome saved = run(faces + m_nets + QStringList{q("--method"), q("average"), q("--save"), q("--out"), at("rule2.md")});
        QVERIFY2(saved.code == 0, saved.err.constData());
        const fs::path folder = m_root / "models";
        std::vector<fs::path> descriptions;
        for (const fs::directory_entry &entry : fs::directory_iterator(folder))
            if (entry.path().extension() == ".json" && entry.path().filename() != "manifest.json")
                descriptions.push_back(entry.path());
        QCOMPARE(descriptions.size(), std::size_t{1});
        QCOMPARE(Json::parse(readText(descriptions.front())).at("rule").get<std::string>(), std::string("average"));

        const auto features = [&](const QStringList &more) {
            const Outcome outcome = run(QStringList{q("aggregate"), at("faces"), q("--aligned"), q("--out"), q("-")} + m_nets + more);
            return std::pair(outcome.out, outcome.err);
        };
        const auto [usual, told] = features({});
        QVERIFY2(told.contains("rule: average, found best for made-ddnet"), told.constData());
        QCOMPARE(usual, features({q("--method"), q("average")}).first);
        const auto [paper, untold] = features({q("--method"), q("ddl")});
        QVERIFY(!untold.contains("rule:"));
        QVERIFY(usual != paper);
        fs::remove(descriptions.front());
        QCOMPARE(features({}).first, paper);

        // Several sets: the rule has to hold on each.
        QVERIFY(run(QStringList{q("compare"), at("faces"), q("--families"), q("noise"), q("--method"), q("average"), q("--keep"), at("noise.pool"), q("--out"),
                                at("n.md")}
                    + m_nets + m_few)
                    .code
                == 0);
        const Outcome both =
            run(QStringList{q("tune-rule"), at("noise.pool"), at("a.pool")} + faces.mid(2) + QStringList{q("--method"), q("ddl"), q("--out"), at("both.md")});
        QVERIFY2(both.code == 0, both.err.constData());
        for (const char *part : {"noise: 2, degraded", "a: 2, degraded", "noise: 3, clean"})
            QVERIFY2(both.err.contains(part), both.err.constData());

        QCOMPARE(run({q("tune-rule")}).code, 2);
        QCOMPARE(run(faces + QStringList{q("--method"), q("best")}).code, 2);
    }
};

DSCOPE_TEST(TestCompareCommand)
#include "tst_compare.moc"
