// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "tests/support/analysis.h"
#include "tests/support/labels.h"
#include "tests/support/madeevaluation.h"
#include "tests/support/ownsettings.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/appwindow.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/pages/labelpage.h"
#include "ui/views/pageswitch.h"

#include <QAbstractButton>
#include <QAction>
#include <QDialog>
#include <QHash>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTabBar>
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
    void keysMeanOneThing();
    void noTwoActionsShareAKey();
    void fieldsLeaveMenusTheirLetters();
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

namespace {
/// What a press of this key is looked up as: Shift and a bracket is a brace on one keyboard, Shift and a brace a bracket on another.
QString pressOf(const QKeySequence &sequence)
{
    const QKeyCombination key = sequence[0];
    if (key.keyboardModifiers() != Qt::ShiftModifier)
        return sequence.toString();
    switch (key.key()) {
    case Qt::Key_BracketLeft: return QKeySequence(Qt::Key_BraceLeft).toString();
    case Qt::Key_BracketRight: return QKeySequence(Qt::Key_BraceRight).toString();
    case Qt::Key_BraceLeft: return QKeySequence(Qt::Key_BracketLeft).toString();
    case Qt::Key_BraceRight: return QKeySequence(Qt::Key_BracketRight).toString();
    default: return sequence.toString();
    }
}

/// The letter after the &, in lower case; none: empty.
QString letterOf(const QString &text)
{
    const QKeySequence sequence = QKeySequence::mnemonic(text);
    return sequence.isEmpty() ? QString() : QKeySequence(sequence[0].key()).toString().toLower();
}
} // namespace

/// The table itself: no sequence stands for two meanings, in none of its forms.
void TestPages::keysMeanOneThing()
{
    QHash<QString, int> meanings;
    const auto take = [&](const QKeySequence &sequence, int meaning) {
        QVERIFY2(!meanings.contains(pressOf(sequence)), qPrintable(sequence.toString()));
        meanings.insert(pressOf(sequence), meaning);
    };
    for (int i = 0; i < static_cast<int>(Shortcut::Count); ++i)
        for (const QKeySequence &sequence : sequencesOf(static_cast<Shortcut>(i)))
            take(sequence, i);
    for (int i = 0; i < m_window->pageCount(); ++i)
        take(pageSequence(i), -1);
    for (int i = 0; i < 10; ++i)
        take(viewSequence(i), -1);
    // All actions have their keys from it.
    for (const QAction *action : m_window->findChildren<QAction *>())
        for (const QKeySequence &sequence : action->shortcuts())
            QVERIFY2(meanings.contains(pressOf(sequence)), qPrintable(action->text() + QStringLiteral(": ") + sequence.toString()));
}

/// On no page, empty or with something open, do two actions that work wait for the same key.
void TestPages::noTwoActionsShareAKey()
{
    const auto check = [this] {
        for (int i = 0; i < m_window->pageCount(); ++i) {
            QHash<QString, QString> taken;
            for (const QAction *action : m_window->actions() + m_window->page(i)->findChildren<QAction *>())
                for (const QKeySequence &sequence : action->isEnabled() && action->isVisible() ? action->shortcuts() : QList<QKeySequence>()) {
                    const QString press = pressOf(sequence);
                    QVERIFY2(!taken.contains(press), qPrintable(QStringLiteral("%1: %2 and %3").arg(press, taken.value(press), action->text())));
                    taken.insert(press, action->text());
                }
            QVERIFY(taken.size() > 10);
        }
    };
    check();
    m_window->analysePage()->setAnalysis(madeAnalysis());
    QTemporaryDir folder;
    QSignalSpy opened(m_window->labelPage(), &LabelPage::opened);
    m_window->openSources({targets(folder)});
    QVERIFY(opened.count() == 1 || opened.wait(10'000));
    EvaluationPage *evaluate = m_window->evaluationPage();
    evaluate->evaluate(madeEvaluation(), {"average", "ddl"}, 10);
    QVERIFY(evaluate->settle(60'000));
    check();
}

/// Alt and a letter that opens a menu does nothing else, so no field, button or tab of the page has that letter.
void TestPages::fieldsLeaveMenusTheirLetters()
{
    for (int i = 0; i < m_window->pageCount(); ++i) {
        Page *page = m_window->page(i);
        QHash<QString, QString> menus;
        for (const QAction *menu : page->menuBar()->actions()) {
            QVERIFY2(!menus.contains(letterOf(menu->text())), qPrintable(menu->text()));
            menus.insert(letterOf(menu->text()), menu->text());
        }
        QStringList texts;
        for (const QLabel *label : page->findChildren<QLabel *>())
            if (label->buddy() != nullptr)
                texts << label->text();
        for (const QAbstractButton *button : page->findChildren<QAbstractButton *>())
            texts << button->text();
        for (const QTabBar *tabs : page->findChildren<QTabBar *>())
            for (int tab = 0; tab < tabs->count(); ++tab)
                texts << tabs->tabText(tab);
        QVERIFY(texts.size() > 5);
        for (const QString &text : texts)
            if (const QString letter = letterOf(text); !letter.isEmpty())
                QVERIFY2(!menus.contains(letter), qPrintable(QStringLiteral("%1: %2 and %3").arg(page->objectName(), text, menus.value(letter))));
    }
}

/// F1 lists the keys of the page that is shown, and of the window.
void TestPages::helpOnEveryPage()
{
    for (int i = 0; i < m_window->pageCount(); ++i) {
        m_window->showPage(i);
        Page *page = m_window->page(i);
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
