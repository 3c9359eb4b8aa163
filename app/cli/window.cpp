// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/window.h"

#include "app/cli/sources.h"

#include "core/base/device.h"
#include "core/base/error.h"
#include "core/base/picturefile.h"
#include "ui/appwindow.h"
#include "ui/pages/analysepage.h"
#include "ui/pages/analysissources.h"
#include "ui/projectsession.h"
#include "ui/theme.h"

#include <QApplication>
#include <QIcon>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>

#include <clocale>
#include <iostream>

namespace dscope::cli {

namespace {

std::vector<Option> windowOptions()
{
    return std::vector<Option>{{"example", "", "open the built-in example"}, {"dark", "", "dark palette"}, {"light", "", "light palette"}} + analysisOptions();
}

bool displayIsThere()
{
    const auto set = [](const char *name) { return qEnvironmentVariableIsSet(name) && !qEnvironmentVariableIsEmpty(name); };
    return set("DISPLAY") || set("WAYLAND_DISPLAY") || set("QT_QPA_PLATFORM");
}

} // namespace

void usePlainNumbers()
{
    std::setlocale(LC_NUMERIC, "C");
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
}

int runWindow(int &argc, char **argv, const std::vector<std::string> &words)
{
    const Arguments arguments(words, windowOptions() + commonOptions(), "");
    std::vector<std::filesystem::path> sources = arguments.paths();
    if (arguments.has("example")) {
        const std::filesystem::path example = AnalysisSources::examplePath(taskNamed(arguments.text("task")));
        if (example.empty())
            throw Error("The example video is not on this machine. ./run.sh obtains it; or open a video of your own.");
        sources.push_back(example);
    }
    const AnalysisOptions options = readAnalysisOptions(arguments);
    const Keep keep = keepOf(arguments);
    if (!displayIsThere())
        throw Error("There is no display (DISPLAY and WAYLAND_DISPLAY are empty). The commands work without one: see dscope --help");
    refuseDamagedPictures(arguments.has("strict"));
    setThreads(static_cast<int>(arguments.integer("threads", 0)));

    QApplication app(argc, argv);
    usePlainNumbers();
    QTranslator translator;
    if (translator.load(QLocale::system(), QStringLiteral("qtbase"), QStringLiteral("_"), QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QApplication::installTranslator(&translator);
    AppWindow window(modelStore(arguments), options);
    if (arguments.has("dark") || arguments.has("light"))
        window.setTheme(arguments.has("dark") ? Theme::Dark : Theme::Light);
    if (arguments.has("threshold") || arguments.has("top-k") || arguments.has("enough"))
        window.analysePage()->setKeep(keep);
    window.show();
    if (!sources.empty())
        window.openSources(sources);
    window.project()->offerRecovery();
    return QApplication::exec();
}

} // namespace dscope::cli
