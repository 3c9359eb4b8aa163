// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/synth.h"
#include "core/base/files.h"
#include "core/base/npy.h"
#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/nets/library.h"
#include "core/scores/secondlook.h"
#include "tests/support/evaluationtest.h"
#include "tests/support/madenets.h"
#include "tests/support/support.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/tarmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/views/livebar.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSlider>
#include <QTableView>
#include <QTemporaryDir>

using namespace dscope;
using namespace dscope::test;

/// The page for evaluation with benchmarks that lie on the disk.
class TestEvaluationDisk : public EvaluationTest {
    Q_OBJECT
private Q_SLOTS:
    /// From a dropped folder in the layout of IJB-C, with embeddings, to figures, by mouse and keys.
    void aBenchmarkFromDisk()
    {
        writeIjbc();
        drop(path("ijbc"));
        QCOMPARE(find<QComboBox>("evaluationBenchmark")->currentData().toString(), QStringLiteral("ijbc"));
        find<QLineEdit>("evaluationFeatures")->setText(toText(path("features.npy")));
        QVERIFY(!find<QComboBox>("evaluationBase")->isEnabled());
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QVERIFY(m_page->currentJob() != nullptr);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        QCOMPARE(m_page->state().runs().front().run->benchmark, std::string("IJB-C"));
        QCOMPARE(m_page->state().runs().front().run->templates, std::int64_t{20});
        // The paper's rows stand below.
        QVERIFY(find<QTableView>("tarTable")->model()->rowCount() > 10);
        QVERIFY(find<LiveBar>("liveBar")->slider()->isEnabled());
    }

