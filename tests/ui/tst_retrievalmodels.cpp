// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/madeevaluation.h"
#include "tests/support/support.h"
#include "ui/models/querymodel.h"
#include "ui/models/rankedmodel.h"
#include "ui/models/retrievalmodel.h"
#include "ui/theme.h"

#include <QAbstractItemModelTester>
#include <QSortFilterProxyModel>

#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {
RetrievalFigures figures(RetrievalProtocol protocol, double map)
{
    RetrievalFigures one;
    one.protocol = protocol;
    one.queries = 1980;
    one.gallery = 12180;
    one.map = map;
    one.mapInterval = {map - 0.01, map + 0.01, 0.95, 200, 0};
    one.cmc = {0.8, 0.9, 0.92, 0.95};
    one.cmcIntervals.assign(4, {0.7, 0.96, 0.95, 200, 0});
    return one;
}

EvaluationRun handRun(const std::string &method, double map, const std::string &benchmark = "MARS")
{
    EvaluationRun run;
    run.benchmark = benchmark;
    run.method = method;
    run.base = "osnet";
    run.keptShare = 0.5;
    run.macPerFace = 98'100'000;
    run.retrieval = {figures(RetrievalProtocol::Official, map), figures(RetrievalProtocol::VideoReid, map + 0.05)};
    return run;
}

int columnNamed(const QAbstractItemModel &model, const QString &name)
{
    for (int column = 0; column < model.columnCount(); ++column)
        if (model.headerData(column, Qt::Horizontal).toString() == name)
            return column;
    return -1;
}
} // namespace

class TestRetrievalModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    /// One protocol's rows, then the other's with the paper's beside them.
    void figuresByProtocol()
    {
        EvaluationState state;
        RetrievalModel model(&state);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        EvaluationRun pairs;
        pairs.benchmark = "IJB-C";
        pairs.strict.resize(1);
        state.addRuns({handRun("average", 0.70), handRun("DDL", 0.76), pairs}, {});
        const int first = state.runs()[0].id;
        QCOMPARE(model.idAt(0), first);
        QCOMPARE(model.idAt(1), first + 1);
        QVERIFY(model.protocolAt(1) == RetrievalProtocol::Official);
        QCOMPARE(model.rowOf(first, RetrievalProtocol::VideoReid), 2);
        QVERIFY(model.rowCount() > 8); // Table 7
        const int map = columnNamed(model, QStringLiteral("mAP"));
        const int cmc20 = columnNamed(model, QStringLiteral("CMC-20"));
        QVERIFY(map > 0 && cmc20 > map);
        QCOMPARE(model.index(1, map).data().toString(), QStringLiteral("76.00"));
        QCOMPARE(model.index(1, map).data(RetrievalModel::DetailRole).toString(), QStringLiteral("75.00 – 77.00"));
        QCOMPARE(model.index(3, map).data().toString(), QStringLiteral("81.00"));
        QCOMPARE(model.index(1, cmc20).data().toString(), QStringLiteral("95.00"));
        QVERIFY(model.index(1, map).data(Qt::FontRole).value<QFont>().bold()); // the best
        QVERIFY(!model.index(0, map).data(Qt::FontRole).value<QFont>().bold());
        QCOMPARE(model.index(0, columnNamed(model, QStringLiteral("Kept %"))).data().toString(), QStringLiteral("50.0"));
        QCOMPARE(model.index(0, columnNamed(model, QStringLiteral("M MAC/crop"))).data().toString(), QStringLiteral("98.1"));
        // The paper's DDL, Table 7: 77.7, 84.0, 94.8, 97.4, by nobody's run.
        bool found = false;
        for (int row = 4; row < model.rowCount(); ++row) {
            QCOMPARE(model.idAt(row), -1);
            QVERIFY(model.index(row, 0).data(RetrievalModel::PaperRole).toBool());
            if (model.index(row, 0).data().toString() == QStringLiteral("Paper, Table 7: DDL")) {
                found = true;
                QCOMPARE(model.index(row, map).data().toString(), QStringLiteral("77.7"));
                QCOMPARE(model.index(row, columnNamed(model, QStringLiteral("CMC-1"))).data().toString(), QStringLiteral("84.0"));
                QCOMPARE(model.index(row, columnNamed(model, QStringLiteral("CMC-10"))).data().toString(), QString());
                QCOMPARE(model.index(row, cmc20).data().toString(), QStringLiteral("97.4"));
            }
        }
        QVERIFY(found);
        state.undoStack()->undo();
        QCOMPARE(model.rowCount(), 0);
    }

    /// It heads the protocols that it has figures of, and comes and goes.
    void liveRow()
    {
        EvaluationState state;
        RetrievalModel model(&state);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        state.addRuns({handRun("average", 0.7, "mine")}, {});
        QCOMPARE(model.rowCount(), 2);
        LiveRetrievalRow live;
        live.title = QStringLiteral("live: DDL");
        live.point.keptShare = 0.25;
        live.point.figures = {{RetrievalProtocol::Official, 0.5, {0.6, 0.7, 0.8, 0.9}, 1980}};
        live.ranks = {1, 5, 10, 20};
        model.setLive(live);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.idAt(0), EvaluationState::liveId);
        QCOMPARE(model.index(0, columnNamed(model, QStringLiteral("CMC-5"))).data().toString(), QStringLiteral("70.00"));
        live.point.figures[0].map = 0.51;
        model.setLive(live);
        QCOMPARE(model.index(0, columnNamed(model, QStringLiteral("mAP"))).data().toString(), QStringLiteral("51.00"));
        live.point.figures.push_back({RetrievalProtocol::VideoReid, 0.4, {0.6, 0.7, 0.8, 0.9}, 1840});
        model.setLive(live);
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.idAt(2), EvaluationState::liveId);
        model.setLive(std::nullopt);
        QCOMPARE(model.rowCount(), 2);
    }

    void queries()
    {
        QueryModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSortFilterProxyModel sorted;
        sorted.setSourceModel(&model);
        sorted.setSortRole(QueryModel::SortRole);
        sorted.sort(QueryModel::ApColumn);
        RankedQueries ranked;
        ranked.protocol = RetrievalProtocol::VideoReid;
        ranked.outcomes = {{1, 2, 1, 0.9}, {1, 0, 0, 0}}; // the second has no match, and is not counted
        const EvaluationSetPtr set = madeRetrievalEvaluation(handRetrieval());
        model.setQueries(set, {0, 7}, ranked);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.index(0, QueryModel::PersonColumn).data().toString(), QStringLiteral("person 1"));
        QCOMPARE(model.index(0, QueryModel::CameraColumn).data().toString(), QStringLiteral("1"));
        QCOMPARE(model.index(0, QueryModel::ApColumn).data().toString(), QStringLiteral("90.0"));
        QCOMPARE(model.index(0, QueryModel::FirstColumn).data().toString(), QStringLiteral("1"));
        QCOMPARE(model.index(0, QueryModel::ElementsColumn).data().toString(), QStringLiteral("2"));
        QCOMPARE(model.index(1, QueryModel::ApColumn).data().toString(), QStringLiteral("not counted"));
        QCOMPARE(model.index(1, QueryModel::FirstColumn).data().toString(), QStringLiteral("none"));
        QCOMPARE(sorted.mapToSource(sorted.index(0, 0)).row(), 0); // what is not counted is not the worst
        ranked.protocol = RetrievalProtocol::Official;
        model.setQueries(set, {0, 7}, ranked);
        sorted.sort(QueryModel::ApColumn);
        QCOMPARE(sorted.mapToSource(sorted.index(0, 0)).row(), 1); // counts as 0
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void rankedTracklets()
    {
        RankedModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const EvaluationSetPtr set = madeRetrievalEvaluation(handRetrieval());
        model.setTracks(set, {{4, 0.1F, TrackKind::Ignored, 0}, {1, 4, TrackKind::Right, 1}, {6, std::numeric_limits<float>::infinity(), TrackKind::Wrong, 2}});
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(0).data().toString(), QStringLiteral("nobody, camera 3"));
        QCOMPARE(model.index(1).data().toString(), QStringLiteral("person 1, camera 2"));
        QCOMPARE(model.index(1).data(RankedModel::RankRole).toInt(), 1);
        QCOMPARE(model.index(1).data(RankedModel::PicturesRole).value<QList<int>>(), QList<int>{2});
        QVERIFY(model.picturesAt(2).isEmpty());
        QVERIFY(model.index(2).data(Qt::StatusTipRole).toString().contains(QStringLiteral("nothing to compare")));
        QVERIFY(model.index(1).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("the same person")));
        QCOMPARE(RankedModel::sign(TrackKind::Right) + RankedModel::sign(TrackKind::Wrong) + RankedModel::sign(TrackKind::Ignored), QStringLiteral("✓✗–"));
        // A long one is sampled evenly.
        MadeRetrieval made = handRetrieval();
        made.set.begin.assign(9, 0);
        for (std::size_t t = 1; t < 9; ++t)
            made.set.begin[t] = 24;
        made.set.features.assign(24, 1.0F);
        made.set.dScores.assign(24, 0.5F);
        model.setTracks(madeRetrievalEvaluation(made), {{0, 0, TrackKind::Right, 1}});
        const QList<int> pictures = model.picturesAt(0);
        QCOMPARE(pictures.size(), RankedModel::most);
        QCOMPARE(pictures.front(), 0);
        QCOMPARE(pictures[1], 2);
        QCOMPARE(pictures.back(), 22);
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }
};

DSCOPE_TEST(TestRetrievalModels)
#include "tst_retrievalmodels.moc"
