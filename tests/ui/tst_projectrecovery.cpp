// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/report/project.h"
#include "tests/support/projecttest.h"
#include "tests/support/support.h"
#include "ui/appwindow.h"
#include "ui/pages/evaluationpage.h"
#include "ui/projectrecovery.h"
#include "ui/projectsession.h"

#include <QMessageBox>
#include <QProcess>
#include <QPushButton>

#include <chrono>
#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// The copy of unsaved work, within one program; tests/app kills real ones.
class TestProjectRecovery : public ProjectTest {
    Q_OBJECT
    static constexpr const char *s_victim = "DSCOPE_TEST_VICTIM";

private Q_SLOTS:
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
        Progress progress;
        QVERIFY(!ProjectRecovery::findLeft(progress).has_value());
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

    /// Started by killed() as a program of its own: works until it is killed.
    void victim()
    {
        if (qEnvironmentVariableIsEmpty(s_victim))
            QSKIP("only as a part of killed()");
        const fs::path folder = qgetenv(s_victim).toStdString();
        qputenv("DSCOPE_CACHE", (folder / "cache").string().c_str());
        start(); // with its copies there
        QVERIFY(opens(folder / "study.dscope"));
        m_window->project()->setCopyInterval(20);
        page()->state().threshold().setThreshold(0.77);
        page()->state().rename(page()->state().runs().front().id, QStringLiteral("before the end"));
        const fs::path copy = m_window->project()->recovery().copy();
        QTRY_VERIFY_WITH_TIMEOUT(fs::exists(copy), 30'000);
        QVERIFY(m_window->project()->settle(30'000));
        QTest::qWait(100);
        writeAtomically(folder / "ready", "ready");
        QTest::qWait(200'000);
    }

    /// A program that really runs, and is really killed: while it lives nobody else is offered its work; afterwards it is, and it comes back.
    void killed()
    {
        writeRuns("study");
        const std::string saved = readText(path("study.dscope"));
        QProcess program;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QLatin1String(s_victim), m_folder->path());
        environment.insert(QStringLiteral("DSCOPE_CACHE"), m_folder->filePath(QStringLiteral("cache")));
        program.setProcessEnvironment(environment);
        program.setProcessChannelMode(QProcess::MergedChannels);
        program.start(QCoreApplication::applicationFilePath(), {QStringLiteral("projectrecovery"), QStringLiteral("victim")});
        QVERIFY(program.waitForStarted());
        const bool ready =
            QTest::qWaitFor([&] { return fs::exists(path("ready")) || program.state() != QProcess::Running; }, 60'000) && program.state() == QProcess::Running;
        QVERIFY2(ready, program.readAll().constData());
        QCOMPARE(copies().size(), 1);
        const QString copy = copies().front();
        // This is a second instance, and its work goes on beside the first.
        m_window->project()->offerRecovery();
        QTest::qWait(500);
        QVERIFY(boxes().isEmpty());
        QVERIFY(QFile::exists(copy));
        program.kill();
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitStatus(), QProcess::CrashExit);
        QVERIFY(QFile::exists(copy));
        start();
        m_window->project()->offerRecovery();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 1, 30'000);
        QCOMPARE(boxes().front()->objectName(), QStringLiteral("recoveryQuestion"));
        // Held by the question, it is not offered by a third.
        Progress progress;
        QVERIFY(!ProjectRecovery::findLeft(progress).has_value());
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryRestore")), Qt::LeftButton);
        QTRY_COMPARE(page()->state().runs().size(), std::size_t{2});
        QCOMPARE(page()->state().threshold().threshold(), 0.77);
        QCOMPARE(page()->state().runs().front().title, QStringLiteral("before the end"));
        QCOMPARE(m_window->project()->file(), path("study.dscope"));
        QVERIFY(m_window->isWindowModified());
        QCOMPARE(readText(path("study.dscope")), saved);
        QVERIFY(m_window->project()->settle(30'000));
        QVERIFY(!QFile::exists(copy));
        QVERIFY(saveByKeys());
        QCOMPARE(readProject(path("study.dscope")).evaluation.threshold, 0.77);
        QVERIFY(copies().isEmpty());
    }

    /// A copy that cannot be read is told of once a program and stays; an older one that can is offered.
    void damagedCopies()
    {
        namespace fs = std::filesystem;
        fs::create_directories(ProjectRecovery::folder());
        const fs::path good = ProjectRecovery::folder() / "good.dscope";
        const fs::path empty = ProjectRecovery::folder() / "empty.dscope";
        const fs::path cut = ProjectRecovery::folder() / "cut.dscope";
        writeAtomically(good, R"({"schema": "dscope.project/1", "analysis": {"keep": {"threshold": 0.66}}, "recovery": {"file": ""}})");
        writeAtomically(empty, "");
        const std::string half = "{\"schema\": \"dscope.project/1\", \"analysis\": {\"ke";
        writeAtomically(cut, half);
        fs::last_write_time(good, fs::last_write_time(cut) - std::chrono::hours(1));
        Progress progress;
        std::vector<std::string> unreadable;
        {
            const std::optional<ProjectRecovery::Left> left = ProjectRecovery::findLeft(progress, &unreadable);
            QVERIFY(left && left->copy == good);
        }
        QCOMPARE(unreadable.size(), std::size_t{2});
        project()->offerRecovery();
        QTRY_COMPARE_WITH_TIMEOUT(boxes().size(), 2, 30'000);
        QMessageBox *told = nullptr;
        for (QMessageBox *box : boxes())
            if (box->objectName() == QStringLiteral("projectFailure"))
                told = box;
        QVERIFY(told != nullptr);
        for (const fs::path &file : {empty, cut})
            QVERIFY2(told->informativeText().contains(QString::fromStdString(file.string())), qPrintable(told->informativeText()));
        told->accept();
        QTRY_COMPARE(boxes().size(), 1);
        QTest::mouseClick(boxes().front()->findChild<QPushButton *>(QStringLiteral("recoveryDiscard")), Qt::LeftButton);
        QTRY_VERIFY(!fs::exists(good));
        QTest::qWait(200); // it has looked again, and says nothing twice
        QVERIFY(project()->settle(30'000));
        QVERIFY(boxes().isEmpty());
        QVERIFY(fs::exists(empty) && fs::exists(cut));
        QCOMPARE(readText(cut), half);
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
