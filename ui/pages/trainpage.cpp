// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/trainpage.h"

#include "core/base/error.h"
#include "core/scores/secondlook.h"
#include "core/training/secondfit.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/trainsetup.h"
#include "ui/pages/trainview.h"
#include "ui/plots/plainplot.h"
#include "ui/views/noticebar.h"

#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include <utility>

namespace dscope {

namespace {
constexpr int longMs = 15'000; ///< where a result lies is not seen at once after hours
}

TrainPage::TrainPage(QWidget *parent)
    : Page(QStringLiteral("train"), tr("Train"), tr("Train a DDNet, a base network or a second look"), parent), m_setup(new TrainSetup),
      m_view(new TrainView(this))
{
    setWindowTitle(tr("Train – Dscope"));
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    buildCentre()->addWidget(across, 1);
    auto *scroll = new QScrollArea(across);
    scroll->setWidget(m_setup);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumWidth(380);
    across->addWidget(m_view);
    across->setStretchFactor(0, 0);
    across->setStretchFactor(1, 1);
    across->setSizes({410, 1000});
    buildActions();
    m_setup->readSettings();
    m_setup->updateState();
    connect(m_setup, &TrainSetup::start, this, &TrainPage::start);
    connect(m_view, &TrainView::pauseWanted, this, &TrainPage::togglePause);
    connect(m_view, &TrainView::stopWanted, this, &TrainPage::stop);
    connect(m_view, &TrainView::resultWanted, this, &TrainPage::useResult);
    updateState();
    finishBuilding();
}

TrainPage::~TrainPage()
{
    endAll();
}

void TrainPage::buildActions()
{
    ActionSet &set = actionSet();
    QMenu *file = set.addMenu(tr("&File"));
    QMenu *plots = file->addMenu(tr("Export a &plot (PNG, SVG)"));
    for (PlainPlot *plot : m_view->plots())
        set.add(plots, QStringLiteral("export_%1").arg(plot->objectName()), tr("%1…").arg(plot->accessibleName()), {}, {}, [this, plot] { exportPlot(plot); });
    file->addSeparator();
    set.addQuit(file, QStringLiteral("trainQuit"));
    QMenu *run = set.addMenu(tr("&Run"));
    set.add(run, QStringLiteral("trainRun"), tr("&Start or go on"), Shortcut::Start, {}, [this] { start(); });
    set.add(run, QStringLiteral("trainHold"), tr("&Pause"), Shortcut::Pause, {}, [this] { togglePause(); });
    set.add(run, QStringLiteral("trainEnd"), tr("S&top"), Shortcut::Cancel, {}, [this] { stop(); });
}

void TrainPage::open(const std::vector<std::filesystem::path> &paths)
{
    setData(paths.front());
}

bool TrainPage::takes(const std::vector<std::filesystem::path> &paths) const
{
    return currentJob() == nullptr && Page::takes(paths);
}

void TrainPage::setData(const std::filesystem::path &path)
{
    if (!currentJob())
        m_setup->setData(path);
}

void TrainPage::setStore(const ModelStore &store)
{
    m_store = std::make_shared<const ModelStore>(store);
}

void TrainPage::useResult()
{
    if (m_request.kind == TrainingRequest::Kind::SecondLook)
        useSecondLook();
    else
        Q_EMIT addModel(m_request.out);
}

/// To where it is found by the base's name. Weights that bring a second look of their own keep that one.
void TrainPage::useSecondLook()
{
    try {
        const std::filesystem::path place = installedSecondLook(m_outcome.base);
        std::filesystem::create_directories(place.parent_path());
        SecondLook::load(m_outcome.out)->save(place);
        const ModelStore store = m_store ? *m_store : ModelStore();
        const std::filesystem::path first = secondLookFile(store.find(m_outcome.base, Role::Base), store);
        std::error_code ignored;
        m_view->setDetail(std::filesystem::equivalent(first, place, ignored)
                              ? tr("Whatever is analysed with %1 from now on has D-scores by it.").arg(toQString(m_outcome.base))
                              : tr("It lies in the folder of models, but %1 brings a second look of its own, which goes first: %2. On the command line "
                                   "--second names another one.")
                                    .arg(toQString(m_outcome.base), toQString(first)));
        tell(tr("Written: %1").arg(toQString(place)), longMs);
    } catch (const std::exception &error) {
        m_view->offerResult();
        showFailure(tr("The second look could not be put beside its base."), toQString(describe(error)));
    }
}

void TrainPage::start()
{
    if (currentJob())
        return;
    m_request = m_setup->request();
    m_request.store = m_store;
    if (m_request.data.empty() || m_request.out.empty())
        return;
    notices()->clear();
    m_view->begin(m_request.kind);
    m_feed = std::make_shared<TrainingFeed>();
    Job *job = Job::startTelling<int>(
        this, tr("Training"),
        [request = m_request, feed = m_feed](Progress &task, const auto &tell) {
            feed->setPoke([&tell] { tell(0); });
            return runTraining(request, *feed, task);
        },
        [this](int) { takeNews(); },
        [this](const TrainingOutcome &outcome) {
            takeNews();
            m_outcome = outcome;
            m_view->showResult(outcome);
            tell(tr("Written: %1").arg(toQString(outcome.out)), longMs);
        });
    follow(job, {});
    connect(job, &Job::stage, this, &TrainPage::updateState);
    if (m_request.kind == TrainingRequest::Kind::SecondLook)
        connect(job, &Job::progress, this, &TrainPage::updateState);
    connect(job, &Job::stateChanged, this, &TrainPage::updateState);
    connect(job, &Job::failed, this, [this](const QString &detail) {
        takeNews();
        fail(tr("The training could not go on."), detail);
    });
    connect(job, &Job::cancelled, this, &TrainPage::takeNews);
    connect(job, &Job::over, this, [this] {
        updateState();
        Q_EMIT finished();
    });
    updateState();
}

void TrainPage::takeNews()
{
    m_view->take(m_feed->take());
    updateState();
}

void TrainPage::updateState()
{
    const bool running = currentJob() != nullptr;
    if (std::exchange(m_running, running) != running)
        m_setup->setRunning(running);
    actionSet().enable(QStringLiteral("trainRun"), !running);
    actionSet().enable(QStringLiteral("trainHold"), running);
    actionSet().enable(QStringLiteral("trainEnd"), running);
    m_view->showJob(currentJob());
}

void TrainPage::note(const QString &text)
{
    // What every epoch says is in the plots already.
    if (!text.startsWith(QStringLiteral("Epoch ")))
        Page::note(text);
}

void TrainPage::togglePause()
{
    Job *job = currentJob();
    if (job == nullptr)
        return;
    if (job->isPaused())
        job->resume();
    else
        job->pause();
    updateState();
}

void TrainPage::stop()
{
    cancelJob();
}

bool TrainPage::mayClose()
{
    Job *job = currentJob();
    if (job == nullptr)
        return true;
    if (job->state() == Job::State::Cancelling || findChild<QMessageBox *>(QStringLiteral("closeQuestion")) != nullptr)
        return false;
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("A training run is under way."), QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("closeQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("Its checkpoint is written first, so it can go on later from where it is."));
    QPushButton *end = box->addButton(tr("Stop it and close"), QMessageBox::AcceptRole);
    end->setObjectName(QStringLiteral("closeStop"));
    box->setDefaultButton(box->addButton(tr("Let it run"), QMessageBox::RejectRole));
    connect(end, &QPushButton::clicked, this, [this] {
        if (!currentJob())
            return void(window()->close());
        connect(
            currentJob(), &Job::over, this, [this] { window()->close(); }, Qt::QueuedConnection);
        stop();
    });
    box->open();
    return false;
}

void TrainPage::leave()
{
    m_setup->writeSettings();
}

} // namespace dscope
