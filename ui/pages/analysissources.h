// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "ui/models/document.h"

#include <QObject>
#include <QStringList>

#include <filesystem>
#include <vector>

namespace dscope {

class FrameProvider;
class Job;
class Page;

/// The sources that are open on the page for analysis, and the work that makes a document of them, one job at a time. What is opened meanwhile waits.
class AnalysisSources : public QObject {
    Q_OBJECT
public:
    using Paths = std::vector<std::filesystem::path>;

    /// @param frames while they play, nothing that is on its way takes their place
    AnalysisSources(Page *page, FrameProvider *frames, ModelStore store, AnalysisOptions options);

    const ModelStore &store() const { return m_store; }
    void setStore(const ModelStore &store) { m_store = store; }
    /// Of the next analysis.
    AnalysisOptions &options() { return m_options; }
    const AnalysisOptions &options() const { return m_options; }
    const DocumentPtr &document() const { return m_document; }
    /// The document is not all yet: the analysis goes on.
    bool isGrowing() const { return m_growing; }
    /// The document is whole, and made by the options as they are.
    bool isCurrent() const { return m_document && !m_growing && !m_stale; }
    bool isAnyWaiting() const { return !m_waiting.empty(); }
    /// Notices of the last analysis and of what was exported of it.
    const QStringList &told() const { return m_told; }
    void remember(const QString &notice) { m_told << notice; }

    /// Adds sources to what is open.
    void open(const Paths &paths);
    /// Shows an analysis that is there already.
    void show(Analysis analysis);
    /// A project's sources, where nothing is open yet. What is missing is told and stays with the project.
    void openProject(const Paths &paths);
    /// By the options as they are now.
    void runAgain();
    void remove(int source);
    void closeAll();
    /// The video shipped as the example: in $DSCOPE_SAMPLES, else the cache folder's samples/. Empty where it is not there.
    static std::filesystem::path examplePath(const Task &task = tasks().front());
    /// What a project keeps. With `waiting` also what will be opened after what is under way.
    Paths paths(bool waiting) const;

Q_SIGNALS:
    /// `goesOn`: it carries on the last one.
    void documentChanged(const dscope::DocumentPtr &document, bool goesOn);
    /// What is on show will not grow any more.
    void settled();
    /// All that was wanted is in the document.
    void completed();
    /// After completed(), when the job is over as well.
    void finished();
    void closed();
    /// The user has named these.
    void asked(const std::vector<std::filesystem::path> &paths);
    void changed();

private:
    struct Growth;
    void analyse(Paths paths, bool afresh = false);
    void setDocument(DocumentPtr document, bool goesOn = false);
    void take(Growth growth);
    void takeWhole(DocumentPtr document, bool goesOn, const DocumentPtr &known);
    void followJob(Job *job);
    void takePaths();
    void endGrowth();
    void openWaiting();
    Paths there() const;
    Paths wanted() const;

    Page *m_page;
    FrameProvider *m_frames;
    ModelStore m_store;
    AnalysisOptions m_options;
    DocumentPtr m_document;
    DocumentPtr m_before; ///< the last that was complete, while m_document grows
    Paths m_paths;
    Paths m_wanted;   ///< what the job under way will show
    Paths m_waiting;  ///< opened meanwhile
    Paths m_unopened; ///< sources of the project that are not in m_document
    bool m_growing = false;
    bool m_cut = false;   ///< the job was cancelled and left what it had
    bool m_stale = false; ///< the options have changed since m_document was made
    QStringList m_told;
};

} // namespace dscope
