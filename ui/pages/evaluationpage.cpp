// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationpage.h"

#include "ui/convert.h"
#include "ui/delegates/tardelegate.h"
#include "ui/dialogs/recommenddialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/farmodel.h"
#include "ui/models/pairmodel.h"
#include "ui/models/runmodel.h"
#include "ui/models/tarmodel.h"
#include "ui/pages/evaluationsetup.h"
#include "ui/plots/livetradeoff.h"
#include "ui/plots/runplot.h"
#include "ui/theme.h"
#include "ui/translation.h"
#include "ui/views/fillingtable.h"
#include "ui/views/jobbar.h"
#include "ui/views/livebar.h"
#include "ui/views/noticebar.h"
#include "ui/views/retrievalview.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QListView>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace dscope {

EvaluationPage::EvaluationPage(ModelStore store, QWidget *parent)
    : QMainWindow(parent), m_store(std::move(store)), m_cache(new ThumbnailCache(this)), m_engine(new LiveEngine(this)),
      m_runModel(new RunModel(&m_state, this)), m_tarModel(new TarModel(&m_state, this)), m_farModel(new FarModel(this)),
      m_genuine(new PairModel(PairModel::Kind::Genuine, this)), m_impostor(new PairModel(PairModel::Kind::Impostor, this)), m_notices(new NoticeBar(this)),
      m_stack(new QStackedWidget(this)), m_setup(new EvaluationSetup(this))
{
    installTranslation();
    setObjectName(QStringLiteral("evaluationPage"));
    setAcceptDrops(true);
    auto *centre = new QWidget(this);
    auto *column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_notices);
    column->addWidget(m_stack, 1);
    setCentralWidget(centre);
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(m_setup);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    m_stack->addWidget(scroll);
    buildResult();
    m_stack->addWidget(m_result);
    m_jobBar = new JobBar(this);
    m_status = new QLabel(this);
    statusBar()->addWidget(m_status, 1);
    statusBar()->addPermanentWidget(m_jobBar);
    buildActions();
    m_setup->readSettings();
    m_setup->setStore(m_store);
    m_runModel->setPalette(palette());
    m_tarModel->setPalette(palette());

    connect(m_setup, &EvaluationSetup::start, this, &EvaluationPage::start);
    connect(m_setup, &EvaluationSetup::stop, this, [this] {
        if (m_job)
            m_job->cancel();
    });
    connect(m_setup, &EvaluationSetup::back, this, &EvaluationPage::showResult);
    connect(m_setup, &EvaluationSetup::openRuns, this, &EvaluationPage::askForRuns);
    connect(&m_state, &EvaluationState::runsChanged, this, [this] {
        updateFars();
        updateDetails();
        updateTitle();
        updateView();
    });
    connect(&m_state, &EvaluationState::savedChanged, this, &EvaluationPage::updateTitle);
    connect(&m_state, &EvaluationState::currentChanged, this, [this](int id) {
        if (const int row = m_runModel->rowOf(id); row >= 0 && m_runs->currentIndex().row() != row)
            m_runs->setCurrentIndex(m_runModel->index(row));
        updateDetails();
        updateView();
    });
    connect(&m_state, &EvaluationState::farChanged, this, [this](double far) {
        m_tradeoff->setFar(far);
        updateLive();
        updatePairs();
        if (m_recommend)
            recommend();
    });
    connect(&m_state, &EvaluationState::liveMethodChanged, this, [this] {
        m_recommended.clear(); // it was of another method
        if (const std::optional<Method> method = liveMethod(); method && m_set)
            m_engine->setRule(linearRule(*method));
        updateLive();
    });
    connect(&m_state, &EvaluationState::liveSplitChanged, this, &EvaluationPage::arrangeLive);
    connect(&m_state.threshold(), &ThresholdState::draggingChanged, this, [this](bool dragging) { dragging ? m_engine->beginDrag() : m_engine->endDrag(); });
    connect(&m_state.threshold(), &ThresholdState::changed, this, [this] { m_engine->move(m_state.threshold().threshold()); });
    connect(m_engine, &LiveEngine::started, m_jobBar, &JobBar::follow);
    connect(m_engine, &LiveEngine::ready, this, [this] {
        m_live->setReady(true);
        updateActions();
        updateLive();
    });
    connect(m_engine, &LiveEngine::estimated, this, &EvaluationPage::updateLive);
    for (const auto signal : {&LiveEngine::exactReady, &LiveEngine::intervalsReady})
        connect(m_engine, signal, this, [this] {
            updateLive();
            if (m_state.current() == EvaluationState::liveId)
                updateDetails();
        });
    connect(m_engine, &LiveEngine::curveChanged, this, [this] {
        m_tradeoff->setCurve(m_engine->curve());
        if (m_recommend)
            recommend();
    });
    connect(m_engine, &LiveEngine::failed, this, [this](const QString &detail) { m_notices->add(detail); });
    connect(m_retrieval, &RetrievalView::started, m_jobBar, &JobBar::follow);
    connect(m_retrieval, &RetrievalView::failed, this, [this](const QString &detail) { m_notices->add(detail); });
    watchProject();
    updateFars();
    updateDetails();
    updateTitle();
    updateActions();
}