    /// The second look of the base weighs what DDNet keeps, where its box is ticked; that there is none is said before anything is extracted.
    void weighsByTheSecondLook()
    {
        writeMadeNets(path("nets"));
        for (int p = 0; p < 4; ++p)
            for (int t = 0; t < 2; ++t)
                for (int i = 0; i < 3; ++i) {
                    Random random(static_cast<std::uint64_t>(p), static_cast<std::uint64_t>(10 * t + i));
                    Picture picture(112, 112);
                    for (std::size_t k = 0; k < picture.rgb.size(); ++k)
                        picture.rgb[k] = static_cast<std::uint8_t>((k / 500 * static_cast<std::size_t>(p + 3) + random.below(60)) % 256);
                    const std::vector<std::uint8_t> bytes = encodeJpeg(picture, 90);
                    writeAtomically(path("set") / ("p" + std::to_string(p)) / ("t" + std::to_string(t)) / (std::to_string(i) + ".jpg"),
                                    {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
                }
        const auto fresh = [this] {
            m_page = std::make_unique<EvaluationPage>(ModelStore({path("nets")}));
            m_page->show();
            drop(path("set"));
            find<QComboBox>("evaluationBenchmark")->setCurrentIndex(find<QComboBox>("evaluationBenchmark")->findData(QStringLiteral("templates")));
            find<QComboBox>("evaluationBase")->setCurrentIndex(find<QComboBox>("evaluationBase")->findText(QStringLiteral("made-base")));
            find<QCheckBox>("method_ddl:second")->setChecked(true);
            QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        };
        fresh();
        QVERIFY(m_page->settle(120'000));
        QVERIFY(m_page->state().runs().empty());
        bool said = false;
        for (const QLabel *label : m_page->findChildren<QLabel *>())
            said = said || label->text().contains(QStringLiteral("There is no second look for the base network made-base"));
        QVERIFY(said);

        SecondLookOrigin origin;
        origin.base = "made-base";
        origin.baseHash = modelHash(path("nets") / "made-base.safetensors");
        std::vector<double> weights(2 * 128 + 2, 0.0);
        for (std::size_t i = 0; i < 128; ++i)
            weights[i] = i % 2 == 0 ? 0.05 : -0.05;
        SecondLook(weights, 0.5, origin).save(path("nets") / "made-base.second.safetensors");
        fresh();
        QVERIFY(m_page->settle(120'000));
        bool found = false;
        for (const auto &run : m_page->state().runs())
            found = found || QString::fromStdString(run.run->method).contains(QStringLiteral("second look"));
        QVERIFY(found);
    }

    void aMadeSetFromDisk_data()
    {
        QTest::addColumn<QString>("word");
        QTest::addColumn<double>("scale");
        QTest::addColumn<bool>("tenFold");
        QTest::newRow("ytf") << QStringLiteral("ytf") << 0.02 << true;
        QTest::newRow("iqiyi") << QStringLiteral("iqiyi") << 0.001 << false;
    }

    /// A set of dscope synth, dropped as it is: its kind is guessed, and the features that it brings along are found.
    void aMadeSetFromDisk()
    {
        QFETCH(QString, word);
        QFETCH(double, scale);
        QFETCH(bool, tenFold);
        SynthOptions options;
        options.scale = scale;
        options.dim = 24;
        Progress progress;
        writeSyntheticSet(word.toStdString(), path("made"), options, progress);
        drop(path("made"));
        QCOMPARE(find<QComboBox>("evaluationBenchmark")->currentData().toString(), word);
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        const EvaluationRun &run = *m_page->state().runs().back().run;
        QVERIFY(run.synthetic);
        QCOMPARE(run.base, std::string("embeddings.npy"));
        QCOMPARE(run.ddnet, std::string("d_scores.txt"));
        QCOMPARE(run.tenFold.has_value(), tenFold);
        QVERIFY(find<LiveBar>("liveBar")->slider()->isEnabled());
        m_page->state().setCurrent(m_page->state().runs().back().id);
        const QString about = find<QLabel>("runAbout")->text();
        QVERIFY(about.contains(QStringLiteral("synthetic")));
        QCOMPARE(about.contains(QStringLiteral("standard error")), tenFold);
        if (!tenFold)
            return;
        const auto percent = [](double share) { return QLocale().toString(100 * share, 'f', 2); };
        QVERIFY2(about.contains(percent(run.tenFold->mean)) && about.contains(percent(run.tenFold->error)) && about.contains(percent(run.tenFold->deviation)),
                 qPrintable(about));
        for (const double accuracy : run.tenFold->accuracy)
            QVERIFY(about.contains(percent(accuracy)));
        // In the table the standard error stands below the mean.
        auto *model = find<QTableView>("tarTable")->model();
        int column = 0;
        while (column < model->columnCount() && model->headerData(column, Qt::Horizontal).toString() != QStringLiteral("Ten-fold %"))
            ++column;
        QVERIFY(column < model->columnCount());
        const QModelIndex cell = model->index(3, column); // below the live threshold
        QCOMPARE(cell.data().toString(), percent(run.tenFold->mean));
        QCOMPARE(cell.data(TarModel::DetailRole).toString(), QStringLiteral("± ") + percent(run.tenFold->error));
    }

    void saysWhatIsWrong()
    {
        find<QLineEdit>("evaluationRoot")->setText(toText(path("nowhere")));
        QSignalSpy failed(m_page.get(), &EvaluationPage::failed);
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("nowhere")));
        auto *box = m_page->findChild<QMessageBox *>(QStringLiteral("failure"));
        QVERIFY(box != nullptr && box->isVisible());
        box->close();
        QVERIFY(m_page->setup()->isVisible());
        QCOMPARE(find<QPushButton>("evaluationStart")->text(), QStringLiteral("Evaluate"));
    }

    /// Scores from elsewhere are a method more; what embeddings cost can be stated, and then there are prices.
    void qualitiesAndCosts()
    {
        writeIjbc();
        std::string scores = "path,score\n";
        for (int picture = 1; picture <= 60; ++picture)
            scores += std::to_string(picture) + ".jpg," + std::to_string(picture % 7) + "\n";
        writeAtomically(path("my scores.csv"), scores);
        drop(path("ijbc"));
        QVERIFY(!find<QDoubleSpinBox>("evaluationBaseCost")->isVisible()); // networks say what they cost
        find<QLineEdit>("evaluationFeatures")->setText(toText(path("features.npy")));
        QVERIFY(find<QDoubleSpinBox>("evaluationBaseCost")->isVisible());
        find<QDoubleSpinBox>("evaluationBaseCost")->setValue(200);
        find<QLineEdit>("evaluationQuality")->setText(toText(path("my scores.csv")));
        const EvaluationRequest wanted = m_page->setup()->request();
        QCOMPARE(wanted.qualities.size(), std::size_t{1});
        QCOMPARE(wanted.qualities.front().first, std::string("my_scores"));
        QCOMPARE(wanted.methods.back(), std::string("quality:my_scores"));
        QCOMPARE(wanted.costs.base, std::optional(200.0));
        QVERIFY(!wanted.costs.ddnet.has_value());
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{4});
        const EvaluationRun &run = *m_page->state().runs().back().run;
        QVERIFY2(run.method.find("my_scores") != std::string::npos, run.method.c_str());
        QVERIFY(run.protocol.find("the base at the stated 200 M MAC per face, DDNet at the shipped one") != std::string::npos);
        const EvaluationRun &average = *m_page->state().runs().front().run;
        QCOMPARE(average.macPerFace, 200e6); // it needs no DDNet
        QVERIFY(find<QComboBox>("livePrices")->isEnabled());
        QVERIFY(m_page->engine()->prices().base.mac == 200'000'000);
        // The form as a project keeps it.
        m_page->setup()->setRequest({});
        QVERIFY(m_page->setup()->request().qualities.empty());
        m_page->setup()->setRequest(wanted);
        QVERIFY(m_page->setup()->request() == wanted);
        // A file without a single one of the pictures is an error that names it.
        writeAtomically(path("strangers.csv"), "path,score\nnobody.jpg,1\n");
        find<QLineEdit>("evaluationQuality")->setText(QStringLiteral("theirs = ") + toText(path("strangers.csv")));
        QCOMPARE(m_page->setup()->request().qualities.front().first, std::string("theirs"));
        QSignalSpy failed(m_page.get(), &EvaluationPage::failed);
        m_page->findChild<QAction *>(QStringLiteral("evaluationNew"))->trigger();
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY2(failed[0][0].toString().contains(QStringLiteral("strangers.csv")), qPrintable(failed[0][0].toString()));
        QCOMPARE(m_page->state().runs().size(), std::size_t{4});
    }

    /// A project's runs are figures alone; one click brings the features, and no run is made again.
    void loadsTheFeaturesOfAProject()
    {
        writeIjbc();
        drop(path("ijbc"));
        find<QLineEdit>("evaluationFeatures")->setText(toText(path("features.npy")));
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(60'000));
        auto *load = find<QPushButton>("loadFeatures");
        QVERIFY(!load->isVisible());
        m_page->openProject(m_page->projectPart());
        QVERIFY(m_page->set() == nullptr);
        QVERIFY(load->isVisible() && load->isEnabled());
        QVERIFY(!find<LiveBar>("liveBar")->slider()->isEnabled());
        const auto before = m_page->state().runs();
        QTest::mouseClick(load, Qt::LeftButton);
        QVERIFY(!load->isEnabled());
        QVERIFY(m_page->settle(60'000));
        QVERIFY(m_page->set() != nullptr);
        QVERIFY(!load->isVisible());
        QVERIFY(m_page->state().runs() == before);
        QVERIFY(find<LiveBar>("liveBar")->slider()->isEnabled());
        // Where the features are gone the runs stay, and the failure is told.
        m_page->openProject(m_page->projectPart());
        std::filesystem::remove(path("features.npy"));
        QSignalSpy failed(m_page.get(), &EvaluationPage::failed);
        QTest::mouseClick(load, Qt::LeftButton);
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("features.npy")));
        QCOMPARE(m_page->state().runs().size(), before.size());
    }

    /// Whoever evaluates the same once more has every run once, whatever is said beside it.
    void theSameAgain()
    {
        writeIjbc();
        drop(path("ijbc"));
        find<QLineEdit>("evaluationFeatures")->setText(toText(path("features.npy")));
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{3});
        writeAtomically(path("scores.csv"), "path,score\n1.jpg,1\n2.jpg,2\n");
        m_page->findChild<QAction *>(QStringLiteral("evaluationNew"))->trigger();
        find<QLineEdit>("evaluationQuality")->setText(toText(path("scores.csv")));
        QTest::mouseClick(find<QPushButton>("evaluationStart"), Qt::LeftButton);
        QVERIFY(m_page->settle(60'000));
        QCOMPARE(m_page->state().runs().size(), std::size_t{4});
    }

private:
    /// 20 templates of 5 people, 3 pictures each, all pairs; the D-scores are the detector's.
    void writeIjbc() const
    {
        std::string media;
        std::string points;
        std::string pairs;
        std::vector<float> features;
        Random random(5, 1);
        std::vector<std::vector<float>> people(5, std::vector<float>(8));
        for (std::vector<float> &person : people)
            for (float &value : person)
                value = static_cast<float>(random.normal());
        int picture = 0;
        for (int t = 0; t < 20; ++t)
            for (int i = 0; i < 3; ++i) {
                const std::string name = std::to_string(++picture) + ".jpg";
                media += name + " " + std::to_string(100 + t) + " " + std::to_string(picture) + "\n";
                points += name + " 30 30 60 30 45 50 35 70 55 70 " + std::to_string(0.5 + 0.4 * random.uniform()) + "\n";
                for (const float value : people[static_cast<std::size_t>(t % 5)])
                    features.push_back(value + 0.6F * static_cast<float>(random.normal()));
            }
        for (int a = 0; a < 20; ++a)
            for (int b = a + 1; b < 20; ++b)
                pairs += std::to_string(100 + a) + " " + std::to_string(100 + b) + (a % 5 == b % 5 ? " 1\n" : " 0\n");
        writeAtomically(path("ijbc/meta/ijbc_face_tid_mid.txt"), media);
        writeAtomically(path("ijbc/meta/ijbc_name_5pts_score.txt"), points);
        writeAtomically(path("ijbc/meta/ijbc_template_pair_label.txt"), pairs);
        writeNpy(path("features.npy"), {60, 8}, features);
    }
};

DSCOPE_TEST(TestEvaluationDisk)
#include "tst_evaluationdisk.moc"
