// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationpage.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"
#include "core/evaluation/classificationrun.h"
#include "ui/convert.h"
#include "ui/jobs/classesengine.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/jobs/retrievalengine.h"
#include "ui/pages/evaluationactions.h"
#include "ui/pages/evaluationplots.h"
#include "ui/pages/evaluationrunner.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/pages/evaluationtables.h"
#include "ui/pages/livepairs.h"
#include "ui/pages/runlist.h"
#include "ui/taskwords.h"
#include "ui/views/classificationview.h"
#include "ui/views/jobbar.h"
#include "ui/views/livebar.h"
#include "ui/views/noticebar.h"
#include "ui/views/parts.h"
#include "ui/views/retrievalview.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QScrollArea>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

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

EvaluationPage::EvaluationPage(ModelStore store, QWidget *parent)
    : Page(QStringLiteral("evaluate"), tr("Evaluate"), tr("Compare ways of recognition on a benchmark, and move the threshold live"), parent),
      m_cache(new ThumbnailCache(this)), m_engine(new LiveEngine(this)), m_stack(new QStackedWidget(this)), m_setup(new EvaluationSetup(this)),
      m_runner(new EvaluationRunner(this, &m_state, m_setup, store))
{
    buildCentre()->addWidget(m_stack, 1);
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(m_setup);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    m_stack->addWidget(scroll);
    m_stack->addWidget(buildResult());
    m_setup->readSettings();
    m_setup->setStore(store);
    followParts();
    followRunner();
    watchProject();
    updateTitle();
    updateActions();
    finishBuilding();
}

EvaluationPage::~EvaluationPage()
{
    // Before the models and the state that their last signals would reach.
    m_engine->disconnect();
    m_retrieval->disconnect(this);
    m_classes->disconnect(this);
    m_state.disconnect();
    m_state.threshold().disconnect();
    m_state.undoStack()->disconnect();
    endAll();
    delete m_engine;
    delete m_retrieval;
    delete m_classes;
}

QWidget *EvaluationPage::buildResult()
{
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    m_list = new RunList(&m_state, across);
    across->addWidget(m_list);
    m_views = new QStackedWidget(across);
    auto *right = new QSplitter(Qt::Vertical, m_views);
    right->setChildrenCollapsible(false);
    auto *upper = new QWidget(right);
    QVBoxLayout *column = fillingColumn(upper, 0);
    EvaluationParts parts;
    parts.page = this;
    parts.state = &m_state;
    parts.engine = m_engine;
    parts.plots = new EvaluationPlots(&m_state, upper);
    parts.tables = new EvaluationTables(&m_state, m_engine, m_cache, right);
    m_live = new LivePairs(&m_state, m_engine, parts.plots, parts.tables, this);
    column->addWidget(parts.plots, 1);
    column->addWidget(m_live->bar());
    right->addWidget(upper);
    right->addWidget(parts.tables);
    right->setStretchFactor(0, 3);
    right->setStretchFactor(1, 2);
    right->setSizes({520, 330});
    m_views->addWidget(right);
    m_retrieval = new RetrievalView(
        &m_state, m_cache, [this] { return m_live->method(); }, m_views);
    m_views->addWidget(m_retrieval);
    m_classes = new ClassificationView(&m_state, m_views);
    m_views->addWidget(m_classes);
    across->setStretchFactor(0, 0);
    across->setStretchFactor(1, 1);
    across->setSizes({250, 1180});
    m_tables = parts.tables;
    parts.live = m_live;
    parts.retrieval = m_retrieval;
    parts.classes = m_classes;
    m_actions = new EvaluationActions(parts, m_list);
    return across;
}

