// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/sources.h"
#include "app/cli/window.h"

#include "core/analysis/example.h"
#include "core/analysis/weights.h"
#include "core/base/error.h"
#include "core/base/outputfile.h"
#include "core/media/video.h"
#include "core/report/export.h"
#include "core/report/report.h"
#include "ui/pages/analysepage.h"

#include <QApplication>

#include <algorithm>
#include <cstdint>

namespace dscope::cli {

namespace {

/// Without a desktop Qt misses some of its comforts and says so, to no one's use here.
void withoutDesktopTalk(QtMsgType type, const QMessageLogContext &, const QString &text)
{
    if (!text.contains(QStringLiteral("XDG_RUNTIME_DIR")) && !text.contains(QStringLiteral("propagateSizeHints")))
        say((type == QtDebugMsg || type == QtInfoMsg ? "" : "warning: ") + text.toStdString());
}

constexpr std::int64_t s_frames = 200; ///< that are looked at

int run(const Arguments &arguments, Progress &progress)
{
    if (!arguments.words().empty())
        throw UsageError("'example' takes no words. See: dscope example --help");
    const Task &task = taskNamed(arguments.text("task"));
    const std::filesystem::path folder = arguments.text("out", "example");
    checkWritable(folder / "any"); // also where --out is not given
    const std::filesystem::path video = exampleVideo(task, progress);
    if (video.empty())
        throw Error("The example video is not on this machine. `./run.sh example --task " + std::string(task.name)
                    + "` obtains it (or set DSCOPE_SAMPLES to a folder with " + std::string(task.example) + ").");
    AnalysisOptions options = readAnalysisOptions(arguments);
    options.task = task.name;
    if (!arguments.has("every")) // a glance at some frames is enough, whatever the detector costs
        options.everyNth = static_cast<int>(std::max<std::int64_t>(1, (VideoReader(video).info().frames + s_frames - 1) / s_frames));
    const ModelStore store = modelStore(arguments);
    // The window is drawn into memory, whether there is a display or not.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler(withoutDesktopTalk);
    int argc = 1;
    char name[] = "dscope";
    char *argv[] = {name, nullptr};
    const QApplication app(argc, argv);
    usePlainNumbers();
    const Keep keep = keepOf(arguments);
    Analysis analysis = analyse({video}, options, store, progress);

    ReportOptions how;
    how.title = "Dscope: the built-in example";
    how.keep = keep.weighed(usualWeights(analysis));
    how.notices = progress.notices();
    writeReport(folder / "report.html", analysis, how, progress);
    writeScores(folder / "scores.json", ScoreFormat::JsonText, analysis, keep);

    progress.stage("Drawing the window");
    const std::filesystem::path picture = folder / "window.png";
    {
        AnalysePage window(store, options);
        window.resize(1500, 950);
        window.setKeep(keep);
        window.setAnalysis(std::move(analysis));
        window.show();
        if (!window.saveScreenshot(picture))
            throw FileError(picture, "could not be written.");
    }
    if (auto *console = dynamic_cast<ConsoleProgress *>(&progress))
        console->clear();
    for (const char *file : {"report.html", "scores.json", "window.png"})
        say("written: " + std::filesystem::absolute(folder / file).lexically_normal().string());
    return Succeeded;
}

} // namespace

Command exampleCommand()
{
    return {
        "example",
        "[--task reid|action] [--out FOLDER]",
        "Analyses the built-in example without a display: writes a report, the scores and a picture of the window",
        "The example is a video that ./run.sh obtains, of a face or, with --task reid, of people in a street; with --task action it is one that the program "
        "draws. `dscope --example [--task ...]` opens it in the window.",
        std::vector<Option>{{"headless", "", "for scripts of earlier versions: the example needs no display"}, {"out", "FOLDER", "where to (default example)"}}
            + analysisOptions(),
        run,
        true};
}

} // namespace dscope::cli
