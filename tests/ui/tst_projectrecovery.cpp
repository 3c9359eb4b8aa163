#include "core/base/files.h"
#include "core/io/project.h"
#include "tests/support/projecttest.h"
#include "tests/support/support.h"
#include "ui/appwindow.h"
#include "ui/pages/evaluationpage.h"
#include "ui/projectrecovery.h"
#include "ui/projectsession.h"

#include <QMessageBox>
#include <QPushButton>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// The copy of unsaved work, within one program; tests/app kills real ones.
class TestProjectRecovery : public ProjectTest {
    Q_OBJECT
private Q_SLOTS:
    void init() { begin(); }
    void cleanup() { end(); }

    /// After a crash the copy is offered; it is what was on show, and the file is untouched until it is saved.
    void recovery()
    {
        QVERIFY(filled());
        QVERIFY(saveByKeys("study"));
        const std::string saved = readText(path("study.dscope"));
        project()->setCopyInterval(20);
        QTest::qWait(100);
        QVERIFY(copies().isEmpty()); // nothing is unsaved
        page()->state().threshold().setThreshold(0.77);
        QTRY_COMPARE_WITH_TIMEOUT(copies().size(), 1, 30'000);
        QVERIFY(project()->settle(30'000));
        // Another program that starts now leaves it alone.
        Task task;
        QVERIFY(!ProjectRecovery::findLeft(task).has_value());
        const QString copy = copies().front();
        QVERIFY(QFile::copy(copy, m_folder->filePath(QStringLiteral("left"))));
        m_window->close();
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 30'000);
        QVERIFY(copies().isEmpty()); // closed as it should be
        m_window.reset();
        // As if it had not been: the copy is there, and its program is not.
        QVERIFY(QFile::rename(m_folder->filePath(QStringLiteral("left")), copy));
        start();
        project()->offerRecovery();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        QVERIFY(boxes().front()->text().contains(QStringLiteral("study")));
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
        QTRY_COMPARE(page()->state().runs().size(), std::size_t{2});
        QCOMPARE(page()->state().threshold().threshold(), 0.77);
        QCOMPARE(project()->file(), path("study.dscope"));
        QVERIFY(m_window->isWindowModified());
        QCOMPARE(readText(path("study.dscope")), saved);
        QVERIFY(project()->settle(30'000));
        QVERIFY(!QFile::exists(copy));
        QCOMPARE(copies().size(), 1); // its own now
        QVERIFY(saveByKeys());
        QVERIFY(boxes().isEmpty());
        QVERIFY(readText(path("study.dscope")) != saved);
        QVERIFY(readText(path("study.dscope")).find("\"recovery\"") == std::string::npos);
        QVERIFY(copies().isEmpty());
        QVERIFY(!m_window->isWindowModified());
    }

    /// Work that has no project is kept as well, and a copy can be refused.
    void recoveryWithoutAProject()
    {
        QVERIFY(filled());
        project()->setCopyInterval(20);
        QTRY_COMPARE_WITH_TIMEOUT(copies().size(), 1, 30'000);
        QVERIFY(project()->settle(30'000));
        const QString copy = copies().front();
        for (const char *answer : {"recoveryDiscard", "recoveryRestore"}) {
            QVERIFY(QFile::copy(copy, m_folder->filePath(QLatin1String(answer))));
        }
        m_window->close();
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 30'000);
        m_window.reset();
        QVERIFY(QFile::rename(m_folder->filePath(QStringLiteral("recoveryDiscard")), copy));
        start();
        project()->offerRecovery();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryDiscard")), Qt::LeftButton);
        QTRY_VERIFY(copies().isEmpty());
        QVERIFY(page()->state().runs().empty());
        QVERIFY(QFile::rename(m_folder->filePath(QStringLiteral("recoveryRestore")), copy));
        project()->offerRecovery();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
        QTRY_COMPARE(page()->state().runs().size(), std::size_t{2});
        QVERIFY(project()->file().empty());
        // It is still nowhere but here.
        m_window->close();
        QCOMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->button(QMessageBox::Discard), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->isVisible(), 30'000);
        QVERIFY(copies().isEmpty());
    }
};

DSCOPE_TEST(TestProjectRecovery)
#include "tst_projectrecovery.moc"
