// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/analysis.h"
#include "tests/support/support.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/models/thresholdstate.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include <limits>

using namespace dscope;
using namespace dscope::test;

namespace {
/// Three groups with scores written down, for values computed by hand.
Analysis byHand()
{
    Analysis analysis = madeAnalysis({.groups = 3, .facesPerGroup = 4});
    const float scores[3][4] = {{0.9F, 0.1F, 0.5F, 0.5F}, {0.05F, 0.02F, 0.05F, 0.01F}, {0.15F, 0.16F, 0.7F, 0.3F}};
    for (int g = 0; g < 3; ++g)
        for (int e = 0; e < 4; ++e)
            analysis.sources[0].groups[static_cast<std::size_t>(g)].elements[static_cast<std::size_t>(e)].dScore = scores[g][e];
    return analysis;
}
} // namespace

class TestModels : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keptByHand_data();
    void keptByHand();
    void keptAgreesWithLive();
    void faceModel();
    void faceModelSorts_data();
    void faceModelSorts();
    void sortsByTheSecondLook();
    void sortingKeepsTheCurrentFace();
    void groupModel();
    void thresholdTouchesNoItem();
    void framesOfAVideo();
    void emptyDocument();
    void hundredThousand();
};

void TestModels::keptByHand_data()
{
    QTest::addColumn<int>("group");
    QTest::addColumn<bool>("topK");
    QTest::addColumn<double>("threshold");
    QTest::addColumn<QList<bool>>("kept");
    QTest::newRow("above") << 0 << false << 0.15 << QList<bool>{true, false, true, true};
    QTest::newRow("strictly above") << 0 << false << 0.5 << QList<bool>{true, false, false, false};
    QTest::newRow("nothing passes: the first of the best") << 1 << false << 0.15 << QList<bool>{true, false, false, false};
    // 0.15F is 0.1500000059..., which is above 0.15 in double.
    QTest::newRow("a float is widened") << 2 << false << 0.15 << QList<bool>{true, true, true, true};
    QTest::newRow("equal in double") << 2 << false << static_cast<double>(0.15F) << QList<bool>{false, true, true, true};
    QTest::newRow("best two, tie in input order") << 0 << true << 2.0 << QList<bool>{true, false, true, false};
    QTest::newRow("best nine of four") << 1 << true << 9.0 << QList<bool>{true, true, true, true};
}

void TestModels::keptByHand()
{
    QFETCH(int, group);
    QFETCH(bool, topK);
    QFETCH(double, threshold);
    QFETCH(QList<bool>, kept);
    const Document document(byHand());
    const Keep keep = topK ? Keep::best(static_cast<int>(threshold)) : Keep(threshold);
    QList<bool> got;
    for (int e = 0; e < 4; ++e)
        got << document.kept(document.group(group).firstFace + e, keep);
    QCOMPARE(got, kept);
    QCOMPARE(document.keptCount(group, keep), static_cast<int>(kept.count(true)));
}

void TestModels::keptAgreesWithLive()
{
    const Document document(madeAnalysis({.groups = 9, .facesPerGroup = 31}));
    for (const double threshold : {0.0, 0.01, 0.15, 0.3, 0.5, 0.77, 0.9, 0.99, 1.0}) {
        const Keep keep(threshold);
        const LiveGroupsPoint point = document.live().at(threshold);
        QCOMPARE(document.keptCount(keep), point.kept);
        std::int64_t counted = 0;
        for (int face = 0; face < document.faceCount(); ++face)
            counted += document.kept(face, keep) ? 1 : 0;
        QCOMPARE(counted, point.kept);
    }
}

void TestModels::faceModel()
{
    ThresholdState state;
    FaceModel model(&state);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(model.rowCount(), 0);
    model.setDocument(std::make_shared<const Document>(byHand()));
    QCOMPARE(model.rowCount(), 12);
    QCOMPARE(model.data(model.index(0), FaceModel::DScoreRole).toDouble(), static_cast<double>(0.9F));
    QCOMPARE(model.data(model.index(0), FaceModel::KeptRole).toBool(), true);
    QCOMPARE(model.data(model.index(11), FaceModel::KeptRole).toBool(), false);
    model.setGroups({2});
    QCOMPARE(model.rowCount(), 4);
    QVERIFY(model.isPart());
    for (int row = 0; row < model.rowCount(); ++row) {
        QCOMPARE(model.rowOf(model.faceAt(row)), row);
        QCOMPARE(model.data(model.index(row), FaceModel::GroupRole).toInt(), 2);
    }
    QCOMPARE(model.rowOf(0), -1);
    QVERIFY(model.roleNames().values().contains("dScore"));
    model.setDocument(nullptr);
    QCOMPARE(model.rowCount(), 0);
}

