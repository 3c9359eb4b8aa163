// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/analysis.h"
#include "tests/support/support.h"

#include "core/base/random.h"
#include "core/image/reader.h"
#include "core/media/videowriter.h"
#include "core/report/export.h"
#include "ui/convert.h"
#include "ui/jobs/frameprovider.h"
#include "ui/models/facemodel.h"
#include "ui/models/thresholdstate.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/analysisviews.h"
#include "ui/plots/tradeoffplot.h"
#include "ui/views/classscores.h"
#include "ui/views/detailpanel.h"
#include "ui/views/filmstrip.h"
#include "ui/views/timelinepanel.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest/QtTest>

#include <algorithm>
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

    /// On the wall clips have their times and their motion in place of what a detector says.
    void onTheWall()
    {
        Analysis analysis = clipAnalysis();
        for (std::size_t i = 0; i < 20; ++i)
            analysis.sources[0].groups[0].elements[i].motion = i == 13 ? 7.5F : 3.0F;
        FaceModel model(m_state.get());
        QVERIFY(model.offers(FaceModel::Sort::Detector));
        QVERIFY(!model.offers(FaceModel::Sort::Motion));
        model.setDocument(std::make_shared<const Document>(analysis));
        QVERIFY(!model.offers(FaceModel::Sort::Detector));
        QVERIFY(!model.offers(FaceModel::Sort::Second));
        QVERIFY(model.offers(FaceModel::Sort::Motion));
        model.setSort(FaceModel::Sort::Motion, Qt::DescendingOrder);
        QCOMPARE(model.faceAt(0), 13);
        QCOMPARE(model.data(model.index(0), Qt::DisplayRole).toString(), QStringLiteral("7.500 motion"));
        const QString tip = model.data(model.index(0), Qt::ToolTipRole).toString();
        QVERIFY2(tip.contains(timeText(6.5) + QStringLiteral(" to ") + timeText(7)) && tip.contains(QStringLiteral("from frame 195")), qPrintable(tip));
        QVERIFY2(tip.contains(QStringLiteral("Motion 7.500")), qPrintable(tip));
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

    void playsAClipToItsEnd_data()
    {
        QTest::addColumn<bool>("folder");
        QTest::newRow("video") << false;
        QTest::newRow("folder of frames") << true;
    }

    /// The frames shown are the clip's: from its first to its last, and none after that.
    void playsAClipToItsEnd()
    {
        QFETCH(bool, folder);
        const QTemporaryDir made;
        const std::filesystem::path path = toPath(made.path()) / (folder ? "frames" : "video.mp4");
        std::filesystem::create_directories(folder ? path : path.parent_path());
        VideoWriterOptions options;
        options.rate = {20, 1};
        VideoWriter writer(toPath(made.path()) / "video.mp4", 32, 32, options);
        for (int i = 0; i < 24; ++i) {
            Picture picture(32, 32);
            std::fill(picture.rgb.begin(), picture.rgb.end(), static_cast<std::uint8_t>(10 * i));
            writer.add(picture);
            if (folder)
                writePicture(path / QStringLiteral("img_%1.png").arg(i + 1, 5, 10, QLatin1Char('0')).toStdString(), picture);
        }
        writer.finish();
        FrameProvider provider;
        std::vector<ShownFrame> shown;
        QString problem;
        connect(&provider, &FrameProvider::shown, this, [&](const ShownFrame &frame) { shown.push_back(frame); });
        connect(&provider, &FrameProvider::failed, this, [&](const QString &detail) { problem = detail; });
        provider.play(path, 5, 20, 0.65); // frame 12 is the last that begins before
        QVERIFY(provider.isPlaying());
        QTRY_VERIFY_WITH_TIMEOUT(!provider.isPlaying(), 20'000);
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        QVERIFY(shown.size() > 1); // a busy window skips some
        QCOMPARE(shown.front().frame, qint64{5});
        for (std::size_t i = 1; i < shown.size(); ++i)
            QVERIFY(shown[i].frame > shown[i - 1].frame);
        QVERIFY(shown.back().frame <= 12);
        for (const ShownFrame &frame : shown) {
            QCOMPARE(frame.timeS, static_cast<double>(frame.frame) / 20);
            QVERIFY(std::abs(qRed(frame.image.pixel(16, 16)) - 10 * static_cast<int>(frame.frame)) <= 3);
        }
        // What is asked for alone comes alone.
        shown.clear();
        provider.requestFrame(path, 23);
        QTRY_COMPARE_WITH_TIMEOUT(shown.size(), std::size_t{1}, 20'000);
        QCOMPARE(shown.front().frame, qint64{23});
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
        // Of a video whose class is known the trade-off begins with what is right.
        QCOMPARE(page.findChild<TradeoffPlot *>()->up(), TradeoffPlot::Up::Accuracy);
        QCOMPARE(page.findChild<QComboBox *>(QStringLiteral("up"))->currentIndex(), 1);
        for (const QLabel *label : page.findChild<DetailPanel *>()->findChildren<QLabel *>())
            QVERIFY2(!label->isVisible() || (label->text() != QStringLiteral("Box") && label->text() != QStringLiteral("Detector score")),
                     qPrintable(label->text()));
    }
};

DSCOPE_TEST(TestFilmStrip)
#include "tst_filmstrip.moc"
