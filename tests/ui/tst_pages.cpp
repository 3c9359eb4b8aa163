// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "tests/support/analysis.h"
#include "tests/support/labels.h"
#include "tests/support/ownsettings.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/appwindow.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/labelpage.h"
#include "ui/views/pageswitch.h"

#include <QAction>
#include <QDialog>
#include <QMainWindow>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QToolButton>

using namespace dscope;
using namespace dscope::test;

/// The window around the pages.
class TestPages : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup() { m_window.reset(); }
    void beginsWithTheAnalysis();
    void keysAndClicksSwitch();
    void theRailByKeyboard();
    void lastPageIsRemembered();
    void titleFollowsThePage();
    void undoBelongsToThePage();
    void targetsGoToTheirPage();
    void darkAndLight();
    void everyShortcutIsUniqueOnItsPage();
    void helpOnEveryPage();
    void closingAsksFirst();
    void quitClosesTheWindow();

private:
    void key(Qt::Key key) { QTest::keyClick(m_window.get(), key, Qt::ControlModifier); }
    PageSwitch *button(const char *name) const { return m_window->findChild<PageSwitch *>(QStringLiteral("switch_") + QLatin1String(name)); }
    std::filesystem::path targets(QTemporaryDir &folder) const
    {
        const std::filesystem::path file = folder.filePath(QStringLiteral("made.targets")).toStdString();
        writeTargets(file, madeTargets({.files = folder.filePath(QStringLiteral("faces")).toStdString()}));
        return file;
    }

    OwnSettings m_settings;
    std::unique_ptr<AppWindow> m_window;
};

void TestPages::initTestCase()
{
    QVERIFY(m_settings.isValid());
}

void TestPages::init()
{
    QSettings().clear();
    m_window = std::make_unique<AppWindow>(ModelStore());
    showActive(*m_window, 1400, 900);
}

void TestPages::beginsWithTheAnalysis()
{
    QCOMPARE(m_window->currentPage(), 0);
    QVERIFY(m_window->analysePage()->isVisible());
    QCOMPARE(m_window->pageCount(), 5);
    QVERIFY(button("analyse")->isChecked());
    QVERIFY(!button("label")->isChecked());
    for (int i = 0; i < m_window->pageCount(); ++i) {
        const auto buttons = m_window->findChildren<PageSwitch *>();
        QVERIFY(!buttons.at(i)->accessibleName().isEmpty());
        QVERIFY(!buttons.at(i)->icon().isNull());
        QVERIFY(buttons.at(i)->toolTip().contains(QStringLiteral("Ctrl+%1").arg(i + 1)));
    }
    // The page for analysis has nearly all of the window.
    QVERIFY(m_window->analysePage()->width() > m_window->width() - 90);
    QCOMPARE(m_window->analysePage()->height(), m_window->height());
}

void TestPages::keysAndClicksSwitch()
{
    key(Qt::Key_2);
    QVERIFY(m_window->labelPage()->isVisible());
    QVERIFY(!m_window->analysePage()->isVisible());
    QVERIFY(button("label")->isChecked());
    key(Qt::Key_1);
    QVERIFY(m_window->analysePage()->isVisible());
    QTest::mouseClick(button("label"), Qt::LeftButton);
    QVERIFY(m_window->labelPage()->isVisible());
    QCOMPARE(m_window->currentPage(), 1);
    key(Qt::Key_9); // there is none
    QCOMPARE(m_window->currentPage(), 1);
    key(Qt::Key_5);
    QVERIFY(m_window->evaluationPage()->isVisible());
    QVERIFY(button("evaluate")->isChecked());
    key(Qt::Key_2);
}

void TestPages::theRailByKeyboard()
{
    button("analyse")->setFocus();
    QTest::keyClick(button("analyse"), Qt::Key_Down);
    QTRY_COMPARE(m_window->currentPage(), 1);
}

void TestPages::lastPageIsRemembered()
{
    key(Qt::Key_2);
    m_window->close();
    m_window = std::make_unique<AppWindow>(ModelStore());
    QCOMPARE(m_window->currentPage(), 1);
}

void TestPages::titleFollowsThePage()
{
    m_window->analysePage()->setAnalysis(madeAnalysis());
    QCOMPARE(m_window->windowTitle(), QStringLiteral("clip.mp4 – Dscope"));
    key(Qt::Key_2);
    QCOMPARE(m_window->windowTitle(), m_window->labelPage()->windowTitle());
    QTemporaryDir folder;
    QSignalSpy opened(m_window->labelPage(), &LabelPage::opened);
    m_window->labelPage()->openTargets(targets(folder));
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    QVERIFY(m_window->windowTitle().contains(QStringLiteral("made.targets")));
    m_window->labelPage()->state().exclude({1}, true);
    QVERIFY(m_window->isWindowModified());
    key(Qt::Key_1);
    QVERIFY(!m_window->isWindowModified());
    m_window->labelPage()->state().undoStack()->undo();
}