void EvaluationPage::followParts()
{
    connect(m_actions, &EvaluationActions::setupWanted, this, &EvaluationPage::showSetup);
    connect(m_actions, &EvaluationActions::openWanted, this, &EvaluationPage::askForRuns);
    connect(m_actions, &EvaluationActions::saveWanted, this, [this] { saveRuns(); });
    connect(m_actions, &EvaluationActions::keepWanted, this, &EvaluationPage::keepLive);
    connect(m_setup, &EvaluationSetup::back, this, &EvaluationPage::showResult);
    connect(m_setup, &EvaluationSetup::openRuns, this, &EvaluationPage::askForRuns);
    connect(m_list, &RunList::choiceChanged, this, &EvaluationPage::updateActions);
    connect(m_list, &RunList::methodWanted, this, &EvaluationPage::addMethod);
    connect(m_list, &RunList::loadingWanted, this, &EvaluationPage::loadFeatures);
    connect(m_tables, &EvaluationTables::failed, this, &Page::showFailure);
    connect(m_tables, &EvaluationTables::message, this, [this](const QString &text) { tell(text); });
    connect(&m_state, &EvaluationState::runsChanged, this, [this] {
        updateTitle();
        updateView();
    });
    connect(&m_state, &EvaluationState::savedChanged, this, &EvaluationPage::updateTitle);
    connect(&m_state, &EvaluationState::currentChanged, this, &EvaluationPage::updateView);
    connect(m_live, &LivePairs::readyChanged, this, &EvaluationPage::updateActions);
    connect(m_live, &LivePairs::methodWanted, this, &EvaluationPage::addMethod);
    connect(m_live, &LivePairs::recommendationChanged, this, &Page::projectChanged);
    connect(m_live->bar(), &LiveBar::keepWanted, this, &EvaluationPage::keepLive);
    connect(m_engine, &LiveEngine::started, jobBar(), &JobBar::follow);
    connect(m_engine, &LiveEngine::failed, notices(), &NoticeBar::add);
    connect(m_retrieval, &RetrievalView::started, jobBar(), &JobBar::follow);
    connect(m_retrieval, &RetrievalView::failed, notices(), &NoticeBar::add);
    connect(m_retrieval, &RetrievalView::keepWanted, this, &EvaluationPage::keepLive);
    connect(m_retrieval, &RetrievalView::methodWanted, this, &EvaluationPage::addMethod);
    connect(m_retrieval, &RetrievalView::liveChanged, this, &EvaluationPage::updateActions);
    connect(m_classes, &ClassificationView::started, jobBar(), &JobBar::follow);
    connect(m_classes, &ClassificationView::failed, notices(), &NoticeBar::add);
    connect(m_classes, &ClassificationView::keepWanted, this, &EvaluationPage::keepLive);
    connect(m_classes, &ClassificationView::liveChanged, this, &EvaluationPage::updateActions);
}

void EvaluationPage::followRunner()
{
    connect(m_runner, &EvaluationRunner::setArrived, this, &EvaluationPage::takeSet);
    connect(m_runner, &EvaluationRunner::runsOpened, this, [this] {
        showResult();
        updateTitle();
        Q_EMIT opened();
    });
    connect(m_runner, &EvaluationRunner::begun, this, &EvaluationPage::updateActions);
    connect(m_runner, &EvaluationRunner::over, this, [this] {
        // Not while rows were being made: both want all cores.
        if (set() && !m_engine->live() && !m_engine->preparing() && !m_retrieval->isLiveStarted() && !m_classes->isLiveStarted())
            startLive();
        updateActions();
    });
}

const EvaluationSetPtr &EvaluationPage::set() const
{
    return m_runner->set();
}

void EvaluationPage::setStore(const ModelStore &store)
{
    m_runner->setStore(store);
    m_setup->setStore(store);
}

void EvaluationPage::startLive()
{
    const QStringList names = liveMethodNames(set());
    if (!names.contains(m_state.liveMethod())) // of a set that had a second look
        m_state.forgetLiveMethod();
    QStringList titles;
    for (const QString &name : names)
        titles << liveMethodTitle(name);
    if (isClassification(set()))
        m_classes->startLive(names, titles);
    else if (retrievalOf(set()) != nullptr)
        m_retrieval->startLive(names, titles);
    else
        m_live->start(m_runner->resamples());
}

void EvaluationPage::keepLive()
{
    if (const std::optional<Method> method = isClassification(set()) ? m_classes->method() : m_live->method(); method && set())
        addMethod(toQString(nameOf(*method)));
}

Protocol EvaluationPage::shownProtocol() const
{
    if (const ShownRun *shown = m_state.currentRun(); shown != nullptr)
        return protocolOf(*shown->run);
    return isClassification(set()) ? Protocol::Classification : retrievalOf(set()) != nullptr ? Protocol::Retrieval : Protocol::Verification;
}

void EvaluationPage::updateView()
{
    switch (shownProtocol()) {
    case Protocol::Verification: m_views->setCurrentIndex(0); break;
    case Protocol::Retrieval: m_views->setCurrentWidget(m_retrieval); break;
    case Protocol::Classification: m_views->setCurrentWidget(m_classes); break;
    }
    updateActions();
}

void EvaluationPage::updateActions()
{
    EvaluationActions::Situation now;
    now.shown = m_stack->currentIndex() == 1;
    now.protocol = shownProtocol();
    now.canAdd = set() && !currentJob();
    now.live = now.protocol == Protocol::Classification ? m_classes->isLive()
        : now.protocol == Protocol::Retrieval           ? m_retrieval->isLive()
                                                        : m_engine->live() != nullptr;
    m_actions->update(now);
    m_list->enableAdding(now.canAdd);
    m_list->offerLoading(!set() && !m_state.runs().empty() && !m_setup->request().root.empty(), !currentJob());
}