EvaluationPage::~EvaluationPage()
{
    hide(); // while the state is there: hidden later, tables would ask it for the widths of their headers
    // Before the models and the state that their last signals would reach.
    m_engine->disconnect(this);
    delete m_engine;
    m_engine = nullptr;
    m_retrieval->disconnect(this);
    delete m_retrieval;
    for (Job *job : findChildren<Job *>())
        delete job;
    m_state.disconnect();
    m_state.threshold().disconnect();
    m_state.undoStack()->disconnect();
}

void EvaluationPage::buildResult()
{
    m_result = new QWidget(this);
    auto *line = new QHBoxLayout(m_result);
    line->setContentsMargins(0, 0, 0, 0);
    auto *across = new QSplitter(Qt::Horizontal, m_result);
    across->setChildrenCollapsible(false);
    line->addWidget(across);
    across->addWidget(buildRunList());
    m_views = new QStackedWidget(across);
    auto *right = new QSplitter(Qt::Vertical, m_views);
    right->setChildrenCollapsible(false);
    auto *upper = new QWidget(right);
    auto *column = new QVBoxLayout(upper);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(buildPlots(), 1);
    m_live = new LiveBar(&m_state, upper);
    column->addWidget(m_live);
    connect(m_live, &LiveBar::pricesChanged, this, &EvaluationPage::updatePrices);
    connect(m_live, &LiveBar::recommendWanted, this, &EvaluationPage::recommend);
    connect(m_live, &LiveBar::keepWanted, this, &EvaluationPage::keepLive);
    right->addWidget(upper);
    right->addWidget(buildTables());
    right->setStretchFactor(0, 3);
    right->setStretchFactor(1, 2);
    right->setSizes({520, 330});
    m_views->addWidget(right);
    m_retrieval = new RetrievalView(
        &m_state, m_cache, [this] { return liveMethod(); }, m_views);
    m_views->addWidget(m_retrieval);
    connect(m_retrieval, &RetrievalView::keepWanted, this, &EvaluationPage::keepLive);
    connect(m_retrieval, &RetrievalView::methodWanted, this, &EvaluationPage::addMethod);
    connect(m_retrieval, &RetrievalView::liveChanged, this, &EvaluationPage::updateActions);
    across->setStretchFactor(0, 0);
    across->setStretchFactor(1, 1);
    across->setSizes({250, 1180});
}

