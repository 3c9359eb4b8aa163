// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/npy.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/scores/drawndamage.h"
#include "core/scores/secondlook.h"
#include "tests/app/program.h"
#include "tests/support/says.h"
#include "tests/support/support.h"

#include <algorithm>
#include <cmath>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// `dscope train second` and everything that its result is used by, on networks of random weights.
class TestSecondCommand : public CommandTest {
    Q_OBJECT

    const QStringList m_cpu{q("--device"), q("cpu")};

private Q_SLOTS:
    void initTestCase()
    {
        m_environment = environmentIn(m_root);
        for (int p = 0; p < 6; ++p)
            for (int i = 0; i < 6; ++i) {
                Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(i));
                Picture picture(112, 112);
                for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                    picture.rgb[k] = static_cast<std::uint8_t>((k / 700 * 40 + static_cast<std::size_t>(p) * 30 + random.below(60)) % 256);
                const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 90);
                const std::string name = "p" + std::to_string(p) + "/" + std::to_string(i) + ".jpg";
                writeAtomically(m_root / "faces" / name, {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
            }
        const Outcome labelled = run(
            QStringList{q("label"), at("faces"), q("--base"), q("made-base"), q("--out"), at("t.safetensors"), q("--features"), at("f.safetensors")} + m_cpu);
        QVERIFY2(labelled.code == 0, labelled.err.constData());
    }

