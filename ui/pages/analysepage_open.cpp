// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysepage.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/jobs/frameprovider.h"
#include "ui/jobs/job.h"
#include "ui/models/facemodel.h"
#include "ui/taskwords.h"
#include "ui/views/noticebar.h"
#include "ui/views/recentmenu.h"
#include "ui/views/thumbnailwall.h"

#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QSettings>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

namespace dscope {

namespace {
constexpr int settingsVersion = 1; ///< of the arrangement of panels; an older one is not restored
} // namespace

std::filesystem::path AnalysePage::examplePath(const Task &task)
{
    std::vector<std::filesystem::path> folders;
    if (const char *samples = std::getenv("DSCOPE_SAMPLES"); samples != nullptr && *samples != '\0')
        folders.emplace_back(samples);
    folders.push_back(cacheDir() / "samples");
    for (const std::filesystem::path &folder : folders) {
        std::error_code error;
        if (std::filesystem::path file = folder / task.example; std::filesystem::is_regular_file(file, error))
            return file;
    }
    return {};
}

void AnalysePage::openExample()
{
    if (const std::filesystem::path example = examplePath(); !example.empty())
        openSources({example});
}

void AnalysePage::chooseFiles()
{
    askForFiles(
        this, tr("Open files"),
        {tr("Videos, pictures and lists (*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.mpg *.ts *.mxf *.gif *.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.heic "
            "*.avif *.jxl *.csv *.tsv *.lst)"),
         tr("All files (*)")},
        [this](const std::vector<std::filesystem::path> &paths) { openSources(paths); });
}

void AnalysePage::chooseFolder(const QString &title)
{
    askForFolder(this, title, [this](const std::filesystem::path &folder) { openSources({folder}); });
}

namespace {
/// A document on its way. `cut`: the work was cancelled, and this is what it had.
struct Growth {
    DocumentPtr document;
    bool cut = false;
};

constexpr qint64 growthMs = 700; ///< between two documents on their way; the next also waits for a twentieth more faces

/// What is left of an analysis when only these sources stay.
Analysis only(const Analysis &analysis, const std::vector<std::filesystem::path> &paths)
{
    Analysis result = analysis;
    std::erase_if(result.sources, [&](const Source &source) { return std::find(paths.begin(), paths.end(), source.path) == paths.end(); });
    return result;
}

bool holds(const Document &document, const std::filesystem::path &path)
{
    const std::vector<Source> &sources = document.analysis().sources;
    return std::any_of(sources.begin(), sources.end(), [&](const Source &source) { return source.path == path; });
}

/// Runs on the pool: analyses `fresh` and puts it behind what is `known`.
template<typename Tell>
DocumentPtr analyseInto(const DocumentPtr &known, const std::vector<std::filesystem::path> &paths, const std::vector<std::filesystem::path> &fresh,
                        const AnalysisOptions &options, const ModelStore &store, bool grows, Progress &progress, const Tell &tell)
{
    const Analysis earlier = known ? only(known->analysis(), paths) : Analysis{};
    Analysis latest;
    std::size_t told = 0;
    QElapsedTimer since;
    AnalysisListener listener;
    if (grows)
        listener = [&](Analysis soFar) {
            latest = std::move(soFar);
            const std::size_t count = latest.elementCount();
            if (count <= told + told / 20 || (told > 0 && since.elapsed() < growthMs))
                return;
            std::optional<Analysis> all = joined(earlier, latest);
            if (!all)
                return;
            told = count;
            since.restart();
            tell(Growth{std::make_shared<const Document>(std::move(*all)), false});
        };
    try {
        std::optional<Analysis> all = joined(earlier, fresh.empty() ? Analysis{} : analyse(fresh, options, store, progress, listener));
        if (!all) // a model's file was changed since
            all = analyse(paths, options, store, progress);
        progress.throwIfCancelled();
        return std::make_shared<const Document>(std::move(*all));
    } catch (const Cancelled &) {
        if (latest.elementCount() > 0) {
            latest.sources.back().warnings.push_back(latest.sources.back().path.filename().string()
                                                     + ": cancelled before the end, so only what was found until then is here.");
            if (std::optional<Analysis> all = joined(earlier, latest))
                tell(Growth{std::make_shared<const Document>(std::move(*all)), true});
        }
        throw;
    }
}
} // namespace

void AnalysePage::openSources(const std::vector<std::filesystem::path> &paths)
{
    if (paths.empty())
        return;
    m_recent->remember(paths);
    if (currentJob()) {
        // What is under way is not thrown away for it.
        m_waiting.insert(m_waiting.end(), paths.begin(), paths.end());
        Q_EMIT projectChanged();
        return tell(tr("Opens after what is under way: %1").arg(toQString(paths.front().filename())), 4000);
    }
    std::vector<std::filesystem::path> all = m_paths;
    for (const std::filesystem::path &path : paths)
        if (std::find(all.begin(), all.end(), path) == all.end())
            all.push_back(path);
    analyseAll(std::move(all));
}

void AnalysePage::openWaiting()
{
    if (!currentJob() && !m_waiting.empty())
        openSources(std::exchange(m_waiting, {}));
}

void AnalysePage::analyseAll(std::vector<std::filesystem::path> paths, bool afresh)
{
    if (paths.empty())
        return closeAll();
    delete currentJob(); // the newest wish wins
    m_frames->pause();
    m_told.clear();
    notices()->clear();
    if (m_growing)
        endGrowth();
    m_stale = m_stale || (afresh && m_document);
    m_before = m_document;
    m_cut = false;
    std::vector<std::filesystem::path> fresh = paths;
    DocumentPtr known;
    if (m_document && !m_stale) {
        known = m_document;
        std::erase_if(fresh, [&](const std::filesystem::path &path) { return holds(*known, path); });
    }
    // What is looked at again stays as it was until all of it is there.
    const bool grows = !m_document || known;
    m_wanted = paths;
    Job *job = Job::startTelling<Growth>(
        this, tr("Opening"),
        [known, paths, fresh, grows, options = m_options, store = m_store](Progress &progress, const auto &tell) {
            return analyseInto(known, paths, fresh, options, store, grows, progress, tell);
        },
        [this](Growth growth) {
            // Nothing moves under the user's hand or before the user's eyes; the next one brings all the same.
            const bool busy = QApplication::mouseButtons() != Qt::NoButton || m_frames->isPlaying();
            if (!growth.cut && (busy || !currentJob() || currentJob()->state() != Job::State::Running))
                return;
            m_growing = true;
            m_cut = growth.cut;
            setDocument(std::move(growth.document), m_document != nullptr);
        },
        [this, known, goesOn = grows](DocumentPtr document) {
            m_growing = false;
            m_stale = false;
            m_before.reset();
            setDocument(std::move(document), goesOn && m_document);
            takePaths();
            followProject();
            for (const Source &source : m_document->analysis().sources)
                if (source.groups.empty() && (!known || !holds(*known, source.path)))
                    notices()->add(source.warnings.empty() ? tr("No %1 was found in %2.").arg(elementText(m_document->task()), toQString(source.path))
                                                           : toQString(source.warnings.front()));
        });
    followJob(job);
    Q_EMIT projectChanged();
}

void AnalysePage::note(const QString &text)
{
    m_told << text;
    Page::note(text);
}

void AnalysePage::followJob(Job *job)
{
    follow(job, {});
    connect(job, &Job::finished, this, &AnalysePage::analysisFinished);
    connect(job, &Job::cancelled, this, [this] {
        if (m_cut) {
            m_growing = false;
            m_before.reset();
            takePaths();
            notices()->add(toQString(m_document->analysis().sources.back().warnings.back()));
            updateCaption();
            updateActions();
        } else if (m_growing) {
            endGrowth();
        }
        tell(tr("Cancelled"), 4000);
    });
    connect(job, &Job::failed, this, [this](const QString &detail) {
        if (m_growing)
            endGrowth();
        fail(tr("This could not be opened."), detail);
    });
    connect(job, &Job::over, this, &AnalysePage::openWaiting);
}

/// A folder of videos was opened as its videos: what is there is the document's.
void AnalysePage::takePaths()
{
    m_paths.clear();
    for (const Source &source : m_document->analysis().sources)
        m_paths.push_back(source.path);
}

void AnalysePage::endGrowth()
{
    m_growing = false;
    setDocument(std::exchange(m_before, nullptr), true);
}

void AnalysePage::runAgain()
{
    if (std::vector<std::filesystem::path> paths = sourcesThere(); !paths.empty())
        analyseAll(std::move(paths), true);
}

void AnalysePage::removeSource(int source)
{
    if (!m_document || source < 0 || source >= m_document->sourceCount())
        return;
    std::vector<std::filesystem::path> paths = currentJob() ? m_wanted : m_paths;
    std::erase(paths, m_document->sourceData(source).path);
    analyseAll(std::move(paths));
}

void AnalysePage::readSettings()
{
    const QSettings settings;
    // The arrangement of panels is restored into the size it was made for.
    if (const QSize size = settings.value(QStringLiteral("window/size")).toSize(); size.width() >= 400 && size.height() >= 300)
        resize(size);
    m_panelsArranged = restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), settingsVersion);
    setTheme(static_cast<Theme>(std::clamp(settings.value(QStringLiteral("theme"), 0).toInt(), 0, 2)));
    m_wall->setZoom(settings.value(QStringLiteral("zoom"), m_wall->zoom()).toInt());
    setSort(std::clamp(settings.value(QStringLiteral("sort"), 0).toInt(), 0, 5),
            settings.value(QStringLiteral("ascending"), false).toBool() ? Qt::AscendingOrder : Qt::DescendingOrder);
}

void AnalysePage::writeSettings()
{
    QSettings settings;
    settings.setValue(QStringLiteral("window/size"), size());
    if (m_panelsShown) // else the panels are only hidden because nothing is open
        settings.setValue(QStringLiteral("window/state"), saveState(settingsVersion));
    settings.setValue(QStringLiteral("theme"), static_cast<int>(m_theme));
    settings.setValue(QStringLiteral("zoom"), m_wall->zoom());
    settings.setValue(QStringLiteral("sort"), static_cast<int>(m_faces->sort()));
    settings.setValue(QStringLiteral("ascending"), m_faces->order() == Qt::AscendingOrder);
}

void AnalysePage::leave()
{
    m_frames->pause();
    writeSettings();
}

} // namespace dscope
