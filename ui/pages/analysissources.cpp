// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/analysissources.h"

#include "core/analysis/example.h"
#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/jobs/frameprovider.h"
#include "ui/jobs/job.h"
#include "ui/pages/page.h"
#include "ui/taskwords.h"
#include "ui/views/noticebar.h"

#include <QApplication>
#include <QElapsedTimer>

#include <algorithm>
#include <optional>
#include <utility>

namespace dscope {

/// A document on its way. `cut`: the work was cancelled, and this is what it had.
struct AnalysisSources::Growth {
    DocumentPtr document;
    bool cut = false;
};

namespace {
using Paths = AnalysisSources::Paths;

constexpr qint64 growthMs = 700; ///< between two documents on their way; the next also waits for a twentieth more faces
constexpr int briefMs = 4000;    ///< that a message stands in the status bar

bool isAmong(const Paths &paths, const std::filesystem::path &path)
{
    return std::find(paths.begin(), paths.end(), path) != paths.end();
}

void append(Paths &paths, const Paths &further)
{
    for (const std::filesystem::path &path : further)
        if (!isAmong(paths, path))
            paths.push_back(path);
}

/// What is left of an analysis when only these sources stay.
Analysis only(const Analysis &analysis, const Paths &paths)
{
    Analysis result = analysis;
    std::erase_if(result.sources, [&](const Source &source) { return !isAmong(paths, source.path); });
    return result;
}

bool holds(const Document &document, const std::filesystem::path &path)
{
    const std::vector<Source> &sources = document.analysis().sources;
    return std::any_of(sources.begin(), sources.end(), [&](const Source &source) { return source.path == path; });
}

/// Runs on the pool: analyses `fresh` and puts it behind what is `known`. @param tell of a document on its way, and whether the work was cut short
template<typename Tell>
DocumentPtr analyseInto(const DocumentPtr &known, const Paths &paths, const Paths &fresh, const AnalysisOptions &options, const ModelStore &store, bool grows,
                        Progress &progress, const Tell &tell)
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
            tell({std::make_shared<const Document>(std::move(*all)), false});
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
                tell({std::make_shared<const Document>(std::move(*all)), true});
        }
        throw;
    }
}
} // namespace

AnalysisSources::AnalysisSources(Page *page, FrameProvider *frames, ModelStore store, AnalysisOptions options)
    : QObject(page), m_page(page), m_frames(frames), m_store(std::move(store)), m_options(std::move(options))
{
}

std::filesystem::path AnalysisSources::examplePath(const Task &task)
{
    Progress quiet;
    return exampleVideo(task, quiet);
}

void AnalysisSources::setDocument(DocumentPtr document, bool goesOn)
{
    goesOn = goesOn && document && m_document;
    m_document = std::move(document);
    Q_EMIT documentChanged(m_document, goesOn);
}

void AnalysisSources::show(Analysis analysis)
{
    closeAll();
    for (const Source &source : analysis.sources)
        m_paths.push_back(source.path);
    setDocument(std::make_shared<const Document>(std::move(analysis)));
}

void AnalysisSources::closeAll()
{
    delete m_page->currentJob();
    m_paths.clear();
    m_wanted.clear();
    m_waiting.clear();
    m_before.reset();
    m_growing = false;
    m_stale = false;
    m_unopened.clear();
    m_told.clear();
    m_page->notices()->clear();
    Q_EMIT closed();
    setDocument(nullptr);
}

void AnalysisSources::open(const Paths &paths)
{
    if (paths.empty())
        return;
    Q_EMIT asked(paths);
    if (m_page->currentJob()) {
        // What is under way is not thrown away for it.
        m_waiting.insert(m_waiting.end(), paths.begin(), paths.end());
        Q_EMIT changed();
        return m_page->tell(tr("Opens after what is under way: %1").arg(toQString(paths.front().filename())), briefMs);
    }
    Paths all = m_paths;
    append(all, paths);
    analyse(std::move(all));
}

void AnalysisSources::openWaiting()
{
    if (!m_page->currentJob() && !m_waiting.empty())
        open(std::exchange(m_waiting, {}));
}

void AnalysisSources::openProject(const Paths &paths)
{
    m_unopened = paths;
    const Paths found = there();
    if (!found.empty())
        analyse(found);
    for (const std::filesystem::path &path : paths)
        if (!isAmong(found, path))
            m_page->notices()->add(tr("%1 is not there. It stays in the project; all else is opened.").arg(toQString(path)));
}

void AnalysisSources::runAgain()
{
    if (Paths paths = there(); !paths.empty())
        analyse(std::move(paths), true);
}