QWidget *EvaluationPage::buildRunList()
{
    auto *side = new QWidget(this);
    auto *column = new QVBoxLayout(side);
    column->setContentsMargins(8, 8, 0, 6);
    column->setSpacing(4);
    auto *head = new QHBoxLayout;
    auto *title = new QLabel(QStringLiteral("<b>%1</b>").arg(tr("Runs")), side);
    head->addWidget(title, 1);
    const auto tool = [&](const QString &name, const QString &text, const QString &tip) {
        auto *button = new QToolButton(side);
        button->setObjectName(name);
        button->setAccessibleName(text);
        button->setToolTip(tip);
        button->setAutoRaise(true);
        head->addWidget(button);
        return button;
    };
    QToolButton *add = tool(QStringLiteral("runAdd"), tr("Add a run"), tr("Another method on the same features"));
    add->setPopupMode(QToolButton::InstantPopup);
    auto *menu = new QMenu(add);
    menu->setObjectName(QStringLiteral("runAddMenu"));
    fillMethodMenu(menu);
    add->setMenu(menu);
    QToolButton *remove = tool(QStringLiteral("runRemove"), tr("Remove the chosen runs"), tr("Remove the chosen runs (Del); it can be undone"));
    connect(remove, &QToolButton::clicked, this, &EvaluationPage::removeChosen);
    column->addLayout(head);
    m_runs = new QListView(side);
    m_runs->setObjectName(QStringLiteral("runList"));
    m_runs->setAccessibleName(tr("Runs: a tick shows one in the plots, F2 renames it"));
    m_runs->setModel(m_runModel);
    m_runs->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_runs->setEditTriggers(QAbstractItemView::EditKeyPressed | QAbstractItemView::DoubleClicked);
    m_runs->setWordWrap(false);
    m_runs->setSpacing(1);
    m_runs->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_runs, &QListView::customContextMenuRequested, this, &EvaluationPage::recolourMenu);
    connect(m_runs->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (index.isValid())
            m_state.setCurrent(m_runModel->idAt(index.row()));
        updateActions();
    });
    connect(m_runs->selectionModel(), &QItemSelectionModel::selectionChanged, this, &EvaluationPage::updateActions);
    connect(m_runModel, &QAbstractItemModel::modelReset, this, [this] {
        if (const int row = m_runModel->rowOf(m_state.current()); row >= 0)
            m_runs->setCurrentIndex(m_runModel->index(row));
    });
    column->addWidget(m_runs, 1);
    m_setText = new QLabel(side);
    m_setText->setObjectName(QStringLiteral("setText"));
    m_setText->setWordWrap(true);
    m_setText->setTextFormat(Qt::PlainText);
    m_setText->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_setText);
    m_load = new QPushButton(tr("Load the features"), side);
    m_load->setObjectName(QStringLiteral("loadFeatures"));
    m_load->setToolTip(tr("Reads the benchmark again, with its features, for the live threshold and the pictures behind the pairs. Runs are not made anew; "
                          "features that are not there yet are extracted."));
    m_load->hide();
    connect(m_load, &QPushButton::clicked, this, &EvaluationPage::loadFeatures);
    column->addWidget(m_load);
    side->setMinimumWidth(190);
    return side;
}

