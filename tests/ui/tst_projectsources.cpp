// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/picture.h"
#include "core/nets/library.h"
#include "core/report/project.h"
#include "core/scores/secondlook.h"
#include "tests/support/madenets.h"
#include "tests/support/projecttest.h"
#include "tests/support/support.h"
#include "ui/appwindow.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/evaluationpage.h"
#include "ui/projectsession.h"

#include <QSignalSpy>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

/// What a project names on the disk: sources and networks, there, missing and changed.
class TestProjectSources : public ProjectTest {
    Q_OBJECT
private Q_SLOTS:
    /// What is missing is named and stays in the project; the rest opens.
    void missingSources()
    {
        writeRuns("gaps");
        Project project = readProject(path("gaps.dscope"));
        project.analysis.sources = {path("gone.mp4"), path("lost")};
        project.page = "analyse";
        writeProject(path("gaps.dscope"), project);
        QVERIFY(opens(path("gaps.dscope")));
        QCOMPARE(m_window->currentPage(), 0);
        QVERIFY(m_window->analysePage()->currentJob() == nullptr);
        QVERIFY(notices(m_window->analysePage()).contains(QStringLiteral("gone.mp4")));
        QVERIFY(notices(m_window->analysePage()).contains(QStringLiteral("lost")));
        QCOMPARE(page()->state().runs().size(), std::size_t{2});
        QVERIFY(!m_window->isWindowModified());
        page()->state().threshold().setThreshold(0.3);
        QVERIFY(saveByKeys());
        QVERIFY(readProject(path("gaps.dscope")).analysis.sources == project.analysis.sources);
        // Close all is a decision about them.
        m_window->analysePage()->closeAll();
        QTRY_VERIFY(m_window->isWindowModified());
    }

    /// Sources are opened as they were looked at, and another network than then is told.
    void sourcesAndModels()
    {
        m_window.reset();
        writeMadeNets(path("models"));
        SecondLookOrigin origin;
        origin.base = "made-base";
        origin.baseHash = modelHash(path("models") / "made-base.safetensors");
        origin.rule = "ddl";
        SecondLook(std::vector<double>(2 * 128 + 2, 0.01), 0.5, origin).save(path("models") / "made-base.second.safetensors");
        writePeople(path("people"));
        AnalysisOptions options;
        options.base = "made-base";
        options.ddnet = "made-ddnet";
        options.device = "cpu";
        options.aligned = true;
        start(ModelStore({path("models")}), options);
        QSignalSpy finished(m_window->analysePage(), &AnalysePage::analysisFinished);
        m_window->openSources({path("people")});
        QVERIFY(finished.wait(60'000));
        m_window->analysePage()->setKeep(Keep::best(2));
        QVERIFY(saveByKeys("people"));
        const Project project = readProject(path("people.dscope"));
        QVERIFY(project.analysis.sources == std::vector<fs::path>{path("people")});
        QVERIFY(project.analysis.aligned);
        QCOMPARE(project.analysis.base.chosen, std::string("made-base"));
        QCOMPARE(project.analysis.base.sha256.size(), std::size_t{64});
        QCOMPARE(project.analysis.second.name, std::string("made-base.second.safetensors"));
        QCOMPARE(project.analysis.second.sha256.size(), std::size_t{64});
        const int faces = m_window->analysePage()->document()->faceCount();
        m_window->close();
        QVERIFY(!m_window->isVisible());

        AnalysisOptions plain;
        plain.device = "cpu"; // not a matter of the project
        start(ModelStore({path("models")}), plain);
        QSignalSpy again(m_window->analysePage(), &AnalysePage::analysisFinished);
        m_window->openSources({path("people.dscope")});
        QVERIFY(again.wait(60'000));
        QCOMPARE(m_window->analysePage()->document()->faceCount(), faces);
        QCOMPARE(m_window->analysePage()->document()->analysis().base.name, std::string("made-base"));
        QVERIFY(m_window->analysePage()->thresholdState().keep() == Keep::best(2));
        QTest::qWait(20);
        QVERIFY(!m_window->isWindowModified());
        QVERIFY2(notices(m_window->analysePage()).isEmpty(), qPrintable(notices(m_window->analysePage())));
        m_window->close();
        QVERIFY(!m_window->isVisible());

        // Another second look of the same base is told of.
        SecondLook(std::vector<double>(2 * 128 + 2, 0.02), 0.5, origin).save(path("models") / "made-base.second.safetensors");
        start(ModelStore({path("models")}), plain);
        QSignalSpy looked(m_window->analysePage(), &AnalysePage::analysisFinished);
        m_window->openSources({path("people.dscope")});
        QVERIFY(looked.wait(60'000));
        QVERIFY2(notices(m_window->analysePage()).contains(QStringLiteral("made-base.second.safetensors is another one")),
                 qPrintable(notices(m_window->analysePage())));
        m_window->close();
        QVERIFY(!m_window->isVisible());

        fs::remove_all(path("models"));
        writeMadeNets(path("models"), 2);
        start(ModelStore({path("models")}), plain);
        QSignalSpy changed(m_window->analysePage(), &AnalysePage::analysisFinished);
        m_window->openSources({path("people.dscope")});
        QVERIFY(changed.wait(60'000));
        QVERIFY2(notices(m_window->analysePage()).contains(QStringLiteral("made-base has other weights")), qPrintable(notices(m_window->analysePage())));
        QVERIFY2(notices(m_window->analysePage()).contains(QStringLiteral("there is none now")), qPrintable(notices(m_window->analysePage())));
        m_window->close();
        QVERIFY(!m_window->isVisible());

        // A network that is not there at all: told, the source stays in the project, the runs would open.
        fs::remove_all(path("models"));
        start(ModelStore({path("models")}), plain);
        QSignalSpy failed(m_window->analysePage(), &AnalysePage::failed);
        m_window->openSources({path("people.dscope")});
        QVERIFY(failed.wait(60'000));
        QVERIFY(failed[0][0].toString().contains(QStringLiteral("made-")));
        QVERIFY(m_window->project()->current().analysis.sources == std::vector<fs::path>{path("people")});
        QTest::qWait(20);
        QVERIFY(!m_window->isWindowModified());
    }

private:
    static void writePeople(const fs::path &folder)
    {
        for (int person = 0; person < 3; ++person)
            for (int i = 0; i < 4; ++i) {
                Picture picture(112, 112);
                for (std::size_t at = 0; at < picture.rgb.size(); ++at)
                    picture.rgb[at] = static_cast<std::uint8_t>(at / 97 * static_cast<std::size_t>(person + 1) + static_cast<std::size_t>(i) * 11);
                const std::vector<std::uint8_t> jpeg = encodeJpeg(picture, 90);
                writeAtomically(folder / ("person" + std::to_string(person)) / (std::to_string(i) + ".jpg"),
                                std::string_view(reinterpret_cast<const char *>(jpeg.data()), jpeg.size()));
            }
    }
};

DSCOPE_TEST(TestProjectSources)
#include "tst_projectsources.moc"