void EvaluationPage::updateTitle()
{
    const QLocale locale;
    QString name;
    if (set())
        name = toQString(set()->features->benchmark);
    else if (!m_state.runs().empty())
        name = toQString(m_state.runs().front().run->benchmark);
    setWindowTitle(name.isEmpty() ? tr("Evaluate – Dscope") : tr("%1[*] – Dscope").arg(name));
    setWindowModified(m_state.isDirty());
    if (!set()) {
        m_list->setSetText(m_state.runs().empty() ? QString() : tr("Figures alone: the features are not open."));
        return status()->clear();
    }
    const TemplateFeatures &features = *set()->features;
    const auto count = [&](std::int64_t number) { return locale.toString(static_cast<qlonglong>(number)); };
    const Task &task = taskNamed(set()->benchmark->task);
    const RetrievalLists *lists = retrievalOf(set());
    const QString size = QStringLiteral("%1 %2, %3 %4, ").arg(count(features.templates()), groupsText(task), count(features.faces()), elementsText(task))
        + (isClassification(set()) ? tr("%1 classes").arg(count(std::ssize(features.subjectNames)))
               : lists != nullptr  ? tr("%1 queries").arg(count(std::ssize(lists->queries)))
                                   : tr("%1 pairs").arg(count(set()->pairCount())));
    m_list->setSetText(tr("Open: %1%2\n%3").arg(toQString(features.benchmark), features.synthetic ? tr(" (synthetic)") : QString(), size));
    QStringList parts{toQString(features.benchmark) + (features.synthetic ? tr(" (synthetic set)") : QString()), size};
    for (const std::string &part : {set()->base, set()->ddnet, set()->device})
        if (!part.empty())
            parts << toQString(part);
    status()->setText(parts.join(QStringLiteral("  ·  ")));
}

void EvaluationPage::open(const std::vector<std::filesystem::path> &paths)
{
    if (paths.front().extension() == ".json")
        openRuns(paths.front());
    else
        setData(paths.front());
}

void EvaluationPage::setData(const std::filesystem::path &path)
{
    showSetup();
    m_setup->setData(path);
}

void EvaluationPage::evaluate(EvaluationSetPtr set, const std::vector<std::string> &methods, int resamples)
{
    m_runner->evaluate(std::move(set), methods, resamples);
}

void EvaluationPage::loadFeatures()
{
    m_runner->loadFeatures();
}

void EvaluationPage::addMethod(const QString &name)
{
    m_runner->addMethod(name);
}

void EvaluationPage::openRuns(const std::filesystem::path &file)
{
    m_runner->openRuns(file);
}

void EvaluationPage::takeSet(const EvaluationSetPtr &set)
{
    m_live->setSet(set);
    m_tables->setSet(set);
    m_retrieval->setSet(set, m_runner->distance());
    m_classes->setSet(set);
    m_state.forgetLiveSplit();
    m_cache->setSource(std::make_shared<EvaluationPictures>(set));
    for (const std::string &warning : set->warnings)
        notices()->add(toQString(warning));
    updateView();
    showResult();
    updateTitle();
    Q_EMIT opened();
}

void EvaluationPage::showSetup()
{
    m_stack->setCurrentIndex(0);
    m_setup->setBackPossible(set() || !m_state.runs().empty());
    updateActions();
}

void EvaluationPage::showResult()
{
    m_stack->setCurrentIndex(1);
    updateActions();
    m_list->list()->setFocus();
}