void AnalysisSources::remove(int source)
{
    if (!m_document || source < 0 || source >= m_document->sourceCount())
        return;
    Paths paths = wanted();
    std::erase(paths, m_document->sourceData(source).path);
    analyse(std::move(paths));
}

AnalysisSources::Paths AnalysisSources::wanted() const
{
    return m_page->currentJob() ? m_wanted : m_paths;
}

/// All that can be opened now.
AnalysisSources::Paths AnalysisSources::there() const
{
    Paths found;
    for (const std::filesystem::path &path : m_unopened) {
        std::error_code problem;
        if (std::filesystem::exists(path, problem))
            found.push_back(path);
    }
    Paths paths = wanted();
    append(paths, found);
    return paths;
}

AnalysisSources::Paths AnalysisSources::paths(bool waiting) const
{
    Paths paths = m_paths;
    if (m_page->currentJob())
        append(paths, m_wanted);
    if (waiting)
        append(paths, m_waiting);
    append(paths, m_unopened);
    return paths;
}

void AnalysisSources::analyse(Paths paths, bool afresh)
{
    if (paths.empty())
        return closeAll();
    delete m_page->currentJob(); // the newest wish wins
    m_frames->pause();
    m_told.clear();
    m_page->notices()->clear();
    if (m_growing)
        endGrowth();
    m_stale = m_stale || (afresh && m_document);
    m_before = m_document;
    m_cut = false;
    Paths fresh = paths;
    DocumentPtr known;
    if (m_document && !m_stale) {
        known = m_document;
        std::erase_if(fresh, [&](const std::filesystem::path &path) { return holds(*known, path); });
    }
    // What is looked at again stays as it was until all of it is there.
    const bool grows = !m_document || known;
    m_wanted = paths;
    followJob(Job::startTelling<Growth>(
        this, tr("Opening"),
        [known, paths, fresh, grows, options = m_options, store = m_store](Progress &progress, const auto &tell) {
            return analyseInto(known, paths, fresh, options, store, grows, progress, tell);
        },
        [this](Growth growth) { take(std::move(growth)); },
        [this, known, goesOn = grows](DocumentPtr document) { takeWhole(std::move(document), goesOn, known); }));
    Q_EMIT changed();
}

void AnalysisSources::take(Growth growth)
{
    // Nothing moves under the user's hand or before the user's eyes; the next one brings all the same.
    const bool busy = QApplication::mouseButtons() != Qt::NoButton || m_frames->isPlaying();
    if (!growth.cut && (busy || !m_page->currentJob() || m_page->currentJob()->state() != Job::State::Running))
        return;
    m_growing = true;
    m_cut = growth.cut;
    setDocument(std::move(growth.document), true);
}

void AnalysisSources::takeWhole(DocumentPtr document, bool goesOn, const DocumentPtr &known)
{
    m_growing = false;
    m_stale = false;
    m_before.reset();
    setDocument(std::move(document), goesOn);
    takePaths();
    std::erase_if(m_unopened, [this](const std::filesystem::path &path) { return isAmong(m_wanted, path); });
    Q_EMIT completed();
    for (const Source &source : m_document->analysis().sources)
        if (source.groups.empty() && (!known || !holds(*known, source.path)))
            m_page->notices()->add(source.warnings.empty() ? tr("No %1 was found in %2.").arg(elementText(m_document->task()), toQString(source.path))
                                                           : toQString(source.warnings.front()));
}

void AnalysisSources::followJob(Job *job)
{
    m_page->follow(job, {});
    connect(job, &Job::finished, this, &AnalysisSources::finished);
    connect(job, &Job::cancelled, this, [this] {
        if (m_cut) {
            m_growing = false;
            m_before.reset();
            takePaths();
            m_page->notices()->add(toQString(m_document->analysis().sources.back().warnings.back()));
            Q_EMIT settled();
        } else if (m_growing) {
            endGrowth();
        }
        m_page->tell(tr("Cancelled"), briefMs);
    });
    connect(job, &Job::failed, this, [this](const QString &detail) {
        if (m_growing)
            endGrowth();
        m_page->fail(tr("This could not be opened."), detail);
    });
    connect(job, &Job::over, this, &AnalysisSources::openWaiting);
}

/// A folder of videos was opened as its videos: what is there is the document's.
void AnalysisSources::takePaths()
{
    m_paths.clear();
    for (const Source &source : m_document->analysis().sources)
        m_paths.push_back(source.path);
}

void AnalysisSources::endGrowth()
{
    m_growing = false;
    setDocument(std::exchange(m_before, nullptr), true);
}

} // namespace dscope