QWidget *EvaluationPage::buildPlots()
{
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    m_roc = new RocPlot(&m_state);
    m_tradeoff = new LiveTradeoff;
    const auto panel = [&](QTabBar *tabs, const std::vector<PlainPlot *> &plots, QWidget *corner) {
        auto *box = new QWidget(across);
        auto *column = new QVBoxLayout(box);
        column->setContentsMargins(0, 4, 0, 0);
        column->setSpacing(0);
        auto *head = new QHBoxLayout;
        head->setContentsMargins(4, 0, 8, 0);
        head->addWidget(tabs);
        head->addStretch(1);
        if (corner != nullptr)
            head->addWidget(corner);
        column->addLayout(head);
        auto *stack = new QStackedWidget(box);
        for (PlainPlot *plot : plots) {
            stack->addWidget(plot);
            tabs->addTab(plot->accessibleName());
            m_plots.push_back(plot);
        }
        tabs->setDrawBase(false);
        tabs->setExpanding(false);
        connect(tabs, &QTabBar::currentChanged, stack, &QStackedWidget::setCurrentIndex);
        column->addWidget(stack, 1);
        across->addWidget(box);
    };
    m_leftTabs = new QTabBar(across);
    m_leftTabs->setObjectName(QStringLiteral("leftPlots"));
    m_leftTabs->setAccessibleName(tr("Plots on the left"));
    panel(m_leftTabs, {m_roc, new DetPlot(&m_state), new PairHistogram(&m_state)}, nullptr);
    m_rightTabs = new QTabBar(across);
    m_rightTabs->setObjectName(QStringLiteral("rightPlots"));
    m_rightTabs->setAccessibleName(tr("Plots on the right"));
    auto *axis = new QComboBox(across);
    axis->setObjectName(QStringLiteral("tradeoffAcross"));
    axis->setAccessibleName(tr("Cost of the trade-off"));
    axis->setToolTip(tr("What stands below the trade-off"));
    axis->addItem(tr("faces kept"), static_cast<int>(LiveTradeoff::Across::KeptShare));
    axis->addItem(tr("MAC"), static_cast<int>(LiveTradeoff::Across::Mac));
    axis->addItem(tr("FLOP"), static_cast<int>(LiveTradeoff::Across::Flop));
    connect(axis, &QComboBox::activated, this, [this, axis] {
        m_tradeoff->setAcross(static_cast<LiveTradeoff::Across>(axis->currentData().toInt()));
        axis->setCurrentIndex(axis->findData(static_cast<int>(m_tradeoff->across())));
    });
    panel(m_rightTabs, {m_tradeoff, new CmcPlot(&m_state), new DiscardPlot(&m_state), new SearchPlot(&m_state)}, axis);
    connect(m_rightTabs, &QTabBar::currentChanged, axis, [axis](int tab) { axis->setVisible(tab == 0); });
    connect(m_roc, &RocPlot::picked, this, &EvaluationPage::pick);
    connect(m_tradeoff, &LiveTradeoff::picked, this, &EvaluationPage::applyPoint);
    m_tradeoff->setFar(m_state.far());
    across->setSizes({600, 580});
    return across;
}