    /// From the embeddings that label kept, and from the faces: the same bits but for the embeddings' last digits.
    void trains()
    {
        const Outcome kept = run({q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--features"), at("f.safetensors"), q("--out"),
                                  at("a.second.safetensors"), q("--history"), at("h.json")});
        QVERIFY2(kept.code == 0, kept.err.constData());
        for (const char *word : {"108 pictures of 6 people, embedded by made-base", "Spearman correlation", "people held out (5 parts"})
            QVERIFY2(kept.err.contains(word), kept.err.constData());
        QCOMPARE(readJson(m_root / "h.json").at("candidates").size(), std::size_t{14});
        const Outcome anew = run(QStringList{q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--out"), at("b.second.safetensors")} + m_cpu);
        QVERIFY2(anew.code == 0, anew.err.constData());
        QVERIFY(!fs::exists(m_root / "b.second.safetensors.work"));
        const auto a = SecondLook::load(m_root / "a.second.safetensors");
        const auto b = SecondLook::load(m_root / "b.second.safetensors");
        QCOMPARE(a->origin().ridge, b->origin().ridge);
        QCOMPARE(a->origin().set, std::string("faces"));
        for (std::size_t i = 0; i < a->weights().size(); ++i)
            QVERIFY(std::abs(a->weights()[i] - b->weights()[i]) < 1e-4 * std::max(1.0, std::abs(a->weights()[i])));
        const Outcome fixed = run({q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--features"), at("f.safetensors"), q("--out"),
                                   at("c.second.safetensors"), q("--ridge"), q("3000"), q("--target"), q("logit")});
        QVERIFY2(fixed.code == 0, fixed.err.constData());
        QCOMPARE(SecondLook::load(m_root / "c.second.safetensors")->origin().ridge, 3000.0);
        QCOMPARE(SecondLook::load(m_root / "c.second.safetensors")->origin().target, SecondTarget::Logit);
    }

    /// `info` knows both files.
    void info()
    {
        const Outcome look = run({q("info"), at("a.second.safetensors")});
        QVERIFY2(look.code == 0 && look.out.contains("kind: second look") && look.out.contains("base: made-base") && look.out.contains("pictures: 108"),
                 look.out.constData());
        const Outcome targets = run({q("info"), at("t.safetensors")});
        QVERIFY2(targets.code == 0 && targets.out.contains("kind: targets") && targets.out.contains("copies: 3") && targets.out.contains("people: 6"),
                 targets.out.constData());
    }

    /// Pictures with damage of some families are not shown to it; mirrored and clean ones are.
    void leavesDamageOut()
    {
        const Outcome labelled = run(QStringList{q("label"), at("faces"), q("--base"), q("made-base"), q("--families"), q("all"), q("--out"),
                                                 at("all.safetensors"), q("--features"), at("all-f.safetensors")}
                                     + m_cpu);
        QVERIFY2(labelled.code == 0, labelled.err.constData());
        const auto taught = [&](const QStringList &more) {
            const Outcome made = run(QStringList{q("train"), q("second"), q("--targets"), at("all.safetensors"), q("--features"), at("all-f.safetensors"),
                                                 q("--out"), at("l.second.safetensors")}
                                     + more);
            return made.code == 0 ? SecondLook::load(m_root / "l.second.safetensors")->origin() : SecondLookOrigin{};
        };
        const SecondLookOrigin all = taught({});
        const SecondLookOrigin few = taught({q("--without-damage"), q("compression,focus,noise")});
        const SecondLookOrigin clean = taught({q("--without-damage"), q("all")});
        QCOMPARE(all.pictures, std::int64_t{108});
        QVERIFY2(few.pictures < all.pictures && few.pictures > clean.pictures, std::to_string(few.pictures).c_str());
        QVERIFY(clean.pictures >= 36 && clean.pictures < 90); // the faces, and the copies that were only mirrored
        QVERIFY(few.without.starts_with("gaussian-blur,defocus") && all.without.empty());
        QCOMPARE(few.leftOut, 108 - few.pictures);
        // What label wrote down is what is found where copies are made again, as of an older file.
        Targets targets = readTargets(m_root / "all.safetensors");
        QCOMPARE(targets.damage.size(), std::size_t{108});
        Progress progress;
        const std::vector<std::uint8_t> written = targetsWithout(targets, DamageSet::named("noise,geometry"), {}, progress);
        targets.damage.clear();
        QVERIFY(targetsWithout(targets, DamageSet::named("noise,geometry"), {}, progress) == written);
        QVERIFY(std::count(written.begin(), written.end(), 1) < 108);
        // A DDNet can be taught the same way.
        const Outcome net = run(QStringList{q("train"), q("ddnet"), q("--targets"), at("all.safetensors"), q("--without-damage"), q("noise,geometry"),
                                            q("--steps"), q("1"), q("--batch"), q("8"), q("--history"), at("net.json"), q("--out"), at("net.safetensors")}
                                + m_cpu);
        QVERIFY2(net.code == 0, net.err.constData());
        const Json history = readJson(m_root / "net.json");
        QCOMPARE(history.at("trained_on").get<std::int64_t>() + history.at("held_out").get<std::int64_t>(), std::count(written.begin(), written.end(), 1));
        QVERIFY(readText(m_root / "net.safetensors").find("without damage by gaussian-noise") != std::string::npos);
        const Outcome nothing = run({q("label"), at("faces"), q("--base"), q("made-base"), q("--families"), q("all,-noise"), q("--copies"), q("2"), q("--out"),
                                     at("quiet.safetensors"), q("--features"), at("quiet-f.safetensors")});
        QVERIFY2(nothing.code == 0, nothing.err.constData());
        const Outcome none = run({q("train"), q("second"), q("--targets"), at("quiet.safetensors"), q("--features"), at("quiet-f.safetensors"), q("--out"),
                                  at("o.second.safetensors"), q("--without-damage"), q("noise")});
        QVERIFY2(none.code == 2 && none.err.contains("there is nothing to leave out"), none.err.constData());
        QCOMPARE(run({q("train"), q("nan"), q("--faces"), at("faces"), q("--out"), at("n"), q("--without-damage"), q("noise")}).code, 2);
        const Outcome old = run({q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--features"), at("f.safetensors"), q("--out"),
                                 at("o.second.safetensors"), q("--without-damage"), q("jpeg")});
        QVERIFY2(old.code == 2 && old.err.contains("make the targets with --families"), old.err.constData());
    }

    /// The embeddings are read here, where `label` writes them: they are no output, and not written over.
    void embeddingsAreAnInput()
    {
        const Outcome over =
            run({q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--features"), at("f.safetensors"), q("--out"), at("f.safetensors")});
        QCOMPARE(over.code, 1);
        QVERIFY2(over.err.contains("f.safetensors"), over.err.constData());
        QVERIFY(fs::file_size(m_root / "f.safetensors") > 108 * 4);
        QVERIFY(
            run({q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--features"), at("f.safetensors"), q("--out"), at("d.second.safetensors")})
                .code
            == 0);
    }

    void compares()
    {
        const QStringList few{q("--base"),  q("made-base"), q("--ddnet"),     q("made-ddnet"), q("--sizes"), q("3"),
                              q("--draws"), q("2"),         q("--resamples"), q("0"),          q("--fars"),  q("0.1")};
        const Outcome missing = run(QStringList{q("compare"), at("faces"), q("--method"), q("ddl:second")} + few + m_cpu);
        QCOMPARE(missing.code, 1);
        QVERIFY2(missing.err.contains("There is no second look for the base network made-base"), missing.err.constData());
        QVERIFY2(!missing.err.contains("Embedding and scoring"), missing.err.constData()); // found out before the work
        const Outcome rows = run(QStringList{q("compare"), at("faces"), q("--method"), q("ddl:second"), q("--method"), q("ddl+:second,t2=0.3"), q("--second"),
                                             at("a.second.safetensors"), q("--keep"), at("a.pool"), q("--out"), at("a.csv")}
                                 + few + m_cpu);
        QVERIFY2(rows.code == 0, rows.err.constData());
        QCOMPARE(readCsv(m_root / "a.csv").rows.size(), std::size_t{4});
        // Budgets, on the pool: it knows whose embeddings it holds.
        const Outcome budgets = run({q("compare"), at("a.pool"), q("--budgets"), q("50,100"), q("--second"), at("a.second.safetensors"), q("--sizes"), q("3"),
                                     q("--draws"), q("2"), q("--resamples"), q("0"), q("--fars"), q("0.1"), q("--out"), at("b.csv"), q("--out"), at("b.md")});
        QVERIFY2(budgets.code == 0, budgets.err.constData());
        QCOMPARE(readCsv(m_root / "b.csv").rows.size(), std::size_t{2 * 2 * 8});
        VERIFY_SAYS(readText(m_root / "b.md"), "DDL by the second look");
        VERIFY_SAYS(readText(m_root / "b.md"), "together");
        QCOMPARE(run({q("compare"), at("a.pool"), q("--budgets"), q("50"), q("--method"), q("ddl")}).code, 2);
        QCOMPARE(run({q("compare"), at("a.pool"), q("--budgets"), q("0")}).code, 2);
        const Outcome noScore = run({q("compare"), at("a.pool"), q("--budgets"), q("50"), q("--choose-by"), q("none")});
        QVERIFY2(noScore.code == 1 && noScore.err.contains("'none' to choose by"), noScore.err.constData());
        QCOMPARE(run({q("compare"), at("a.pool"), q("--choose-by"), q("none")}).code, 2);
        QCOMPARE(run({q("compare"), at("faces"), q("--budgets"), q("50"), q("--choose-by"), q("none")}).code, 2); // before any work
        // Another base's second look is refused by name.
        const auto own = SecondLook::load(m_root / "a.second.safetensors");
        SecondLookOrigin other = own->origin();
        other.base = "other-base";
        other.baseHash = std::string(64, 'a');
        SecondLook({own->weights().begin(), own->weights().end()}, own->bias(), other).save(m_root / "x.second.safetensors");
        const Outcome wrong = run(QStringList{q("compare"), at("a.pool"), q("--method"), q("ddl:second"), q("--second"), at("x.second.safetensors")});
        QCOMPARE(wrong.code, 1);
        QVERIFY2(wrong.err.contains("is the second look of other-base") && wrong.err.contains("not of made-base"), wrong.err.constData());
    }

    /// Both columns of `score`; a vector by `aggregate`; found beside the models where nobody names it.
    void scoresAndAggregates()
    {
        fs::copy_file(m_root / "a.second.safetensors", m_root / "models" / "made-base.second.safetensors");
        const QStringList faces{at("faces"), q("--aligned"), q("--base"), q("made-base"), q("--ddnet"), q("made-ddnet")};
        const Outcome plain = run(QStringList{q("score")} + faces + m_cpu + QStringList{q("--out"), at("plain.csv")});
        QVERIFY2(plain.code == 0, plain.err.constData());
        const std::vector<std::string> header = readCsv(m_root / "plain.csv").header;
        QVERIFY(std::find(header.begin(), header.end(), "d_second") == header.end());
        const Outcome scored = run(QStringList{q("score")} + faces + m_cpu + QStringList{q("--second"), q("auto"), q("--out"), at("s.csv")});
        QVERIFY2(scored.code == 0, scored.err.constData());
        const CsvTable table = readCsv(m_root / "s.csv");
        const std::size_t column = table.requireColumn({"d_second"});
        QCOMPARE(table.rows.size(), std::size_t{36});
        for (const CsvTable::Row &row : table.rows) {
            const double value = parseNumber(row.cells[column]).value_or(-1);
            QVERIFY(value >= 0.0009 && value <= 0.9991);
        }
        const QStringList out{q("--threshold"), q("0.4"), q("--out")};
        const Outcome two = run(QStringList{q("aggregate")} + faces + m_cpu + QStringList{q("--method"), q("ddl:second")} + out + QStringList{at("two.npy")});
        QVERIFY2(two.code == 0, two.err.constData());
        const Outcome one = run(QStringList{q("aggregate")} + faces + m_cpu + QStringList{q("--method"), q("ddl")} + out + QStringList{at("one.npy")});
        QVERIFY2(one.code == 0, one.err.constData());
        const NpyArray a = readNpy(m_root / "two.npy");
        QVERIFY(a.shape == readNpy(m_root / "one.npy").shape);
        // Where nobody names a method it is the second look's rule, as tune-rule finds and keeps it; DDNet's where no second look is wanted.
        const Outcome usual = run(QStringList{q("aggregate")} + faces + m_cpu + out + QStringList{at("usual.npy")});
        QVERIFY2(usual.code == 0 && usual.err.contains("ddl+:second, usual with a second look"), usual.err.constData());
        const Outcome none = run(QStringList{q("aggregate")} + faces + m_cpu + QStringList{q("--second"), q("none")} + out + QStringList{at("none.npy")});
        QVERIFY2(none.code == 0, none.err.constData());
        QVERIFY(readNpy(m_root / "none.npy").values == readNpy(m_root / "one.npy").values);
        const Outcome tuned =
            run(QStringList{q("tune-rule"), at("a.pool"), q("--second"), q("auto"), q("--method"), q("ddl-no-rescale:second"), q("--worst-loss"), q("100"),
                            q("--sizes"), q("3"), q("--draws"), q("2"), q("--resamples"), q("20"), q("--fars"), q("0.1"), q("--save")});
        QVERIFY2(tuned.code == 0, tuned.err.constData());
        const std::string rule = SecondLook::load(m_root / "models" / "made-base.second.safetensors")->origin().rule;
        QVERIFY2(rule == "ddl-no-rescale:second" || rule == "average", rule.c_str());
        const Outcome byRule = run(QStringList{q("aggregate")} + faces + m_cpu + out + QStringList{at("rule.npy")});
        QVERIFY2(byRule.code == 0 && byRule.err.contains("found best for the second look"), byRule.err.constData());
        // One that only lies there and does not fit is told of, and not used.
        const fs::path lies = m_root / "models" / "made-base.second.safetensors";
        const auto own = SecondLook::load(lies);
        SecondLook(std::vector<double>(2 * 64 + 2, 0.01), 0.5, own->origin()).save(lies);
        const Outcome odd = run(QStringList{q("report")} + faces + m_cpu + QStringList{q("--out"), at("odd.html")});
        QVERIFY2(odd.code == 0 && odd.err.contains("reads embeddings of 64 values; those of made-base have 128. It is not used."), odd.err.constData());
        SecondLook({own->weights().begin(), own->weights().end()}, own->bias(), own->origin()).save(lies);
        QCOMPARE(
            run(QStringList{q("report")} + faces + m_cpu + QStringList{q("--weights"), q("ddl+:second"), q("--second"), q("none"), q("--out"), at("w.html")})
                .code,
            2);
        const Outcome report = run(QStringList{q("report")} + faces + m_cpu + QStringList{q("--weights"), q("ddl+:second"), q("--out"), at("r.html")});
        QVERIFY2(report.code == 0, report.err.constData());
        VERIFY_SAYS(readText(m_root / "r.html"), "DDL+ by the second look");
        QCOMPARE(run({q("tune-rule"), at("a.pool"), q("--second"), q("auto"), q("--method"), q("ddl")}).code, 2);
        for (const QStringList &wrong :
             {QStringList{q("--method"), q("average:second")}, QStringList{q("--second"), q("auto"), q("--rescale-over-whole")},
              QStringList{q("--method"), q("ddl"), q("--second"), at("a.second.safetensors")},
              QStringList{q("--method"), q("ddl:second"), q("--second"), q("none")}, QStringList{q("--method"), q("ddl:second"), q("--rescale-over-whole")}})
            QCOMPARE(run(QStringList{q("aggregate")} + faces + m_cpu + wrong + out + QStringList{at("w.npy")}).code, 2);
    }

    void mistakes_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("said");
        QTest::newRow("ridge") << QStringList{q("--ridge"), q("-1")} << 2 << q("auto or a number");
        QTest::newRow("target") << QStringList{q("--target"), q("x")} << 2 << q("use d or logit");
        QTest::newRow("epochs") << QStringList{q("--epochs"), q("3")} << 2 << q("not to 'dscope train second'");
        QTest::newRow("features") << QStringList{q("--features"), at("t.safetensors")} << 1 << q("t.safetensors");
        QTest::newRow("another base") << QStringList{q("--base"), q("compact")} << 1 << q("D-scores of made-base");
    }
    void mistakes()
    {
        QFETCH(QStringList, words);
        QFETCH(int, code);
        QFETCH(QString, said);
        const Outcome outcome = run(QStringList{q("train"), q("second"), q("--targets"), at("t.safetensors"), q("--out"), at("m.safetensors")} + words + m_cpu);
        QCOMPARE(outcome.code, code);
        QVERIFY2(QString::fromUtf8(outcome.err).contains(said), outcome.err.constData());
        QVERIFY(!fs::exists(m_root / "m.safetensors"));
    }
};

DSCOPE_TEST(TestSecondCommand)
#include "tst_second.moc"
