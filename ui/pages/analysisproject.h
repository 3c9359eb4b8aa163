// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/project.h"
#include "ui/pages/analysisexports.h"

#include <QObject>

namespace dscope {

/// What a project keeps of the page for analysis, and the page as a project has it.
class AnalysisProject : public QObject {
    Q_OBJECT
public:
    explicit AnalysisProject(const AnalysisParts &parts);

    /// With `waiting` also what will be opened after what is under way.
    ProjectAnalysis part(bool waiting) const;
    /// In place of what is here.
    void open(const ProjectAnalysis &part);

private:
    void addModels(ProjectAnalysis &part) const;
    void checkModels();
    void checkModel(const ProjectModel &before, const UsedModel &now, const QString &what);

    AnalysisParts m_parts;
    ProjectAnalysis m_opened;
    bool m_unchecked = false; ///< its models are not compared yet with those in use
};

} // namespace dscope