QWidget *EvaluationPage::buildTables()
{
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("evaluationTabs"));
    m_tabs->setDocumentMode(true);
    const auto dress = [](QTableView *table) {
        table->verticalHeader()->hide();
        table->setSelectionMode(QAbstractItemView::SingleSelection);
        table->setAlternatingRowColors(true);
        table->setShowGrid(false);
        table->setWordWrap(false);
        table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
        table->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
        table->setTabKeyNavigation(false);
    };
    auto *table = new FillingTable(m_tabs);
    m_table = table;
    m_table->setObjectName(QStringLiteral("tarTable"));
    m_table->setAccessibleName(tr("TAR of every run at every FAR, and the paper's"));
    dress(m_table);
    m_table->setItemDelegate(new TarDelegate(m_table));
    m_table->setModel(m_tarModel);
    m_table->horizontalHeader()->setHighlightSections(false);
    connect(m_tarModel, &QAbstractItemModel::modelReset, this, [table] { table->fit(180, 300); });
    connect(m_tarModel, &QAbstractItemModel::rowsInserted, this, [table] { table->fit(180, 300); });
    table->fit(180, 300);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        const int id = m_tarModel->idAt(index.row());
        if (id < 0)
            return;
        m_state.setCurrent(id);
        if (const double far = m_tarModel->farOf(index.column()); far > 0)
            m_state.setFar(far);
    });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &index) {
        if (m_tarModel->idAt(index.row()) >= 0)
            m_tabs->setCurrentIndex(2);
    });
    m_tabs->addTab(m_table, tr("TAR table"));

    auto *details = new QSplitter(Qt::Horizontal, m_tabs);
    details->setChildrenCollapsible(false);
    m_details = new QTableView(details);
    m_details->setObjectName(QStringLiteral("farTable"));
    m_details->setAccessibleName(tr("The current run at every FAR by both rules"));
    dress(m_details);
    m_details->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_details->setModel(m_farModel);
    m_details->horizontalHeader()->setHighlightSections(false);
    connect(m_details->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (const double far = m_farModel->farAt(index.row()); far > 0)
            m_state.setFar(far);
    });
    connect(m_details, &QTableView::activated, this, [this] { m_tabs->setCurrentIndex(2); });
    auto *aboutArea = new QScrollArea(details);
    aboutArea->setWidgetResizable(true);
    aboutArea->setFrameShape(QFrame::NoFrame);
    m_about = new QLabel(aboutArea);
    m_about->setObjectName(QStringLiteral("runAbout"));
    m_about->setWordWrap(true);
    m_about->setMargin(8);
    m_about->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_about->setTextInteractionFlags(Qt::TextSelectableByMouse);
    aboutArea->setWidget(m_about);
    details->addWidget(m_details);
    details->addWidget(aboutArea);
    details->setSizes({860, 300});
    m_tabs->addTab(details, tr("This run, both rules"));

    auto *pairs = new QWidget(m_tabs);
    auto *column = new QVBoxLayout(pairs);
    column->setContentsMargins(6, 4, 6, 0);
    m_pairsCaption = new QLabel(pairs);
    m_pairsCaption->setObjectName(QStringLiteral("pairsCaption"));
    m_pairsCaption->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    column->addWidget(m_pairsCaption);
    auto *both = new QSplitter(Qt::Horizontal, pairs);
    both->setChildrenCollapsible(false);
    const auto list = [&](PairModel *model, const QString &name, const QString &text) {
        auto *box = new QWidget(both);
        auto *inside = new QVBoxLayout(box);
        inside->setContentsMargins(0, 0, 0, 0);
        inside->setSpacing(2);
        auto *view = new QTreeView(box);
        auto *label = new QLabel(text, box);
        label->setBuddy(view);
        inside->addWidget(label);
        view->setObjectName(name);
        view->setAccessibleName(QString(text).remove(QLatin1Char('&')));
        view->setModel(model);
        view->setRootIsDecorated(false);
        view->setUniformRowHeights(true);
        view->setAllColumnsShowFocus(true);
        view->setAlternatingRowColors(true);
        view->header()->setStretchLastSection(false);
        view->header()->setSectionResizeMode(QHeaderView::Stretch);
        view->header()->setSectionResizeMode(PairModel::ScoreColumn, QHeaderView::ResizeToContents);
        view->header()->setSectionResizeMode(PairModel::DecisionColumn, QHeaderView::ResizeToContents);
        connect(view, &QTreeView::activated, this, [this, model](const QModelIndex &index) { showPair(model, index.row()); });
        inside->addWidget(view, 1);
        both->addWidget(box);
        return view;
    };
    m_genuineView = list(m_genuine, QStringLiteral("genuinePairs"), tr("&One person, lowest scores first"));
    m_impostorView = list(m_impostor, QStringLiteral("impostorPairs"), tr("&Two people, highest scores first"));
    column->addWidget(both, 1);
    m_tabs->addTab(pairs, tr("Hardest pairs"));
    return m_tabs;
}

Job *EvaluationPage::currentJob() const
{
    return m_job;
}

void EvaluationPage::setStore(const ModelStore &store)
{
    m_store = store;
    m_setup->setStore(store);
}

