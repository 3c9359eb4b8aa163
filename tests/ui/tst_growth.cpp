// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/picture.h"
#include "core/base/random.h"
#include "tests/support/madenets.h"
#include "tests/support/pagetest.h"
#include "tests/support/support.h"
#include "ui/jobs/job.h"
#include "ui/models/facemodel.h"
#include "ui/models/groupmodel.h"
#include "ui/pages/analysepage.h"
#include "ui/views/detailpanel.h"
#include "ui/views/noticebar.h"
#include "ui/views/thumbnailwall.h"
#include "ui/views/wallpanel.h"

#include <QAction>
#include <QItemSelectionModel>
#include <QLabel>
#include <QScrollBar>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include <filesystem>
#include <set>
#include <stdexcept>

using namespace dscope;
using namespace dscope::test;

namespace fs = std::filesystem;

namespace {

/// A folder of `people` folders of aligned pictures: enough of them that the window hears of it on the way.
void writePeople(const fs::path &folder, int people, int each)
{
    Random random(static_cast<std::uint64_t>(people * each));
    for (int p = 0; p < people; ++p)
        for (int i = 0; i < each; ++i) {
            Picture picture(112, 112);
            const auto r = static_cast<std::uint8_t>(random.below(256));
            for (std::size_t at = 0; at < picture.rgb.size(); ++at)
                picture.rgb[at] = static_cast<std::uint8_t>(r + at / 97 * static_cast<std::size_t>(p + 1));
            const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
            const fs::path file = folder / ("person" + std::to_string(p)) / (std::to_string(i) + ".jpg");
            fs::create_directories(file.parent_path());
            QFile out(QString::fromStdString(file.string()));
            if (!out.open(QIODevice::WriteOnly) || out.write(reinterpret_cast<const char *>(jpeg.data()), static_cast<qint64>(jpeg.size())) < 0)
                throw std::runtime_error("cannot write " + file.string());
        }
}

} // namespace

/// What the window shows while an analysis is still at work.
class TestGrowth : public PageTest<AnalysePage> {
    Q_OBJECT

    static constexpr int large = 900;

    QTemporaryDir m_temporary;
    fs::path m_root;

