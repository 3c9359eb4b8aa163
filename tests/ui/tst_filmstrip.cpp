// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/analysis.h"
#include "tests/support/support.h"

#include "core/base/random.h"
#include "core/report/export.h"
#include "ui/models/thresholdstate.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/analysisviews.h"
#include "ui/views/classscores.h"
#include "ui/views/detailpanel.h"
#include "ui/views/filmstrip.h"
#include "ui/views/timelinepanel.h"

#include <QLabel>
#include <QSignalSpy>
#include <QtTest/QtTest>

#include <cmath>
#include <memory>

using namespace dscope;
using namespace dscope::test;

namespace {

/// One video of 20 clips of half a second, of which the seventh and eighth tell what it shows.
Analysis clipAnalysis()
{
    Analysis analysis;
    analysis.options.task = "action";
    analysis.classes = {"run", "sit", "walk", "swim", "box", "climb"};
    analysis.dim = 6;
    analysis.ddnet.name = "made-ddnet-3d";
    analysis.base.name = "made-clips";
    Source source;
    source.path = "clip.mp4";
    source.kind = "video";
    source.fps = 30;
    source.durationS = 10;
    source.frames = 300;
    source.actions = {{"walk", 3, 4}};
    Group group;
    group.id = "clip";
    group.label = "walk";
    for (int i = 0; i < 20; ++i) {
        const bool tells = i == 6 || i == 7;
        Random random(3, static_cast<std::uint64_t>(i));
        Element element;
        element.file = source.path;
        element.frame = 15 * i;
        element.timeS = 0.5 * i;
        element.toS = 0.5 * (i + 1);
        element.dScore = static_cast<float>((tells ? 0.8 : 0.1) + 0.15 * random.uniform());
        element.motion = 3;
        element.thumbnail = madeThumbnail(18 * i, static_cast<double>(element.dScore));
        group.elements.push_back(std::move(element));
        for (int k = 0; k < 6; ++k)
            group.embeddings.push_back(tells ? (k == 2 ? 0.75F : 0.05F) : (k == i % 2 ? 0.4F : 0.12F));
    }
    source.groups = {std::move(group)};
    analysis.sources = {std::move(source)};
    return analysis;
}

} // namespace

/// The filmstrip and the class scores of a video's clips.
class TestFilmStrip : public QObject {
    Q_OBJECT