void EvaluationPage::updateDetails()
{
    const ShownRun *shown = m_state.currentRun();
    const std::shared_ptr<const LiveExact> &exact = m_engine->exact();
    QStringList about;
    const auto add = [&](const QString &name, const QString &text) {
        if (!text.isEmpty())
            about << QStringLiteral("<b>%1</b> %2").arg(name, text.toHtmlEscaped());
    };
    const QLocale locale;
    const auto count = [&](std::int64_t value) { return locale.toString(static_cast<qlonglong>(value)); };
    if (shown != nullptr) {
        const EvaluationRun &run = *shown->run;
        m_farModel->setPoints(run.strict, run.insightface, run.intervals, run.strictDeviation);
        add(tr("Run"), shown->title + (run.synthetic ? tr(" (synthetic set)") : QString()));
        add(tr("Method"), toQString(run.method));
        add(tr("Networks"), QStringList{toQString(run.base), toQString(run.ddnet), toQString(run.device)}.join(QStringLiteral(", ")));
        add(tr("Set"),
            tr("%1: %2 templates (%3 without a face), %4 faces").arg(toQString(run.benchmark), count(run.templates), count(run.notEnrolled), count(run.faces)));
        add(tr("Pairs"), tr("%1 genuine, %2 impostor").arg(count(run.genuine), count(run.impostor)));
        if (!run.strict.empty())
            add(tr("EER"), percentText(run.eer.value, 2));
        if (run.tenFold) {
            QStringList folds;
            for (const double accuracy : run.tenFold->accuracy)
                folds << locale.toString(100 * accuracy, 'f', 2);
            add(tr("Ten-fold accuracy"),
                tr("%1 ± %2 (standard error; deviation %3); folds: %4")
                    .arg(percentText(run.tenFold->mean, 2), percentText(run.tenFold->error, 2), percentText(run.tenFold->deviation, 2),
                         folds.join(QStringLiteral(", "))));
        }
        if (run.search)
            for (std::size_t i = 0; i < run.search->tpir.size() && i < run.fpirs.size(); ++i)
                add(tr("TPIR at FPIR %1").arg(farText(run.fpirs[i])), percentText(run.search->tpir[i], 2));
        for (std::size_t i = 0; i < run.discard.size() && i < run.discardAreas.size(); ++i)
            add(tr("pAUC of error versus discard"),
                tr("%1 up to %2 discarded, by %3")
                    .arg(locale.toString(run.discardAreas[i], 'g', 4), percentText(run.discardLimit, 0), toQString(run.discardQuality)));
        add(tr("Protocol"), toQString(run.protocol));
        for (const std::string &warning : run.warnings)
            add(tr("Note"), toQString(warning));
        add(tr("Computed in"), tr("%1 s").arg(locale.toString(run.seconds, 'f', 1)));
    } else if (exact) {
        m_farModel->setPoints(exact->strict, exact->insightface, exact->intervals, exact->strictDeviation);
        add(tr("Live threshold"), tr("t = %1, exact").arg(scoreText(exact->threshold)));
        add(tr("Pairs"), tr("%1 genuine, %2 impostor").arg(count(exact->genuine), count(exact->impostor)));
        add(tr("EER"), percentText(exact->eer.value, 2));
        if (exact->splits > 1)
            add(tr("Splits"), tr("means over %n split(s), ± is the deviation; counts are sums", nullptr, static_cast<int>(exact->splits)));
        else if (!exact->intervals.empty())
            add(tr("Intervals"),
                tr("%1 % by bootstrap over %2 people, %3 resamples")
                    .arg(locale.toString(100 * exact->intervals.front().level, 'g', 3), count(exact->subjects), count(exact->intervals.front().resamples)));
        else if (!exact->noIntervals.empty())
            add(tr("Intervals"), tr("none: %1").arg(toQString(exact->noIntervals)));
    } else {
        m_farModel->setPoints({}, {}, {});
    }
    m_about->setText(about.join(QStringLiteral("<br>")));
    m_details->resizeColumnsToContents();
    m_details->resizeRowsToContents();
    updatePairs();
}

void EvaluationPage::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_live != nullptr) {
        updateIcons();
        m_runModel->setPalette(palette());
        m_tarModel->setPalette(palette());
    }
}

} // namespace dscope
