// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/says.h"
#include "tests/support/support.h"
#include "ui/jobs/evaluationwork.h"
#include "ui/models/evaluationstate.h"
#include "ui/models/farmodel.h"
#include "ui/models/framemodel.h"
#include "ui/models/pairmodel.h"
#include "ui/models/runmodel.h"
#include "ui/models/tarmodel.h"
#include "ui/theme.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <cmath>
#include <numeric>

using namespace dscope;
using namespace dscope::test;

namespace {
EvaluationRun handRun(const std::string &method, double tar, const std::string &benchmark = "IJB-C")
{
    EvaluationRun run;
    run.benchmark = benchmark;
    run.method = method;
    run.templates = 60;
    run.faces = 100;
    for (const double far : {1e-4, 1e-3}) {
        FarPoint point;
        point.target = far;
        point.tar = tar + (far > 5e-4 ? 0.05 : 0);
        point.realisedFar = far * 0.9;
        point.threshold = far > 5e-4 ? 0.4 : 0.5;
        point.impostors = 10000;
        point.impostorsAccepted = static_cast<std::int64_t>(far * 9000);
        point.genuines = 200;
        run.strict.push_back(point);
        point.rule = FarRule::InsightFace;
        point.tar += 0.01;
        run.insightface.push_back(point);
        run.intervals.push_back({tar - 0.02, tar + 0.02, 0.95, 200, 0});
    }
    run.hardestGenuine = {{0, 1, 0.1F}, {2, 3, 0.45F}};
    run.hardestImpostor = {{0, 2, 0.6F}, {1, 3, 0.45F}};
    return run;
}
} // namespace

class TestEvaluationModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void runsByHistory()
    {
        EvaluationState state;
        RunModel model(&state);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        state.addRuns({handRun("average", 0.8), handRun("DDL", 0.9)}, {});
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(state.current(), model.idAt(1));
        QVERIFY(state.runs()[0].colour != state.runs()[1].colour);
        // A name, a tick and a colour are each one step.
        QVERIFY(model.setData(model.index(0), QStringLiteral("  mine  "), Qt::EditRole));
        QVERIFY(!model.setData(model.index(0), QStringLiteral("   "), Qt::EditRole));
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("mine"));
        QVERIFY(model.setData(model.index(1), Qt::Unchecked, Qt::CheckStateRole));
        QVERIFY(!state.runs()[1].shown);
        state.recolour(model.idAt(0), 5);
        QCOMPARE(model.index(0).data(RunModel::SwatchRole).value<QColor>(), runColour(5, QPalette()));
        const int second = model.idAt(1);
        state.removeRuns({second});
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(state.current(), model.idAt(0)); // the one that was looked at is gone
        state.undoStack()->undo();
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.idAt(1), second);
        state.undoStack()->undo();
        state.undoStack()->undo();
        state.undoStack()->undo();
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("average"));
        QVERIFY(state.runs()[1].shown);
        state.undoStack()->undo();
        QCOMPARE(model.rowCount(), 0);
        QCOMPARE(state.current(), EvaluationState::liveId);
    }

    void tableBesideThePaper()
    {
        EvaluationState state;
        TarModel model(&state);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        state.addRuns({handRun("average", 0.8), handRun("DDL", 0.9)}, {});
        const auto paper = static_cast<int>(paperRows("IJB-C").size());
        QVERIFY(paper > 5);
        QCOMPARE(model.rowCount(), 2 + paper);
        const int column = model.columnOf(1e-4);
        QVERIFY(column > 0);
        QCOMPARE(model.index(1, column).data().toString(), QLocale().toString(90.0, 'f', 2));
        QVERIFY(model.index(1, column).data(TarModel::DetailRole).toString().contains(QLocale().toString(88.0, 'f', 2)));
        // Both rules, the realised FAR and the count of impostors stand in the cell's own explanation.
        const QString tip = model.index(1, column).data(Qt::ToolTipRole).toString();
        QVERIFY2(tip.contains(QLocale().toString(91.0, 'f', 2)) && tip.contains(QLocale().toString(10000)), qPrintable(tip));
        QVERIFY(model.index(1, column).data(Qt::FontRole).value<QFont>().bold());
        QVERIFY(!model.index(0, column).data(Qt::FontRole).value<QFont>().bold());
        // The paper's DDL of Table 4 at 1e-4.
        QStringList figures;
        for (int row = 2; row < model.rowCount(); ++row) {
            QVERIFY(model.index(row, 0).data(TarModel::PaperRole).toBool());
            QCOMPARE(model.idAt(row), -1);
            figures << model.index(row, column).data().toString();
        }
        QVERIFY(figures.contains(QLocale().toString(96.41, 'f', 2)));
        // Two benchmarks in one table are told apart.
        state.addRuns({handRun("average", 0.7, "YTF")}, {});
        QVERIFY(model.index(2, 0).data().toString().contains(QStringLiteral("YTF")));
        state.setFar(1e-3);
        QVERIFY(model.headerData(model.columnOf(1e-3), Qt::Horizontal, Qt::FontRole).value<QFont>().bold());
    }

    /// The live threshold is the first row while there is one, and moves without the table beginning anew.
    void liveRowAboveTheRuns()
    {
        EvaluationState state;
        TarModel model(&state);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        LiveRow live;
        live.title = QStringLiteral("live: DDL, t = 0.3");
        live.about = QStringLiteral("estimate");
        live.fars = {1e-4, 1e-3};
        live.tar = {0.5, 0.91};
        live.low = {0.4, 0.9};
        live.high = {0.6, 0.92};
        live.resolved = {false, true};
        live.keptShare = 0.25;
        model.setLive(live);
        QCOMPARE(model.rowCount(), 0); // without runs there is no table to be above
        state.addRuns({handRun("average", 0.8)}, {});
        const int rows = model.rowCount();
        QCOMPARE(model.idAt(0), EvaluationState::liveId);
        QCOMPARE(model.rowOf(EvaluationState::liveId), 0);
        QCOMPARE(model.idAt(1), state.runs().front().id);
        QVERIFY(!model.index(0, 0).data(TarModel::PaperRole).toBool());
        const auto cell = [&](double far, int role = Qt::DisplayRole) { return model.index(0, model.columnOf(far)).data(role).toString(); };
        QCOMPARE(cell(1e-3), QStringLiteral("≈ ") + QLocale().toString(91.0, 'f', 2));
        QVERIFY(cell(1e-3, TarModel::DetailRole).contains(QLocale().toString(92.0, 'f', 2)));
        QVERIFY2(!cell(1e-4).contains(QLocale().toString(50.0, 'f', 2)), "what the sample cannot tell is not shown as a figure");
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        live.exact = true;
        live.resolved = {true, true};
        live.deviation = true;
        model.setLive(live);
        QCOMPARE(reset.size(), 0);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(cell(1e-3), QLocale().toString(91.0, 'f', 2));
        QCOMPARE(cell(1e-4, TarModel::DetailRole), QStringLiteral("± ") + QLocale().toString(10.0, 'f', 2));
        // It is compared with nobody: what is best is best among runs.
        QVERIFY(!model.index(0, model.columnOf(1e-3)).data(Qt::FontRole).value<QFont>().bold());
        model.setLive(std::nullopt);
        QCOMPARE(model.rowCount(), rows - 1);
        QCOMPARE(model.rowOf(EvaluationState::liveId), -1);
        model.setLive(live);
        QCOMPARE(model.rowCount(), rows);
    }

    /// A figure that one impostor pair more or less would move is faint, and says why.
    void tooFewImpostors()
    {
        EvaluationState state;
        TarModel model(&state);
        state.addRuns({handRun("average", 0.8)}, {});
        const QModelIndex few = model.index(0, model.columnOf(1e-4));    // one of 10,000
        const QModelIndex enough = model.index(0, model.columnOf(1e-3)); // ten
        QVERIFY(few.data(Qt::ForegroundRole).isValid());
        QVERIFY(!enough.data(Qt::ForegroundRole).isValid());
        QVERIFY(few.data(Qt::ToolTipRole).toString().contains(QStringLiteral("At most 1 impostor")));
        QVERIFY(!enough.data(Qt::ToolTipRole).toString().contains(QStringLiteral("At most")));
    }

    void bothRules()
    {
        FarModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const EvaluationRun run = handRun("DDL", 0.9);
        model.setPoints(run.strict, run.insightface, run.intervals);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.farAt(1), 1e-3);
        QCOMPARE(model.index(0, FarModel::TargetColumn).data().toString(), QStringLiteral("1e-4"));
        QCOMPARE(model.index(0, FarModel::OtherTarColumn).data().toString(), QLocale().toString(91.0, 'f', 2));
        QVERIFY(model.index(1, FarModel::AcceptedColumn).data().toString().startsWith(QLocale().toString(9)));
        model.setPoints(run.strict, {}, {});
        QVERIFY(model.index(0, FarModel::OtherTarColumn).data().toString().isEmpty());
    }

    void hardestPairs()
    {
        PairModel genuine(PairModel::Kind::Genuine);
        PairModel impostor(PairModel::Kind::Impostor);
        QAbstractItemModelTester tester(&genuine, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QAbstractItemModelTester other(&impostor, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const EvaluationSetPtr set = madeEvaluation();
        const EvaluationRun run = handRun("DDL", 0.9);
        // 0.45 is a score of both lists: at a threshold of exactly that it is accepted.
        genuine.setPairs(run.hardestGenuine, set, static_cast<double>(0.45F));
        impostor.setPairs(run.hardestImpostor, set, static_cast<double>(0.45F));
        QCOMPARE(genuine.wrongCount(), 1);
        QCOMPARE(impostor.wrongCount(), 2);
        QVERIFY(genuine.index(0, PairModel::FirstColumn).data().toString().contains(QStringLiteral("1000")));
        QVERIFY(genuine.index(0, PairModel::FirstColumn).data().toString().contains(toText(set->features->subjectNames[subjectOf(*set, 0)])));
        const std::string csv = pairsCsv(genuine, impostor, set.get());
        QVERIFY2(csv.find("genuine,1,1000,1001,") != std::string::npos, csv.c_str());
        QVERIFY(csv.find("impostor,2,1001,1003,") != std::string::npos);
        QCOMPARE(std::count(csv.begin(), csv.end(), '\n'), 5);
        // Without the set the templates have their places, no names.
        genuine.setPairs(run.hardestGenuine, nullptr, 0.2);
        QVERIFY(genuine.index(1, PairModel::SecondColumn).data().toString().contains(QLatin1Char('4')));
        QCOMPARE(genuine.wrongCount(), 1);
    }

    void framesOfATemplate()
    {
        const EvaluationSetPtr set = madeEvaluation();
        const TemplateFeatures &features = *set->features;
        FrameModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        for (const char *name : {"average", "ddl", "ddl:t=0.7", "top-1", "max", "ddl:media-first"}) {
            const Method method = methodNamed(name);
            for (std::uint32_t t = 0; t < 12; ++t) {
                if (method.options.order == MediaOrder::MediaFirst) {
                    QVERIFY(refusal([&] { sharesOf(features, t, method); }).find("media") != std::string::npos || features.size(t) == 0);
                    continue;
                }
                const TemplateShares shares = sharesOf(features, t, method);
                model.setTemplate(set, t, shares);
                QCOMPARE(model.rowCount(), static_cast<int>(features.size(t)));
                double sum = 0;
                double before = 2;
                for (int row = 0; row < model.rowCount(); ++row) {
                    const int face = model.faceAt(row);
                    QVERIFY(face >= features.begin[t] && face < features.begin[t + 1]);
                    const double score = model.index(row, 0).data(FrameModel::ScoreRole).toDouble();
                    QCOMPARE(score, static_cast<double>(features.dScores[static_cast<std::size_t>(face)]));
                    QVERIFY(score <= before);
                    before = score;
                    sum += model.index(row, 0).data(FrameModel::WeightRole).toDouble();
                }
                if (model.rowCount() > 0)
                    QCOMPARE(sum, std::string(name) == "max" ? 0.0 : 1.0);
            }
        }
    }

    void savedAndOpened()
    {
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath(QStringLiteral("runs.json")).toStdString();
        EvaluationState state;
        state.addRuns({handRun("average", 0.8), handRun("DDL", 0.9)}, {methodNamed("average"), methodNamed("ddl:t=0.3")});
        state.rename(state.runs()[1].id, QStringLiteral("my <DDL> & more"));
        state.recolour(state.runs()[1].id, 6);
        state.setShown(state.runs()[0].id, false);
        QVERIFY(state.isDirty());
        state.save(file);
        state.setSaved();
        QVERIFY(!state.isDirty());
        const std::vector<ShownRun> runs = EvaluationState::read(file);
        QCOMPARE(runs.size(), std::size_t{2});
        QCOMPARE(runs[1].title, QStringLiteral("my <DDL> & more"));
        QCOMPARE(runs[1].colour, 6);
        QVERIFY(!runs[0].shown && runs[1].shown);
        QVERIFY(runs[1].method && runs[1].method->options.keep.threshold == 0.3);
        QCOMPARE(toJson(*runs[1].run).dump(), toJson(*state.runs()[1].run).dump());
        EvaluationState other;
        other.reset(runs);
        QVERIFY(!other.isDirty());
        QVERIFY(!other.undoStack()->canUndo());
        // One run alone, as dscope evaluate may write it.
        writeJson(file, toJson(handRun("DDL", 0.9)));
        QCOMPARE(EvaluationState::read(file).size(), std::size_t{1});
    }

    void damagedFiles()
    {
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath(QStringLiteral("bad.json")).toStdString();
        EvaluationState state;
        state.addRuns({handRun("DDL", 0.9)}, {});
        state.save(file);
        const Json good = readJson(file);
        const auto fails = [&](const Json &json) {
            writeJson(file, json);
            const std::string text = refusal([&] { EvaluationState::read(file); });
            return text.find("bad.json") != std::string::npos;
        };
        QVERIFY(fails(Json::array()));
        QVERIFY(fails({{"schema", "something/1"}}));
        QVERIFY(fails({{"schema", "dscope.evaluations/1"}, {"runs", Json::array()}}));
        Json cut = good;
        cut["runs"][0].erase("strict");
        QVERIFY(fails(cut));
        writeAtomically(file, "{\"schema\": \"dscope.evalu");
        QVERIFY(!refusal([&] { EvaluationState::read(file); }).empty());
        // A view that is nonsense costs its niceties alone.
        Json odd = good;
        odd["view"] = Json::array({{{"title", 5}, {"colour", 1e300}, {"shown", "no"}, {"method", "no such way"}}});
        writeJson(file, odd);
        QCOMPARE(EvaluationState::read(file).front().title, QStringLiteral("DDL"));
        odd["view"] = Json::array({{{"colour", -7}}});
        writeJson(file, odd);
        QCOMPARE(EvaluationState::read(file).front().colour, 0);
    }

    void rowsByTheCore()
    {
        const EvaluationSetPtr set = madeEvaluation();
        Progress progress;
        const EvaluationRun run = test::evaluated(*set, methodNamed("ddl"), 20, progress);
        VerificationOptions options;
        options.fars = set->benchmark->fars;
        options.resamples = 20;
        options.baseCost = set->baseCost;
        options.ddnetCost = set->ddnetCost;
        const EvaluationRun plain = evaluateVerification(*set->features, *set->pairs(), methodNamed("ddl"), options, progress);
        QCOMPARE(run.strict.size(), std::size_t{4});
        for (std::size_t i = 0; i < run.strict.size(); ++i)
            QCOMPARE(run.strict[i].tar, plain.strict[i].tar);
        QVERIFY(run.search.has_value());
        QCOMPARE(run.base, std::string("made-base"));
        QVERIFY(run.macPerFace > 1e8);
        QVERIFY(set->fits(run));
        EvaluationRun other = run;
        other.faces += 1;
        QVERIFY(!set->fits(other));
    }

    /// Colours of runs keep 3:1 against both grounds, as graphics must, and differ from each other in lightness or hue.
    void coloursAreLegible()
    {
        const auto luminance = [](const QColor &colour) {
            const auto channel = [](double value) { return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); };
            return 0.2126 * channel(colour.redF()) + 0.7152 * channel(colour.greenF()) + 0.0722 * channel(colour.blueF());
        };
        for (const QPalette &palette : {lightPalette(), darkPalette()}) {
            const double ground = luminance(palette.color(QPalette::Base));
            for (int i = 0; i < runColours; ++i) {
                const double own = luminance(runColour(i, palette));
                const double contrast = (std::max(own, ground) + 0.05) / (std::min(own, ground) + 0.05);
                QVERIFY2(contrast >= 3, qPrintable(QStringLiteral("%1: %2").arg(runColourName(i)).arg(contrast)));
            }
        }
    }

private:
    static QString toText(const std::string &text) { return QString::fromStdString(text); }
    static std::size_t subjectOf(const EvaluationSet &set, std::size_t t) { return static_cast<std::size_t>(set.features->subjects[t]); }
};

DSCOPE_TEST(TestEvaluationModels)
#include "tst_evaluationmodels.moc"