void TestPages::undoBelongsToThePage()
{
    m_window->analysePage()->setAnalysis(madeAnalysis());
    m_window->analysePage()->setThreshold(0.6);
    QTemporaryDir folder;
    QSignalSpy opened(m_window->labelPage(), &LabelPage::opened);
    m_window->openSources({targets(folder)});
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    LabelState &state = m_window->labelPage()->state();
    state.exclude({1}, true);
    key(Qt::Key_Z);
    QCOMPARE(state.excludedCount(), 0);
    QCOMPARE(m_window->analysePage()->thresholdState().threshold(), 0.6);
    // And with nothing left to undo here, the other page's is not taken.
    key(Qt::Key_Z);
    QCOMPARE(m_window->analysePage()->thresholdState().threshold(), 0.6);
    key(Qt::Key_1);
    key(Qt::Key_Z);
    QCOMPARE(m_window->analysePage()->thresholdState().threshold(), ThresholdState::defaultThreshold);
}

void TestPages::targetsGoToTheirPage()
{
    QTemporaryDir folder;
    QSignalSpy opened(m_window->labelPage(), &LabelPage::opened);
    m_window->openSources({targets(folder)});
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    QCOMPARE(m_window->currentPage(), 1);
    QCOMPARE(m_window->labelPage()->state().set()->size(), 20);
    QVERIFY(m_window->analysePage()->currentJob() == nullptr);
}

void TestPages::darkAndLight()
{
    const auto grey = [this] { return qGray(m_window->grab().toImage().scaled(1, 1, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).pixel(0, 0)); };
    for (const Qt::Key page : {Qt::Key_1, Qt::Key_2, Qt::Key_5}) {
        key(page);
        m_window->setTheme(Theme::Light);
        QTRY_VERIFY(grey() > 150);
        QTest::mouseClick(m_window->findChild<QToolButton *>(QStringLiteral("themeButton")), Qt::LeftButton);
        QTRY_VERIFY(grey() < 90);
    }
    m_window->setTheme(Theme::Light);
}

void TestPages::everyShortcutIsUniqueOnItsPage()
{
    QHash<QKeySequence, QString> own;
    for (QAction *action : m_window->actions())
        own.insert(action->shortcut(), action->text());
    for (int i = 0; i < m_window->pageCount(); ++i)
        for (QAction *action : m_window->page(i)->findChildren<QAction *>())
            for (const QKeySequence &key : action->shortcuts())
                QVERIFY2(!own.contains(key), qPrintable(key.toString()));
}

/// F1 lists the keys of the page that is shown, and of the window.
void TestPages::helpOnEveryPage()
{
    for (int i = 0; i < m_window->pageCount(); ++i) {
        m_window->showPage(i);
        auto *page = qobject_cast<QMainWindow *>(m_window->page(i));
        QVERIFY(page != nullptr);
        QCOMPARE(page->menuBar()->actions().last()->text().remove(QLatin1Char('&')), QStringLiteral("Help"));
        QTest::keyClick(page, Qt::Key_F1);
        QDialog *dialog = nullptr;
        for (QDialog *one : page->findChildren<QDialog *>())
            if (one->windowTitle() == QStringLiteral("Keys") && one->isVisible())
                dialog = one;
        QVERIFY2(dialog != nullptr, qPrintable(page->objectName()));
        auto *table = dialog->findChild<QTableWidget *>();
        QVERIFY(table->rowCount() > 8);
        QVERIFY(!table->findItems(QStringLiteral("Evaluate"), Qt::MatchExactly).isEmpty()); // another page
        dialog->close();
        auto *about = page->findChild<QAction *>(QStringLiteral("about"));
        QVERIFY(about != nullptr && about->isEnabled());
    }
}

void TestPages::closingAsksFirst()
{
    QTemporaryDir folder;
    QSignalSpy opened(m_window->labelPage(), &LabelPage::opened);
    m_window->openSources({targets(folder)});
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    m_window->labelPage()->state().exclude({1}, true);
    key(Qt::Key_1);
    m_window->close();
    QVERIFY(m_window->isVisible());
    QCOMPARE(m_window->currentPage(), 1); // where the question is about
    auto *question = m_window->findChild<QMessageBox *>(QStringLiteral("saveQuestion"));
    QVERIFY(question != nullptr);
    QTest::mouseClick(question->button(QMessageBox::Discard), Qt::LeftButton);
    QTRY_VERIFY(!m_window->isVisible());
}

void TestPages::quitClosesTheWindow()
{
    m_window->findChild<QAction *>(QStringLiteral("quit"))->trigger();
    QVERIFY(!m_window->isVisible());
    m_window->show();
    m_window->findChild<QAction *>(QStringLiteral("labelQuit"))->trigger();
    QVERIFY(!m_window->isVisible());
}

DSCOPE_TEST(TestPages)
#include "tst_pages.moc"
