// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/support/analysis.h"
#include "tests/support/pagetest.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/pages/analysepage.h"

#include <QAction>
#include <QDirIterator>
#include <QFileDialog>
#include <QInputDialog>
#include <QLineEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>

#include <algorithm>

using namespace dscope;
using namespace dscope::test;

/// What the page for analysis writes, by its menu and the dialog.
class TestWindowExport : public PageTest<AnalysePage> {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup() { m_page.reset(); }
    void exports_data();
    void exports();
    void exportFollowsTopK();
    void bestPictures();
};

void TestWindowExport::init()
{
    QVERIFY(m_settings.isValid());
    QSettings().clear();
    m_page = std::make_unique<AnalysePage>(ModelStore());
    showActive(*m_page, 1500, 950);
}

void TestWindowExport::exports_data()
{
    QTest::addColumn<QString>("action");
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("holds");
    QTest::newRow("csv") << QStringLiteral("exportCsv") << QStringLiteral("s.csv") << QByteArray("person 3");
    QTest::newRow("json") << QStringLiteral("exportJson") << QStringLiteral("s.json") << QByteArray("dscope.scores/1");
    QTest::newRow("features") << QStringLiteral("exportFeatures_ddl") << QStringLiteral("f.npy") << QByteArray("NUMPY");
    QTest::newRow("report") << QStringLiteral("exportReport") << QStringLiteral("r.html") << QByteArray("<svg");
    QTest::newRow("plot png") << QStringLiteral("export_histogram") << QStringLiteral("p.png") << QByteArray("PNG");
    QTest::newRow("plot svg") << QStringLiteral("export_tradeoff") << QStringLiteral("p.svg") << QByteArray("<svg");
}

void TestWindowExport::exports()
{
    QFETCH(QString, action);
    QFETCH(QString, file);
    QFETCH(QByteArray, holds);
    QTemporaryDir folder;
    m_page->setAnalysis(madeAnalysis());
    QSignalSpy exported(m_page.get(), &AnalysePage::written);
    m_page->findChild<QAction *>(action)->trigger();
    auto *dialog = m_page->findChild<QFileDialog *>();
    QVERIFY(dialog != nullptr);
    dialog->setDirectory(folder.path());
    // As typed into the dialog by hand.
    auto *name = dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"));
    QVERIFY(name != nullptr);
    name->setText(folder.filePath(file));
    QMetaObject::invokeMethod(dialog, "accept");
    QVERIFY(exported.count() == 1 || exported.wait(20'000));
    QFile written(folder.filePath(file));
    QVERIFY(written.open(QIODevice::ReadOnly));
    QVERIFY(written.readAll().contains(holds));
}

void TestWindowExport::exportFollowsTopK()
{
    QTemporaryDir folder;
    m_page->setAnalysis(madeAnalysis());
    m_page->thresholdState().setTopK(3);
    QSignalSpy exported(m_page.get(), &AnalysePage::written);
    find<QAction>("exportJson")->trigger();
    auto *dialog = m_page->findChild<QFileDialog *>();
    QVERIFY(dialog != nullptr);
    dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"))->setText(folder.filePath(QStringLiteral("k.json")));
    QMetaObject::invokeMethod(dialog, "accept");
    QVERIFY(exported.count() == 1 || exported.wait(20'000));
    const Json json = Json::parse(readText(folder.filePath(QStringLiteral("k.json")).toStdString()));
    QCOMPARE(json.at("top_k").get<int>(), 3);
    for (const Json &group : json.at("sources")[0].at("groups")) {
        const auto &faces = group.at("elements");
        QCOMPARE(std::count_if(faces.begin(), faces.end(), [](const Json &face) { return face.at("kept").get<bool>(); }), std::ptrdiff_t{3});
    }
}

/// First how many, then where to.
void TestWindowExport::bestPictures()
{
    QTemporaryDir folder;
    m_page->setAnalysis(madeAnalysis());
    QSignalSpy exported(m_page.get(), &AnalysePage::written);
    find<QAction>("exportBest")->trigger();
    auto *ask = m_page->findChild<QInputDialog *>();
    QVERIFY(ask != nullptr);
    QCOMPARE(ask->intValue(), 5); // the window's own K
    ask->setIntValue(2);
    ask->accept();
    auto *dialog = m_page->findChild<QFileDialog *>();
    QVERIFY(dialog != nullptr);
    dialog->setDirectory(folder.path());
    dialog->findChild<QLineEdit *>(QStringLiteral("fileNameEdit"))->setText(folder.path());
    QMetaObject::invokeMethod(dialog, "accept");
    QVERIFY(exported.count() == 1 || exported.wait(20'000));
    int faces = 0;
    QDirIterator files(folder.path(), {QStringLiteral("*_face.jpg")}, QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QVERIFY(!QImage(files.next()).isNull());
        ++faces;
    }
    QCOMPARE(faces, 12); // six groups
}

DSCOPE_TEST(TestWindowExport)
#include "tst_windowexport.moc"
