// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/random.h"
#include "core/nets/model.h"
#include "core/scores/labeler.h"
#include "core/scores/secondlook.h"
#include "tests/support/analysis.h"
#include "tests/support/labels.h"
#include "tests/support/pagetest.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/appwindow.h"
#include "ui/jobs/job.h"
#include "ui/pages/modelpage.h"
#include "ui/pages/trainpage.h"
#include "ui/pages/trainsetup.h"
#include "ui/plots/agreementplot.h"
#include "ui/plots/curveplot.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

class TestTrainPage : public PageTest<TrainPage> {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_settings.isValid());
        m_xdg = qgetenv("XDG_DATA_HOME");
    }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("XDG_DATA_HOME", m_folder->path().toUtf8() + "/data");
        MadeLabels wish;
        wish.people = 8;
        wish.perPerson = 6;
        wish.copies = 2;
        wish.files = path("faces");
        writeTargets(path("made.targets"), madeTargets(wish));
        m_page = std::make_unique<TrainPage>();
        m_page->resize(1300, 860);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
    }
    void cleanup()
    {
        m_page.reset();
        m_folder.reset();
    }
    void cleanupTestCase() { qputenv("XDG_DATA_HOME", m_xdg); }

    /// An empty page: nothing but the axes, grid and words in the plots, and every mnemonic belongs to a field.
    void empty()
    {
        const QImage picture = m_page->findChild<AgreementPlot *>()->grab().toImage();
        int dark = 0;
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x)
                dark += qGray(picture.pixel(x, y)) < 40 ? 1 : 0;
        QVERIFY2(dark < picture.width() * picture.height() / 20, qPrintable(QString::number(dark)));
        for (const QLabel *label : m_page->findChildren<QLabel *>())
            if (label->text().contains(QLatin1Char('&')))
                QVERIFY2(label->buddy() != nullptr, qPrintable(label->text()));
    }

    /// A DDNet from a dropped targets file to the list of models, by mouse and keys.
    void trainsADdNet()
    {
        drop(path("made.targets"));
        QCOMPARE(find<QComboBox>("trainKind")->currentIndex(), 0);
        QVERIFY(!find<QComboBox>("trainLoss")->isVisible());
        QCOMPARE(find<QLineEdit>("trainOut")->text(), toText(path("ddnet_made.safetensors")));
        fill(3, 8, 25);
        QSignalSpy wanted(m_page.get(), &TrainPage::addModel);
        QTest::mouseClick(find<QPushButton>("trainStart"), Qt::LeftButton);
        QVERIFY(m_page->currentJob() != nullptr);
        QVERIFY(!find<QPushButton>("trainStart")->isVisible() && find<QPushButton>("trainStop")->isVisible());
        QVERIFY(!find<QComboBox>("trainKind")->isEnabled());
        QVERIFY(m_page->settle(120'000));
        // 6 people of 6 pictures in 2 copies are 72, 9 steps per epoch.
        QCOMPARE(plot("lossPlot")->points(), 27);
        QCOMPARE(plot("ratePlot")->points(), 27);
        QCOMPARE(plot("validationPlot")->points(), 3);
        QCOMPARE(m_page->findChild<AgreementPlot *>()->points(), 24);
        QVERIFY(plot("speedPlot")->last() > 0);
        QVERIFY2(find<QLabel>("trainHeadline")->text().contains(QStringLiteral("ddnet_made.safetensors")), qPrintable(find<QLabel>("trainHeadline")->text()));
        QVERIFY(find<QLabel>("trainDetail")->text().contains(QStringLiteral("Spearman")));
        QCOMPARE(ModelStore().find(path("ddnet_made.safetensors").string(), Role::DdNet).base, std::string("made-base"));
        QTest::mouseClick(find<QPushButton>("trainAdd"), Qt::LeftButton);
        QCOMPARE(wanted.size(), 1);
    }

    /// Paused it stands still and says so; stopped it leaves a checkpoint, from which the next run goes on; the weights are those of a run that was let be.
    void pausesStopsAndGoesOn()
    {
        m_page->setData(path("made.targets"));
        fill(12, 8, 25);
        QTest::keyClick(m_page.get(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(plot("lossPlot")->points() >= 3, 60'000);
        QTest::mouseClick(find<QPushButton>("trainPause"), Qt::LeftButton);
        int held = -1; // the step under way ends, however long it takes
        for (int i = 0; i < 120 && plot("lossPlot")->points() != held; ++i) {
            held = plot("lossPlot")->points();
            wait(500);
        }
        QCOMPARE(plot("lossPlot")->points(), held);
        QVERIFY(find<QLabel>("trainHeadline")->text().startsWith(QStringLiteral("Paused")));
        QTest::mouseClick(find<QPushButton>("trainPause"), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(plot("lossPlot")->points() > held, 60'000);
        QTest::keyClick(m_page.get(), Qt::Key_Period, Qt::ControlModifier);
        QVERIFY(m_page->settle(60'000));
        QVERIFY(std::filesystem::exists(path("ddnet_made.safetensors.checkpoint")));
        QVERIFY(!std::filesystem::exists(path("ddnet_made.safetensors")));
        QVERIFY(find<QCheckBox>("trainGoOn")->isVisible());
        QVERIFY(find<QLabel>("trainHeadline")->text().startsWith(QStringLiteral("Stopped")));
        // Other settings are another run: said in a box, nothing lost.
        find<QDoubleSpinBox>("trainRate")->setValue(0.05);
        m_page->start();
        QVERIFY(m_page->settle(60'000));
        auto *box = m_page->findChild<QMessageBox *>(QStringLiteral("failure"));
        QVERIFY(box != nullptr);
        QVERIFY2(box->informativeText().contains(QStringLiteral("learning-rate")), qPrintable(box->informativeText()));
        box->accept();
        QVERIFY(std::filesystem::exists(path("ddnet_made.safetensors.checkpoint")));
        find<QDoubleSpinBox>("trainRate")->setValue(0.1);
        QTest::mouseClick(find<QPushButton>("trainStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(120'000));
        QVERIFY(std::filesystem::exists(path("ddnet_made.safetensors")));

        find<QLineEdit>("trainOut")->setText(toText(path("whole.safetensors")));
        m_page->start();
        QVERIFY(m_page->settle(120'000));
        // The files differ in the model's name alone.

        QCOMPARE(weightsOf("whole.safetensors"), weightsOf("ddnet_made.safetensors"));
    }

    /// From targets and their embeddings to where the base finds it, by mouse and keys; nothing is to be set.
    void solvesForASecondLook()
    {
        const Targets targets = readTargets(path("made.targets"));
        std::vector<float> embeddings; // the first value tells D, the others nothing
        Random random(3);
        for (const double d : targets.scores.normalised) {
            embeddings.push_back(static_cast<float>(d));
            for (int i = 1; i < 4; ++i)
                embeddings.push_back(static_cast<float>(random.normal()));
        }
        writeNpy(path("embeddings.npy"), {static_cast<std::int64_t>(targets.scores.normalised.size()), 4}, embeddings);
        drop(path("made.targets"));
        auto *kind = find<QComboBox>("trainKind");
        kind->setFocus();
        QTest::keyClick(kind, Qt::Key_End);
        QCOMPARE(find<QLineEdit>("trainOut")->text(), toText(path("second_made.safetensors")));
        for (const char *name : {"trainArchitecture", "trainLoss", "trainEpochs", "trainBatch", "trainRate", "trainHeldOut", "trainMore"})
            QVERIFY2(!find<QWidget>(name)->isVisible(), name);
        QVERIFY(find<QLineEdit>("trainFeatures")->isVisible());
        drop(path("made.targets")); // stays what was chosen
        QCOMPARE(kind->currentIndex(), 2);
        QTest::keyClicks(find<QLineEdit>("trainFeatures"), toText(path("embeddings.npy")));
        QTest::mouseClick(find<QPushButton>("trainStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(60'000));
        const QString says = find<QLabel>("trainDetail")->text();
        QVERIFY2(says.contains(QStringLiteral("made-base")) && says.contains(QStringLiteral("96 pictures of 8 people"))
                     && says.contains(QStringLiteral("Spearman")),
                 qPrintable(says));
        QVERIFY(!plot("lossPlot")->isVisible());
        const auto look = SecondLook::load(path("second_made.safetensors"));
        QCOMPARE(look->origin().base, std::string("made-base"));
        QVERIFY2(look->origin().heldOut > 0.9, qPrintable(QString::number(look->origin().heldOut)));

        // A base of that name is not among the models, so that nobody would find it: said, and it may be tried again.
        auto *use = find<QPushButton>("trainAdd");
        QVERIFY2(use->text().contains(QStringLiteral("made-base")), qPrintable(use->text()));
        QTest::mouseClick(use, Qt::LeftButton);
        auto *box = m_page->findChild<QMessageBox *>(QStringLiteral("failure"));
        QVERIFY(box != nullptr && box->informativeText().contains(QStringLiteral("made-base")));
        box->accept();
        QVERIFY(use->isEnabled());

        // With the base there it is found.
        const std::filesystem::path models = path("models");
        std::filesystem::create_directories(models);
        writeAtomically(models / "base.safetensors", "stands for weights");
        ModelSpec base;
        base.name = "made-base";
        base.architecture = "compact";
        base.file = "base.safetensors";
        base.outputSize = 4;
        writeJson(models / "manifest.json", {{"models", Json::array({toJson(base)})}});
        const ModelStore store({models});
        m_page->setStore(store);
        QTest::mouseClick(use, Qt::LeftButton);
        QCOMPARE(secondLookFile(store.find("made-base", Role::Base), store), dataDir() / "models" / "made-base.second.safetensors");
        QVERIFY2(find<QLabel>("trainDetail")->text().contains(QStringLiteral("from now on")), qPrintable(find<QLabel>("trainDetail")->text()));

        // One that the weights bring goes first, and that is said.
        look->save(models / "base.second.safetensors");
        use->setEnabled(true);
        QTest::mouseClick(use, Qt::LeftButton);
        QVERIFY2(find<QLabel>("trainDetail")->text().contains(QStringLiteral("base.second.safetensors")), qPrintable(find<QLabel>("trainDetail")->text()));
    }

    void trainsABase()
    {
        QTest::mouseMove(m_page.get());
        drop(path("faces"));
        QCOMPARE(find<QComboBox>("trainKind")->currentIndex(), 1);
        QVERIFY(find<QComboBox>("trainLoss")->isVisible());
        QCOMPARE(find<QComboBox>("trainArchitecture")->currentText(), QStringLiteral("compact"));
        find<QComboBox>("trainLoss")->setCurrentText(QStringLiteral("cosface"));
        fill(1, 8, 25);
        QTest::mouseClick(find<QPushButton>("trainStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(120'000));
        QVERIFY2(find<QLabel>("trainDetail")->text().contains(QStringLiteral("6 people")), qPrintable(find<QLabel>("trainDetail")->text()));
        QVERIFY(!m_page->findChild<AgreementPlot *>()->isVisible());
        QCOMPARE(plot("validationPlot")->points(), 1);
        QCOMPARE(ModelStore().find(path("base_faces.safetensors").string(), Role::Base).outputSize, std::int64_t{128});
    }

    void saysWhatIsWrong()
    {
        writeAtomically(path("no.targets"), "these are no targets");
        m_page->setData(path("no.targets"));
        QSignalSpy failed(m_page.get(), &TrainPage::failed);
        m_page->start();
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(failed.size(), 1);
        QVERIFY(failed.front().front().toString().contains(QStringLiteral("no.targets")));
        m_page->findChild<QMessageBox *>(QStringLiteral("failure"))->accept();
        QVERIFY(find<QPushButton>("trainStart")->isVisible());
    }

    /// Closing while it runs asks; then the checkpoint is written before the window goes.
    void closingAsks()
    {
        m_page->setData(path("made.targets"));
        fill(50, 8, 25);
        m_page->start();
        QTRY_VERIFY_WITH_TIMEOUT(plot("lossPlot")->points() >= 2, 60'000);
        QVERIFY(!m_page->close());
        auto *box = m_page->findChild<QMessageBox *>(QStringLiteral("closeQuestion"));
        QVERIFY(box != nullptr && m_page->isVisible());
        QTest::mouseClick(box->findChild<QPushButton *>(QStringLiteral("closeStop")), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_page->isVisible(), 60'000);
        QVERIFY(std::filesystem::exists(path("ddnet_made.safetensors.checkpoint")));
    }

    /// A run of any length is held in a bounded number of points, and they follow it.
    void curvesAreBounded()
    {
        CurvePlot curve(QStringLiteral("Loss"), QStringLiteral("Loss"), CurvePlot::Style::Smoothed);
        curve.setSteps(180'000);
        for (int step = 1; step <= 180'000; ++step)
            curve.add(step, 3.0 - step / 90'000.0);
        curve.refresh();
        QVERIFY(curve.points() <= CurvePlot::mostPoints + 1 && curve.points() > CurvePlot::mostPoints / 4);
        QCOMPARE(curve.last(), 1.0);
        for (const QCPGraphData &point : *curve.graph(0)->data())
            QVERIFY2(std::abs(point.value - (3.0 - point.key / 90'000.0)) < 0.01, qPrintable(QString::number(point.key)));
        curve.add(180'001, std::nan(""));
        QCOMPARE(curve.last(), 1.0);
    }

    /// In the whole window the result becomes a model of the Models page.
    void resultBecomesAModel()
    {
        AppWindow window{ModelStore()};
        window.show();
        TrainPage *page = window.trainPage();
        window.showPage(page);
        page->setData(path("made.targets"));
        page->findChild<QSpinBox *>(QStringLiteral("trainEpochs"))->setValue(1);
        page->findChild<QSpinBox *>(QStringLiteral("trainBatch"))->setValue(8);
        page->start();
        QVERIFY(page->settle(60'000));
        QTest::mouseClick(page->findChild<QPushButton *>(QStringLiteral("trainAdd")), Qt::LeftButton);
        QVERIFY(window.modelPage()->settle(60'000));
        QCOMPARE(window.modelPage()->chosen(), std::string("ddnet_made"));
        QCOMPARE(window.page(window.currentPage()), static_cast<Page *>(window.modelPage()));
    }

private:
    CurvePlot *plot(const char *name) const { return find<CurvePlot>(name); }
    /// The bytes after the header, where the tensors lie.
    QByteArray weightsOf(const char *name) const
    {
        const std::string all = readText(path(name));
        std::uint64_t header = 0;
        std::memcpy(&header, all.data(), sizeof header);
        return QByteArray(all.data() + 8 + header, static_cast<qsizetype>(all.size() - 8 - header));
    }
    void fill(int epochs, int batch, double heldOut)
    {
        find<QSpinBox>("trainEpochs")->setValue(epochs);
        find<QSpinBox>("trainBatch")->setValue(batch);
        find<QDoubleSpinBox>("trainHeldOut")->setValue(heldOut);
    }
    static void wait(int ms) { QTest::qWait(ms); }
    void drop(const std::filesystem::path &file) { dropOn(*m_page, file); }

    QByteArray m_xdg;
};

DSCOPE_TEST(TestTrainPage)
#include "tst_trainpage.moc"
