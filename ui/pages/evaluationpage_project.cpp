// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationpage.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/runmodel.h"
#include "ui/models/tarmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/runplot.h"
#include "ui/views/livebar.h"
#include "ui/views/noticebar.h"
#include "ui/views/retrievalview.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QItemSelectionModel>
#include <QLineEdit>
#include <QListView>
#include <QSpinBox>

#include <algorithm>

namespace dscope {

namespace {
ShownRun shownOf(const ProjectRun &run)
{
    ShownRun shown;
    shown.run = run.run;
    shown.title = toQString(run.title);
    shown.colour = run.colour % runColours;
    shown.shown = run.shown;
    shown.stored = run.stored;
    try {
        if (!run.method.empty())
            shown.method = methodNamed(run.method);
    } catch (const Error &) {
        // Its network is elsewhere now: the figures stand all the same.
    }
    return shown;
}
} // namespace

QComboBox *EvaluationPage::priceBox() const
{
    return m_live->findChild<QComboBox *>(QStringLiteral("livePrices"));
}

void EvaluationPage::watchProject()
{
    connect(&m_state, &EvaluationState::runsChanged, this, &EvaluationPage::projectChanged);
    connect(&m_state, &EvaluationState::savedChanged, this, &EvaluationPage::projectChanged);
    connect(&m_state, &EvaluationState::farChanged, this, &EvaluationPage::projectChanged);
    connect(&m_state, &EvaluationState::liveMethodChanged, this, &EvaluationPage::projectChanged);
    connect(&m_state.threshold(), &ThresholdState::changed, this, &EvaluationPage::projectChanged);
    connect(priceBox(), &QComboBox::currentIndexChanged, this, &EvaluationPage::projectChanged);
    // The form has many fields, and each is of one of five kinds.
    for (QLineEdit *field : m_setup->findChildren<QLineEdit *>())
        connect(field, &QLineEdit::textChanged, this, &EvaluationPage::projectChanged);
    for (QComboBox *field : m_setup->findChildren<QComboBox *>())
        connect(field, &QComboBox::currentIndexChanged, this, &EvaluationPage::projectChanged);
    for (QCheckBox *field : m_setup->findChildren<QCheckBox *>())
        connect(field, &QCheckBox::toggled, this, &EvaluationPage::projectChanged);
    for (QSpinBox *field : m_setup->findChildren<QSpinBox *>())
        connect(field, &QSpinBox::valueChanged, this, &EvaluationPage::projectChanged);
    for (QDoubleSpinBox *field : m_setup->findChildren<QDoubleSpinBox *>())
        connect(field, &QDoubleSpinBox::valueChanged, this, &EvaluationPage::projectChanged);
}

ProjectEvaluation EvaluationPage::projectPart() const
{
    ProjectEvaluation part;
    part.form = m_setup->request();
    const std::vector<int> chosen = chosenRuns();
    for (const ShownRun &shown : m_state.runs()) {
        ProjectRun run;
        run.run = shown.run;
        run.title = shown.title.toStdString();
        run.colour = shown.colour;
        run.shown = shown.shown;
        run.chosen = std::find(chosen.begin(), chosen.end(), shown.id) != chosen.end();
        run.stored = shown.stored;
        if (shown.method)
            run.method = nameOf(*shown.method);
        else if (shown.stored && shown.stored->contains("method") && (*shown.stored)["method"].is_string())
            run.method = (*shown.stored)["method"].get<std::string>(); // not understood here, but not lost either
        part.runs.push_back(std::move(run));
    }
    part.liveMethod = m_state.liveMethod().toStdString();
    part.threshold = m_state.threshold().threshold();
    part.far = m_state.far();
    part.asIResNet100 = m_live->asIResNet100();
    part.recommendation = m_recommended;
    return part;
}

void EvaluationPage::openProject(const ProjectEvaluation &part)
{
    delete m_job;
    m_taken = 0;
    if (m_recommend)
        m_recommend->close();
    m_engine->setSet(nullptr, {});
    m_set.reset();
    m_retrieval->setSet(nullptr, m_distance);
    m_cache->setSource(nullptr);
    m_live->setReady(false);
    m_roc->clearLive();
    m_tarModel->setLive(std::nullopt);
    m_tradeoff->setMarker(std::nullopt);
    m_tradeoff->setRecommended(std::nullopt);
    m_notices->clear();
    m_setup->setRunning(false);
    m_setup->setRequest(part.form);
    m_resamples = part.form.resamples;
    std::vector<ShownRun> runs;
    std::size_t current = part.runs.size();
    for (const ProjectRun &run : part.runs) {
        if (run.chosen)
            current = std::min(current, runs.size());
        runs.push_back(shownOf(run));
    }
    m_state.reset(std::move(runs), current, toQString(part.liveMethod), part.threshold, part.far);
    // After the method, whose change would end it.
    m_recommended = part.recommendation;
    m_recommendedOn.reset();
    m_recommendedSplit = EvaluationSet::allSplits;
    m_recommendedBy.clear();
    for (const ProjectRun &run : part.runs)
        m_recommendedBy.push_back(run.run);
    priceBox()->setCurrentIndex(part.asIResNet100 ? 1 : 0);
    for (std::size_t row = 0; row < part.runs.size(); ++row)
        if (part.runs[row].chosen)
            m_runs->selectionModel()->select(m_runModel->index(static_cast<int>(row)), QItemSelectionModel::Select);
    const EvaluationRequest &form = part.form;
    std::error_code problem;
    std::vector<const std::filesystem::path *> paths{&form.root,           &form.files.pairs, &form.files.identities,
                                                     &form.files.pictures, &form.features,    &form.dScores};
    for (const auto &quality : form.qualities)
        paths.push_back(&quality.second);
    for (const std::filesystem::path *path : paths)
        if (!path->empty() && !std::filesystem::exists(*path, problem))
            m_notices->add(tr("%1 is not there. The figures of the saved runs do not need it; evaluating again does.").arg(toQString(*path)));
    if (part.runs.empty())
        showSetup();
    else
        showResult();
    updateTitle();
    updateActions();
}

} // namespace dscope