    bool exportsOn() const { return find<QAction>("exportCsv")->isEnabled() && find<QAction>("exportReport")->isEnabled(); }
    int faces() const { return m_page->document() ? m_page->document()->faceCount() : 0; }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_settings.isValid() && m_temporary.isValid());
        m_root = m_temporary.path().toStdString();
        writeMadeNets(m_root / "models");
        writePeople(m_root / "large", 30, large / 30);
        writePeople(m_root / "small", 2, 4);
    }

    void init()
    {
        QSettings().clear();
        AnalysisOptions options;
        options.ddnet = "made-ddnet";
        options.base = "made-base";
        options.device = "cpu";
        options.aligned = true;
        options.useCache = false;
        m_page = std::make_unique<AnalysePage>(ModelStore({m_root / "models"}), options);
        m_page->resize(1400, 900);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
    }

    void cleanup() { m_page.reset(); }

    /// Faces come while the work goes on; what the user has chosen stays chosen to the end.
    void growsAndKeepsTheChoice()
    {
        QSignalSpy finished(m_page.get(), &AnalysePage::analysisFinished);
        m_page->openSources({m_root / "large"});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->isGrowing() && faces() >= 40, 60'000);
        QVERIFY(m_page->currentJob() != nullptr && faces() < large);
        QVERIFY(!exportsOn());
        QVERIFY(find<QLabel>("caption")->text().contains(WallPanel::tr("so far")));
        m_page->setThreshold(0.3);

        m_page->chooseGroup(1);
        auto *model = m_page->findChild<FaceModel *>();
        auto *wall = m_page->findChild<ThumbnailWall *>();
        QCOMPARE(model->groups(), std::vector<int>{1});
        const std::string group = m_page->document()->groupData(1).id;
        m_page->chooseFace(model->faceAt(model->rowCount() / 2));
        wall->selectionModel()->select(model->index(0), QItemSelectionModel::Select);
        const auto file = [&](const QModelIndex &index) { return m_page->document()->element(model->faceAt(index.row())).file; };
        const fs::path chosen = file(wall->currentIndex());
        std::set<fs::path> selected;
        for (const QModelIndex &index : wall->selectionModel()->selectedIndexes())
            selected.insert(file(index));
        QCOMPARE(selected.size(), std::size_t{2});

        QVERIFY(finished.wait(300'000));
        QVERIFY(!m_page->isGrowing());
        QCOMPARE(faces(), large);
        QVERIFY(exportsOn());
        QVERIFY(!find<QLabel>("caption")->text().contains(WallPanel::tr("so far")));
        QCOMPARE(model->groups().size(), std::size_t{1});
        QCOMPARE(m_page->document()->groupData(model->groups().front()).id, group);
        QCOMPARE(file(wall->currentIndex()), chosen);
        QCOMPARE(m_page->document()->element(m_page->findChild<DetailPanel *>()->face()).file, chosen);
        std::set<fs::path> still;
        for (const QModelIndex &index : wall->selectionModel()->selectedIndexes())
            still.insert(file(index));
        QVERIFY(still == selected);
        QVERIFY(std::abs(m_page->thresholdState().threshold() - 0.3) < 1e-12);
        QVERIFY(m_page->settle(10'000));
    }

    /// Nobody chose anything: the best of all faces is shown in the end.
    void withoutAChoiceTheBestIsShown()
    {
        QSignalSpy finished(m_page.get(), &AnalysePage::analysisFinished);
        m_page->openSources({m_root / "large"});
        QVERIFY(finished.wait(300'000));
        QCOMPARE(m_page->findChild<ThumbnailWall *>()->currentIndex().row(), 0);
        QCOMPARE(m_page->findChild<ThumbnailWall *>()->verticalScrollBar()->value(), 0);
    }

    /// Cancel keeps what was found and says so, in the window and in what is exported.
    void cancelKeepsWhatWasFound()
    {
        QSignalSpy finished(m_page.get(), &AnalysePage::analysisFinished);
        m_page->openSources({m_root / "large"});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->isGrowing(), 60'000);
        find<QAction>("cancelJob")->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(m_page->currentJob() == nullptr, 10'000);
        QVERIFY(finished.isEmpty());
        QVERIFY(!m_page->isGrowing());
        QVERIFY(faces() > 0 && faces() < large);
        QVERIFY(exportsOn());
        const Source &source = m_page->document()->sourceData(0);
        QVERIFY(source.warnings.back().find("cancelled before the end") != std::string::npos);
        QVERIFY(m_page->findChild<NoticeBar *>()->isVisible());

        // Another source joins it; what is there is not looked at again.
        const int before = faces();
        m_page->openSources({m_root / "small"});
        QVERIFY(finished.wait(300'000));
        QCOMPARE(faces(), before + 8);
        QCOMPARE(m_page->document()->sourceCount(), 2);
        // Run again does.
        find<QAction>("rerun")->trigger();
        QCOMPARE(faces(), before + 8); // until all of it is there
        QVERIFY(finished.wait(120'000));
        QCOMPARE(faces(), large + 8);
    }

    /// What was open before the cancelled work is still there, whole.
    void cancelKeepsWhatWasOpen()
    {
        QSignalSpy finished(m_page.get(), &AnalysePage::analysisFinished);
        m_page->openSources({m_root / "small"});
        QVERIFY(finished.wait(300'000));
        QCOMPARE(faces(), 8);
        m_page->openSources({m_root / "large"});
        m_page->currentJob()->cancel(); // before anything was found
        QTRY_VERIFY_WITH_TIMEOUT(m_page->currentJob() == nullptr, 10'000);
        QCOMPARE(faces(), 8);
        QCOMPARE(m_page->document()->sourceCount(), 1);
        m_page->openSources({m_root / "large"});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->isGrowing(), 60'000);
        QVERIFY(faces() > 8);
        QCOMPARE(m_page->document()->sourceData(0).path, m_root / "small");
        // A re-run in the middle begins with what was complete.
        find<QAction>("closeAll")->trigger();
        QVERIFY(m_page->document() == nullptr && m_page->currentJob() == nullptr);
        QVERIFY(!m_page->isGrowing());
    }

    /// Sources opened meanwhile wait for their turn.
    void waitsForItsTurn()
    {
        QSignalSpy finished(m_page.get(), &AnalysePage::analysisFinished);
        QSignalSpy failed(m_page.get(), &AnalysePage::failed);
        m_page->openSources({m_root / "large"});
        m_page->openSources({m_root / "small"});
        m_page->openSources({m_root / "nowhere"});
        QVERIFY(finished.wait(300'000));
        QCOMPARE(faces(), large);
        QVERIFY(finished.wait(300'000));
        // Both that waited went in together: the missing one is named, the other is there.
        QCOMPARE(failed.count(), 0);
        QCOMPARE(m_page->document()->sourceCount(), 3);
        QCOMPARE(faces(), large + 8);
        QVERIFY(m_page->document()->sourceData(2).warnings.front().find("nowhere") != std::string::npos);
        QVERIFY(m_page->findChild<NoticeBar *>()->isVisible());
        // One source less: nothing is computed for it, and the rest stays.
        m_page->findChild<QTreeView *>()->setCurrentIndex(m_page->findChild<GroupModel *>()->sourceIndex(0));
        find<QAction>("removeSource")->trigger();
        QVERIFY(finished.wait(300'000));
        QCOMPARE(faces(), 8);
        QCOMPARE(m_page->document()->sourceData(0).path, m_root / "small");
    }
};

DSCOPE_TEST(TestGrowth)
#include "tst_growth.moc"