    std::unique_ptr<ThresholdState> m_state;
    std::unique_ptr<FilmStrip> m_strip;
    DocumentPtr m_document;

private Q_SLOTS:
    void init()
    {
        m_state = std::make_unique<ThresholdState>();
        m_strip = std::make_unique<FilmStrip>(m_state.get());
        m_document = std::make_shared<const Document>(clipAnalysis());
        m_strip->setDocument(m_document);
        m_strip->resize(800, 110);
        m_strip->setView(0, 10, 40, 780);
        m_strip->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_strip.get()));
    }
    void cleanup()
    {
        m_strip.reset();
        m_state.reset();
    }

    void clickedAndWalked()
    {
        QSignalSpy chosen(m_strip.get(), &FilmStrip::clipChosen);
        QTest::mouseClick(m_strip.get(), Qt::LeftButton, {}, m_strip->barOf(6).center());
        QCOMPARE(chosen.size(), 1);
        QCOMPARE(chosen.last().first().toInt(), 6);
        QTest::mouseClick(m_strip.get(), Qt::LeftButton, {}, QPoint(m_strip->barOf(12).center().x(), 40)); // on the thumbnails
        QCOMPARE(m_strip->clip(), 12);
        QTest::keyClick(m_strip.get(), Qt::Key_Left);
        QCOMPARE(m_strip->clip(), 11);
        QTest::keyClick(m_strip.get(), Qt::Key_Home);
        QTest::keyClick(m_strip.get(), Qt::Key_Left); // the first one stays
        QCOMPARE(m_strip->clip(), 0);
        QTest::keyClick(m_strip.get(), Qt::Key_End);
        QCOMPARE(m_strip->clip(), 19);
        const auto before = chosen.size();
        QTest::keyClick(m_strip.get(), Qt::Key_Return); // again
        QCOMPARE(chosen.size(), before + 1);
        QTest::mouseClick(m_strip.get(), Qt::LeftButton, {}, QPoint(5, 60)); // beside all of them
        QCOMPARE(chosen.size(), before + 1);
        QVERIFY(m_strip->describe(6).contains(QStringLiteral("walk (75")));
        QVERIFY(m_strip->describe(6).contains(QStringLiteral("kept")));
    }

    /// What is not kept is faded, at once.
    void followsWhatIsKept()
    {
        const auto colourAt = [&](int face) {
            const QRect bar = m_strip->barOf(face);
            return m_strip->grab().toImage().pixelColor(bar.center().x(), bar.bottom() - 1);
        };
        m_state->setThreshold(0);
        const QColor all = colourAt(0);
        m_state->setTopK(2);
        QVERIFY(colourAt(0) != all);
        QVERIFY(m_strip->describe(0).contains(QStringLiteral("dropped")));
        QVERIFY(m_strip->describe(7).contains(QStringLiteral("kept")));
        m_state->setTopK(20);
        QCOMPARE(colourAt(0), all);
    }

    void isOfClipsAlone()
    {
        m_strip->setDocument(std::make_shared<const Document>(madeAnalysis()));
        QVERIFY(m_strip->isHidden());
    }

    void framesAndTheirClips()
    {
        QCOMPARE(m_document->clipAt(0, 0), 0);
        QCOMPARE(m_document->clipAt(0, 14), 0);
        QCOMPARE(m_document->clipAt(0, 15), 1);
        QCOMPARE(m_document->clipAt(0, 299), 19);
    }

    void classScores()
    {
        ClassScores scores;
        scores.show(m_document, 6, Keep::best(2));
        QCOMPARE(scores.clipBars().size(), std::size_t{5});
        QCOMPARE(scores.clipBars().front().name, QStringLiteral("walk"));
        QVERIFY(scores.clipBars().front().right);
        QVERIFY(std::abs(scores.clipBars().front().score - 0.75) < 1e-6);
        QCOMPARE(scores.videoBars().front().name, QStringLiteral("walk"));
        scores.show(m_document, 0, Keep::best(20)); // the same weights as Eq. 8 to 11 over all
        const std::vector<double> fused = fusedScores(m_document->groupData(0), 6, Keep::best(20));
        QVERIFY(std::abs(scores.videoBars().front().score - *std::max_element(fused.begin(), fused.end())) < 1e-12);
        QVERIFY(!scores.clipBars().front().right);
        scores.show(std::make_shared<const Document>(madeAnalysis()), 0, Keep());
        QVERIFY(scores.isHidden());
    }

    /// On the page: a click on the strip shows the clip everywhere, and what makes no sense for a clip is not there.
    void onThePage()
    {
        AnalysePage page{ModelStore(), AnalysisOptions()};
        page.resize(1366, 768);
        page.show();
        page.setAnalysis(clipAnalysis());
        QVERIFY(page.settle(20'000));
        auto *strip = page.findChild<FilmStrip *>();
        QVERIFY(strip->isVisible());
        QTest::mouseClick(strip, Qt::LeftButton, {}, strip->barOf(7).center());
        QCOMPARE(page.findChild<DetailPanel *>()->face(), 7);
        QVERIFY(page.findChild<ClassScores *>()->isVisible());
        for (const QLabel *label : page.findChild<DetailPanel *>()->findChildren<QLabel *>())
            QVERIFY2(!label->isVisible() || (label->text() != QStringLiteral("Box") && label->text() != QStringLiteral("Detector score")),
                     qPrintable(label->text()));
    }
};

DSCOPE_TEST(TestFilmStrip)
#include "tst_filmstrip.moc"