bool EvaluationPage::opens(const std::filesystem::path &file)
{
    if (file.extension() != ".json")
        return false;
    const std::vector<std::uint8_t> bytes = firstBytes(file, 4096);
    const std::string_view start(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return start.find("\"dscope.evaluation") != std::string::npos;
}

void EvaluationPage::askForRuns()
{
    askForFile(this, tr("Open runs"), {tr("Evaluations (*.json)"), tr("All files (*)")}, [this](const std::filesystem::path &file) { openRuns(file); });
}

void EvaluationPage::saveRuns(std::function<void()> then)
{
    write(
        tr("Save runs"), QStringLiteral("evaluation.json"), {tr("Evaluations (*.json)")}, [this](const std::filesystem::path &path) { m_state.save(path); },
        [this, then = std::move(then)] {
            m_state.setSaved();
            if (then)
                then();
        });
}

std::optional<Page::Question> EvaluationPage::unsaved() const
{
    if (!m_asksBeforeClosing || !m_state.isDirty() || m_state.runs().empty())
        return std::nullopt;
    return Question{tr("Save the runs first?"), tr("%n run(s) of the evaluation are not saved.", nullptr, static_cast<int>(m_state.runs().size()))};
}

void EvaluationPage::save(std::function<void()> then, std::function<void()>)
{
    saveRuns(std::move(then));
}

void EvaluationPage::leave()
{
    m_engine->stopCurve();
    m_setup->writeSettings();
}

bool EvaluationPage::isBusy() const
{
    return Page::isBusy() || m_engine->isBusy() || m_engine->curveRuns() || m_retrieval->isBusy() || m_classes->isBusy();
}

QComboBox *EvaluationPage::priceBox() const
{
    return m_live->bar()->findChild<QComboBox *>(QStringLiteral("livePrices"));
}

void EvaluationPage::watchProject()
{
    connect(&m_state, &EvaluationState::runsChanged, this, &Page::projectChanged);
    connect(&m_state, &EvaluationState::savedChanged, this, &Page::projectChanged);
    connect(&m_state, &EvaluationState::farChanged, this, &Page::projectChanged);
    connect(&m_state, &EvaluationState::liveMethodChanged, this, &Page::projectChanged);
    connect(&m_state.threshold(), &ThresholdState::changed, this, &Page::projectChanged);
    connect(priceBox(), &QComboBox::currentIndexChanged, this, &Page::projectChanged);
    // The form has many fields, and each is of one of five kinds.
    for (QLineEdit *field : m_setup->findChildren<QLineEdit *>())
        connect(field, &QLineEdit::textChanged, this, &Page::projectChanged);
    for (QComboBox *field : m_setup->findChildren<QComboBox *>())
        connect(field, &QComboBox::currentIndexChanged, this, &Page::projectChanged);
    for (QCheckBox *field : m_setup->findChildren<QCheckBox *>())
        connect(field, &QCheckBox::toggled, this, &Page::projectChanged);
    for (QSpinBox *field : m_setup->findChildren<QSpinBox *>())
        connect(field, &QSpinBox::valueChanged, this, &Page::projectChanged);
    for (QDoubleSpinBox *field : m_setup->findChildren<QDoubleSpinBox *>())
        connect(field, &QDoubleSpinBox::valueChanged, this, &Page::projectChanged);
}

ProjectEvaluation EvaluationPage::projectPart() const
{
    ProjectEvaluation part;
    part.form = m_setup->request();
    const std::vector<int> chosen = m_list->chosen();
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
    part.asIResNet100 = m_live->bar()->asIResNet100();
    part.recommendation = m_live->taken().sentence();
    return part;
}

void EvaluationPage::openProject(const ProjectEvaluation &part)
{
    m_runner->clear(part.form);
    m_live->setSet(nullptr);
    m_tables->setSet(nullptr);
    m_retrieval->setSet(nullptr, m_runner->distance());
    m_cache->setSource(nullptr);
    notices()->clear();
    std::vector<ShownRun> runs;
    std::size_t current = part.runs.size();
    for (const ProjectRun &run : part.runs) {
        if (run.chosen)
            current = std::min(current, runs.size());
        runs.push_back(shownOf(run));
    }
    m_state.reset(std::move(runs), current, toQString(part.liveMethod), part.threshold, part.far);
    std::vector<std::shared_ptr<const EvaluationRun>> by;
    for (const ProjectRun &run : part.runs)
        by.push_back(run.run);
    m_live->taken().restore(part.recommendation, std::move(by)); // after the method, whose change would end it
    priceBox()->setCurrentIndex(part.asIResNet100 ? 1 : 0);
    for (std::size_t row = 0; row < part.runs.size(); ++row)
        if (part.runs[row].chosen)
            m_list->mark(static_cast<int>(row));
    const EvaluationRequest &form = part.form;
    std::error_code problem;
    std::vector<const std::filesystem::path *> paths{&form.root,           &form.files.pairs, &form.files.identities,
                                                     &form.files.pictures, &form.features,    &form.dScores};
    for (const auto &quality : form.qualities)
        paths.push_back(&quality.second);
    for (const std::filesystem::path *path : paths)
        if (!path->empty() && !std::filesystem::exists(*path, problem))
            notices()->add(tr("%1 is not there. The figures of the saved runs do not need it; evaluating again does.").arg(toQString(*path)));
    if (part.runs.empty())
        showSetup();
    else
        showResult();
    updateTitle();
    updateActions();
}

} // namespace dscope
