// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/thresholdstate.h"
#include "ui/pages/analysisproject.h"
#include "ui/pages/analysisviews.h"
#include "ui/pages/dockpanels.h"
#include "ui/pages/page.h"
#include "ui/theme.h"

class QStackedWidget;

namespace dscope {

class AnalysisActions;

/// The page for analysis, a window of its own or in an AppWindow: sources and groups on the left, the thumbnail wall in the middle, the chosen face on the
/// right, plots below.
class AnalysePage : public Page {
    Q_OBJECT
public:
    explicit AnalysePage(ModelStore store, AnalysisOptions options = {}, QWidget *parent = nullptr);
    ~AnalysePage() override;

    /// Adds sources to what is open and analyses them in the background; analysisFinished() or failed() follows.
    void openSources(const std::vector<std::filesystem::path> &paths) { m_sources->open(paths); }
    /// Shows an analysis that is there already.
    void setAnalysis(Analysis analysis) { m_sources->show(std::move(analysis)); }
    const DocumentPtr &document() const { return m_sources->document(); }
    /// What is shown is not all yet: the analysis goes on.
    bool isGrowing() const { return m_sources->isGrowing(); }
    /// Closes everything that is open.
    void closeAll() { m_sources->closeAll(); }
    /// What a project keeps of this page. With `waiting` also what will be opened after what is under way.
    ProjectAnalysis projectPart(bool waiting = true) const { return m_project->part(waiting); }
    /// Opens a project's sources as it looked at them, in place of what is here. What is missing is told and stays with the project.
    void openProject(const ProjectAnalysis &part) { m_project->open(part); }

    /// Other models are known from now on: for the next analysis.
    void setStore(const dscope::ModelStore &store) override { m_sources->setStore(store); }
    void open(const std::vector<std::filesystem::path> &paths) override { openSources(paths); }
    QVector<std::pair<QString, QString>> furtherKeys() const override;
    /// What was found out of this machine's devices, in a sentence or two; empty until that is known.
    const QString &deviceFound() const;

    void setTheme(Theme theme);
    void setDarkPalette(bool dark) { setTheme(dark ? Theme::Dark : Theme::Light); }
    void setThreshold(double threshold) { m_state.setThreshold(threshold); }
    void setKeep(const Keep &keep) { m_state.setKeep(keep); }
    /// Shows only this group (its number in the Document); -1: all.
    void chooseGroup(int group) { m_views->chooseGroup(group); }
    /// Shows a face in every view; -1: none.
    void chooseFace(int face) { m_views->chooseFace(face); }
    /// Writes a picture of the window as PNG, once thumbnails, frame and curve have arrived (at most some seconds).
    bool saveScreenshot(const std::filesystem::path &path);

    // For tests that use the window as a person would.
    ThresholdState &thresholdState() { return m_state; }

Q_SIGNALS:
    void analysisFinished();

protected:
    bool takes(const std::vector<std::filesystem::path> &paths) const override { return !paths.empty(); }
    void note(const QString &text) override;
    void leave() override;
    bool isBusy() const override;
    std::vector<std::filesystem::path> inputs() const override;
    bool eventFilter(QObject *object, QEvent *event) override;

private:
    void buildCentre();
    void connectParts();
    void followDocument(const DocumentPtr &document, bool goesOn);
    void updateTitle();
    void updateActions();
    void readSettings();

    ThresholdState m_state;
    Theme m_theme = Theme::System;
    DockPanels m_panels;
    QStackedWidget *m_pages; ///< while nothing is open, and while something is
    AnalysisViews *m_views;
    AnalysisSources *m_sources;
    AnalysisProject *m_project;
    AnalysisActions *m_actions;
};

} // namespace dscope