void TestModels::faceModelSorts_data()
{
    QTest::addColumn<int>("sort");
    QTest::addColumn<int>("role");
    QTest::newRow("score") << static_cast<int>(FaceModel::Sort::DScore) << static_cast<int>(FaceModel::DScoreRole);
    QTest::newRow("time") << static_cast<int>(FaceModel::Sort::Time) << static_cast<int>(FaceModel::TimeRole);
    QTest::newRow("detector") << static_cast<int>(FaceModel::Sort::Detector) << static_cast<int>(FaceModel::DetectorScoreRole);
    QTest::newRow("name") << static_cast<int>(FaceModel::Sort::Name) << static_cast<int>(FaceModel::FileRole);
}

void TestModels::faceModelSorts()
{
    QFETCH(int, sort);
    QFETCH(int, role);
    ThresholdState state;
    FaceModel model(&state);
    model.setDocument(std::make_shared<const Document>(madeAnalysis({.video = role != FaceModel::FileRole})));
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        model.setSort(static_cast<FaceModel::Sort>(sort), order);
        for (int row = 1; row < model.rowCount(); ++row) {
            const QVariant before = model.data(model.index(row - 1), role);
            const QVariant after = model.data(model.index(row), role);
            const QPartialOrdering compared = QVariant::compare(before, after);
            QVERIFY(order == Qt::AscendingOrder ? compared != QPartialOrdering::Greater : compared != QPartialOrdering::Less);
        }
    }
}

/// By the second look, and by how far it lies above D; faces that the base has not seen come as the lowest.
void TestModels::sortsByTheSecondLook()
{
    Analysis analysis = byHand();
    const float second[4] = {0.2F, 0.8F, 0.4F, std::numeric_limits<float>::quiet_NaN()};
    for (int e = 0; e < 4; ++e)
        analysis.sources[0].groups[0].elements[static_cast<std::size_t>(e)].second = second[e]; // D: .9, .1, .5, .5
    ThresholdState state;
    FaceModel model(&state);
    model.setDocument(std::make_shared<const Document>(analysis));
    model.setGroups({0});
    model.setSort(FaceModel::Sort::Second, Qt::DescendingOrder);
    QCOMPARE(model.faces(), (std::vector<int>{1, 2, 0, 3}));
    QCOMPARE(model.data(model.index(0), Qt::DisplayRole).toString(), QStringLiteral("0.800 second"));
    QCOMPARE(model.data(model.index(3), Qt::DisplayRole).toString(), QStringLiteral("0.500"));
    model.setSort(FaceModel::Sort::Difference, Qt::DescendingOrder);
    QCOMPARE(model.data(model.index(0), Qt::DisplayRole).toString(), QStringLiteral("0.100 → 0.800"));
    QCOMPARE(model.faces(), (std::vector<int>{1, 2, 0, 3}));
    model.setSort(FaceModel::Sort::Difference, Qt::AscendingOrder);
    QCOMPARE(model.faces(), (std::vector<int>{3, 0, 2, 1}));
    QVERIFY(model.data(model.index(3), Qt::ToolTipRole).toString().contains(QStringLiteral("Second look 0.800")));
    QVERIFY(!model.data(model.index(0), Qt::ToolTipRole).toString().contains(QStringLiteral("Second look")));
}

void TestModels::sortingKeepsTheCurrentFace()
{
    ThresholdState state;
    FaceModel model(&state);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setDocument(std::make_shared<const Document>(madeAnalysis()));
    const QPersistentModelIndex held = model.index(7);
    const int face = model.faceAt(7);
    model.setSort(FaceModel::Sort::Time, Qt::AscendingOrder);
    QCOMPARE(model.faceAt(held.row()), face);
}

void TestModels::groupModel()
{
    ThresholdState state;
    GroupModel model(&state);
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    Analysis analysis = byHand();
    Analysis other = madeAnalysis({.groups = 2, .facesPerGroup = 5, .video = false, .file = "folder"});
    analysis.sources.push_back(other.sources.front());
    model.setDocument(std::make_shared<const Document>(analysis));
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.rowCount(model.sourceIndex(0)), 3);
    QCOMPARE(model.rowCount(model.sourceIndex(1)), 2);
    QCOMPARE(model.rowCount(model.groupIndex(0)), 0);
    const QModelIndex first = model.groupIndex(0);
    QCOMPARE(first.parent(), model.sourceIndex(0));
    QCOMPARE(first.data(GroupModel::CountRole).toInt(), 4);
    QVERIFY(qAbs(first.data(GroupModel::MeanRole).toDouble() - 0.5) < 1e-6);
    QCOMPARE(first.data(GroupModel::KeptShareRole).toDouble(), 0.75);
    QCOMPARE(model.groupIndex(1).data(GroupModel::KeptShareRole).toDouble(), 0.25);
    QCOMPARE(model.groupIndex(4).data(GroupModel::GroupRole).toInt(), 4);
    QCOMPARE(model.groupIndex(4).parent(), model.sourceIndex(1));
    QCOMPARE(model.groupsOf(model.sourceIndex(1)), (std::vector<int>{3, 4}));
    QCOMPARE(model.groupsOf(model.groupIndex(2)), (std::vector<int>{2}));
    // The best face of the group stands for it.
    QCOMPARE(first.data(GroupModel::ThumbnailRole).toInt(), 0);
    state.setThreshold(0.6);
    QCOMPARE(first.data(GroupModel::KeptShareRole).toDouble(), 0.25);
    state.setTopK(3);
    QCOMPARE(first.data(GroupModel::KeptShareRole).toDouble(), 0.75);
}

void TestModels::thresholdTouchesNoItem()
{
    ThresholdState state;
    FaceModel faces(&state);
    GroupModel groups(&state);
    const auto document = std::make_shared<const Document>(madeAnalysis());
    faces.setDocument(document);
    groups.setDocument(document);
    for (QAbstractItemModel *model : {static_cast<QAbstractItemModel *>(&faces), static_cast<QAbstractItemModel *>(&groups)}) {
        QSignalSpy data(model, &QAbstractItemModel::dataChanged);
        QSignalSpy layout(model, &QAbstractItemModel::layoutChanged);
        QSignalSpy reset(model, &QAbstractItemModel::modelReset);
        const int before = faces.data(faces.index(0), FaceModel::FaceRole).toInt();
        state.setThreshold(state.threshold() + 0.2);
        QCOMPARE(data.count() + layout.count() + reset.count(), 0);
        QCOMPARE(faces.data(faces.index(0), FaceModel::FaceRole).toInt(), before);
    }
}

void TestModels::framesOfAVideo()
{
    const Document document(madeAnalysis({.groups = 3, .facesPerGroup = 10}));
    // Group g has frames 7 g ... 7 g + 9, so frames 7 to 9 hold faces of groups 0 and 1.
    QCOMPARE(document.inFrame(0, 8).size(), std::size_t{2});
    QCOMPARE(document.inFrame(0, 3).size(), std::size_t{1});
    QCOMPARE(document.inFrame(0, 999).size(), std::size_t{0});
    for (const auto &[frame, face] : document.inFrame(0, 8))
        QCOMPARE(document.element(face).frame, std::int64_t{8});
}

void TestModels::emptyDocument()
{
    Analysis analysis = madeAnalysis({.groups = 0});
    analysis.sources[0].groups.push_back({});
    ThresholdState state;
    GroupModel groups(&state);
    QAbstractItemModelTester tester(&groups, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const auto document = std::make_shared<const Document>(analysis);
    groups.setDocument(document);
    QCOMPARE(document->faceCount(), 0);
    QCOMPARE(document->keptCount(0, {}), 0);
    QCOMPARE(groups.groupIndex(0).data(GroupModel::ThumbnailRole).toInt(), -1);
    QCOMPARE(groups.groupIndex(0).data(GroupModel::KeptShareRole).toDouble(), 0.0);
}

void TestModels::hundredThousand()
{
    ThresholdState state;
    FaceModel model(&state);
    model.setDocument(std::make_shared<const Document>(madeAnalysis({.groups = 100, .facesPerGroup = 1000, .dim = 2})));
    QCOMPARE(model.rowCount(), 100'000);
    const auto &document = *model.document();
    QElapsedTimer timer;
    timer.start();
    std::int64_t kept = 0;
    for (int i = 0; i < 100; ++i)
        kept += document.keptCount(i / 100.0);
    const double ms = static_cast<double>(timer.nsecsElapsed()) / 1e6 / 100;
    QVERIFY(kept > 0);
    QVERIFY2(ms < 5, qPrintable(QStringLiteral("a count took %1 ms").arg(ms)));
}

DSCOPE_TEST(TestModels)
#include "tst_models.moc"
