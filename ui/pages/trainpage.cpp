// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/trainpage.h"

#include "core/base/error.h"
#include "core/scores/secondlook.h"
#include "core/training/secondfit.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/trainsetup.h"
#include "ui/plots/agreementplot.h"
#include "ui/plots/curveplot.h"
#include "ui/theme.h"
#include "ui/translation.h"
#include "ui/views/jobbar.h"
#include "ui/views/noticebar.h"

#include <QAction>
#include <QCloseEvent>
#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStatusBar>
#include <QThread>

namespace dscope {

TrainPage::TrainPage(QWidget *parent) : QMainWindow(parent), m_setup(new TrainSetup), m_notices(new NoticeBar(this))
{
    installTranslation();
    setObjectName(QStringLiteral("trainPage"));
    setWindowTitle(tr("Train – Dscope"));
    setAcceptDrops(true);
    buildCentre();
    buildActions();
    m_setup->readSettings();
    connect(m_setup, &TrainSetup::start, this, &TrainPage::start);
    setRunning(false);
    updateStatus();
}

TrainPage::~TrainPage()
{
    for (Job *job : findChildren<Job *>())
        delete job;
}

void TrainPage::buildCentre()
{
    auto *centre = new QWidget(this);
    auto *column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_notices);
    auto *across = new QSplitter(Qt::Horizontal, centre);
    across->setChildrenCollapsible(false);
    column->addWidget(across, 1);
    setCentralWidget(centre);

    auto *scroll = new QScrollArea(across);
    scroll->setWidget(m_setup);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumWidth(380);

    auto *side = new QWidget(across);
    auto *grid = new QGridLayout(side);
    grid->setContentsMargins(8, 10, 12, 10);
    auto *top = new QWidget(side);
    auto *bar = new QGridLayout(top);
    bar->setContentsMargins(0, 0, 0, 4);
    m_headline = new QLabel(top);
    m_headline->setObjectName(QStringLiteral("trainHeadline"));
    QFont big = m_headline->font();
    big.setPointSizeF(big.pointSizeF() * 1.3);
    big.setBold(true);
    m_headline->setFont(big);
    m_headline->setWordWrap(true);
    m_headline->setTextFormat(Qt::PlainText);
    m_detail = new QLabel(top);
    m_detail->setObjectName(QStringLiteral("trainDetail"));
    m_detail->setWordWrap(true);
    m_detail->setTextFormat(Qt::PlainText);
    m_bar = new QProgressBar(top);
    m_bar->setObjectName(QStringLiteral("trainProgress"));
    m_bar->setAccessibleName(tr("Progress of the training"));
    m_pause = new QPushButton(tr("&Pause"), top);
    m_pause->setObjectName(QStringLiteral("trainPause"));
    m_stop = new QPushButton(tr("S&top"), top);
    m_stop->setObjectName(QStringLiteral("trainStop"));
    m_stop->setToolTip(tr("Ends the run. Its checkpoint is kept, so it can go on later"));
    m_add = new QPushButton(tr("Add to the &models"), top);
    m_add->setObjectName(QStringLiteral("trainAdd"));
    m_add->setToolTip(tr("Puts the result into the list of models, ready for the Analyse page"));
    m_add->hide();
    bar->addWidget(m_headline, 0, 0);
    bar->addWidget(m_detail, 1, 0);
    bar->addWidget(m_pause, 0, 1, 2, 1);
    bar->addWidget(m_stop, 0, 2, 2, 1);
    bar->addWidget(m_add, 0, 3, 2, 1);
    bar->addWidget(m_bar, 2, 0, 1, 4);
    bar->setColumnStretch(0, 1);
    grid->addWidget(top, 0, 0, 1, 6);

    m_loss = new CurvePlot(tr("Loss"), tr("Loss"), CurvePlot::Style::Smoothed, side);
    m_loss->setObjectName(QStringLiteral("lossPlot"));
    m_validation = new CurvePlot(tr("Validation"), tr("Correlation (held out)"), CurvePlot::Style::Marked, side);
    m_validation->setObjectName(QStringLiteral("validationPlot"));
    m_rate = new CurvePlot(tr("Learning rate"), tr("Learning rate"), CurvePlot::Style::Plain, side);
    m_rate->setObjectName(QStringLiteral("ratePlot"));
    m_speed = new CurvePlot(tr("Speed"), tr("Pictures/s"), CurvePlot::Style::Plain, side);
    m_speed->setObjectName(QStringLiteral("speedPlot"));
    m_agreement = new AgreementPlot(side);
    m_histograms = new TwoHistograms(side);
    grid->addWidget(m_loss, 1, 0, 1, 3);
    grid->addWidget(m_validation, 1, 3, 1, 3);
    grid->addWidget(m_rate, 2, 0, 1, 3);
    grid->addWidget(m_speed, 2, 3, 1, 3);
    grid->addWidget(m_agreement, 3, 0, 1, 3);
    grid->addWidget(m_histograms, 3, 3, 1, 3);
    grid->setRowStretch(1, 5);
    grid->setRowStretch(2, 3);
    grid->setRowStretch(3, 5);
    across->setStretchFactor(0, 0);
    across->setStretchFactor(1, 1);
    across->setSizes({410, 1000});

    connect(m_pause, &QPushButton::clicked, this, &TrainPage::togglePause);
    connect(m_stop, &QPushButton::clicked, this, &TrainPage::stop);
    connect(m_add, &QPushButton::clicked, this, [this] {
        m_add->setEnabled(false);
        if (m_request.kind == TrainingRequest::Kind::SecondLook)
            useSecondLook();
        else
            Q_EMIT addModel(m_request.out);
    });
}

void TrainPage::buildActions()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    QMenu *plots = file->addMenu(tr("Export a &plot (PNG, SVG)"));
    for (PlainPlot *plot : std::initializer_list<PlainPlot *>{m_loss, m_validation, m_rate, m_speed, m_agreement, m_histograms})
        plots->addAction(tr("%1…").arg(plot->accessibleName()), this, [this, plot] { exportPlot(plot); });
    file->addSeparator();
    file->addAction(tr("&Close"), QKeySequence::Close, this, [this] { window()->close(); });
    QMenu *run = menuBar()->addMenu(tr("&Run"));
    const auto add = [&](const char *name, const QString &text, const QKeySequence &key, auto call) {
        QAction *action = run->addAction(text, key, this, call);
        action->setObjectName(QLatin1String(name));
    };
    add("trainRun", tr("&Start or go on"), QKeySequence(tr("Ctrl+Return")), [this] { start(); });
    add("trainHold", tr("&Pause"), QKeySequence(tr("Ctrl+P")), [this] { togglePause(); });
    add("trainEnd", tr("S&top"), QKeySequence(tr("Ctrl+.")), [this] { stop(); });
}

Job *TrainPage::currentJob() const
{
    return m_job;
}

void TrainPage::setData(const std::filesystem::path &path)
{
    if (!m_job)
        m_setup->setData(path);
}

void TrainPage::setStore(const ModelStore &store)
{
    m_store = std::make_shared<const ModelStore>(store);
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
        m_detail->setText(std::filesystem::equivalent(first, place, ignored)
                              ? tr("Whatever is analysed with %1 from now on has D-scores by it.").arg(toQString(m_outcome.base))
                              : tr("It lies in the folder of models, but %1 brings a second look of its own, which goes first: %2. On the command line "
                                   "--second names another one.")
                                    .arg(toQString(m_outcome.base), toQString(first)));
        statusBar()->showMessage(tr("Written: %1").arg(toQString(place)), 15000);
    } catch (const std::exception &error) {
        m_add->setEnabled(true);
        showFailure(tr("The second look could not be put beside its base."), toQString(describe(error)));
    }
}

void TrainPage::start()
{
    if (m_job)
        return;
    m_request = m_setup->request();
    m_request.store = m_store;
    if (m_request.data.empty() || m_request.out.empty())
        return;
    for (CurvePlot *plot : {m_loss, m_rate, m_speed, m_validation})
        plot->clear();
    m_agreement->setScores({}, {});
    m_histograms->setScores({}, {});
    m_notices->clear();
    m_add->hide();
    m_last = {};
    m_epochs = 0;
    const bool ddnet = m_request.kind == TrainingRequest::Kind::DdNet;
    m_validation->yAxis->setLabel(ddnet ? tr("Spearman (held out)") : tr("Pair accuracy (held out)"));
    m_agreement->setVisible(ddnet);
    m_histograms->setVisible(ddnet);
    for (CurvePlot *plot : {m_loss, m_rate, m_speed, m_validation}) // nothing runs in steps
        plot->setVisible(m_request.kind != TrainingRequest::Kind::SecondLook);
    m_feed = std::make_shared<TrainingFeed>();
    m_job = Job::startTelling<int>(
        this, tr("Training"),
        [request = m_request, feed = m_feed](Progress &task, const auto &tell) {
            feed->setPoke([&tell] { tell(0); });
            return runTraining(request, *feed, task);
        },
        [this, feed = m_feed](int) { take(feed->take()); },
        [this, feed = m_feed](const TrainingOutcome &outcome) {
            take(feed->take());
            showResult(outcome);
        });
    connect(m_job, &Job::stage, this, [this] { updateStatus(); });
    if (m_request.kind == TrainingRequest::Kind::SecondLook)
        connect(m_job, &Job::progress, this, [this] { updateStatus(); });
    connect(m_job, &Job::stateChanged, this, [this] { updateStatus(); });
    connect(m_job, &Job::notice, this, [this](const QString &text) {
        // What every epoch says is in the plots already.
        if (!text.startsWith(QStringLiteral("Epoch ")))
            m_notices->add(text);
    });
    connect(m_job, &Job::failed, this, [this](const QString &detail) {
        take(m_feed->take());
        showFailure(tr("The training could not go on."), detail);
        Q_EMIT failed(detail);
    });
    connect(m_job, &Job::cancelled, this, [this] { take(m_feed->take()); });
    connect(m_job, &Job::over, this, [this] {
        m_job = nullptr;
        setRunning(false);
        updateStatus();
        Q_EMIT finished();
    });
    setRunning(true);
    updateStatus();
}

void TrainPage::take(const TrainingNews &news)
{
    for (const StepReport &step : news.steps) {
        const double at = static_cast<double>(step.step);
        for (CurvePlot *plot : {m_loss, m_rate, m_speed, m_validation})
            plot->setSteps(static_cast<double>(step.steps));
        m_loss->add(at, step.loss);
        m_rate->add(at, step.learningRate);
        m_speed->add(at, step.picturesPerSecond);
        m_last = step;
    }
    for (const EpochReport &epoch : news.epochs) {
        m_epochs = epoch.epoch;
        for (const char *key : {"spearman", "pair_accuracy"})
            if (epoch.validation.is_object() && epoch.validation.contains(key))
                m_validation->add(static_cast<double>(m_last.step), epoch.validation.at(key).get<double>());
    }
    if (news.scoresEpoch > 0) {
        m_agreement->setScores(news.targets, news.predictions);
        m_histograms->setScores(news.targets, news.predictions);
    }
    for (CurvePlot *plot : {m_loss, m_rate, m_speed, m_validation})
        plot->refresh();
    updateStatus();
}

void TrainPage::setRunning(bool running)
{
    m_setup->setRunning(running);
    m_pause->setVisible(running);
    m_stop->setVisible(running);
    m_bar->setVisible(running);
    for (const char *name : {"trainHold", "trainEnd"})
        if (auto *action = findChild<QAction *>(QLatin1String(name)))
            action->setEnabled(running);
    if (auto *action = findChild<QAction *>(QStringLiteral("trainRun")))
        action->setEnabled(!running);
}

void TrainPage::updateStatus()
{
    const QLocale locale;
    QString detail;
    if (m_last.steps > 0) {
        detail = tr("Step %1 of %2 · loss %3")
                     .arg(locale.toString(static_cast<qlonglong>(m_last.step)), locale.toString(static_cast<qlonglong>(m_last.steps)),
                          locale.toString(m_last.loss, 'g', 4));
        if (m_last.picturesPerSecond > 0)
            detail += tr(" · %1 pictures/s").arg(locale.toString(m_last.picturesPerSecond, 'f', m_last.picturesPerSecond < 10 ? 1 : 0));
        if (m_last.pieces > 1)
            detail += tr(" · in %1 pieces").arg(m_last.pieces);
        if (m_last.lossScale != 1)
            detail += tr(" · loss scale %1").arg(locale.toString(m_last.lossScale, 'g', 6));
        if (m_job && !m_job->isPaused() && m_last.secondsLeft > 0)
            detail += QStringLiteral(" · ") + timeLeftText(static_cast<qint64>(m_last.secondsLeft * 1000));
    }
    QString headline;
    if (m_job) {
        const bool paused = m_job->isPaused();
        m_pause->setText(paused ? tr("Go &on") : tr("&Pause"));
        m_pause->setEnabled(m_job->state() == Job::State::Running);
        m_stop->setEnabled(m_job->state() == Job::State::Running);
        if (m_job->state() == Job::State::Cancelling)
            headline = tr("Stopping: the checkpoint is written…");
        else if (m_last.steps == 0)
            headline = m_job->stageText().isEmpty() ? tr("Reading the data…") : m_job->stageText() + QStringLiteral("…");
        else
            headline = paused ? tr("Paused in epoch %1").arg(m_last.epoch) : tr("Epoch %1").arg(m_last.epoch);
        m_bar->setMaximum(m_last.steps > 0 ? static_cast<int>(std::min<std::int64_t>(m_last.steps, 1'000'000'000)) : 0);
        m_bar->setValue(static_cast<int>(std::min<std::int64_t>(m_last.step, 1'000'000'000)));
        if (m_request.kind == TrainingRequest::Kind::SecondLook) {
            if (m_job->state() == Job::State::Cancelling)
                headline = tr("Stopping: what is embedded is kept…");
            else if (paused)
                headline = tr("Paused");
            m_bar->setMaximum(static_cast<int>(std::min<qint64>(m_job->total(), 1'000'000'000)));
            m_bar->setValue(static_cast<int>(std::min<qint64>(m_job->done(), 1'000'000'000)));
        }
    } else if (m_add->isHidden()) {
        headline = m_last.steps > 0 ? tr("Stopped: the checkpoint is kept") : tr("Nothing is being trained");
        if (m_last.steps == 0)
            detail = tr("Choose the data on the left, or drop it on this page: a targets file for a DDNet or a second look, a labelled set of aligned faces "
                        "for a base network.");
    } else {
        return; // the result's own text stays
    }
    m_headline->setText(headline);
    m_detail->setText(detail);
}

void TrainPage::showResult(const TrainingOutcome &outcome)
{
    m_outcome = outcome;
    const bool second = m_request.kind == TrainingRequest::Kind::SecondLook;
    m_add->setText(second ? tr("&Use it with %1").arg(toQString(outcome.base)) : tr("Add to the &models"));
    m_add->setToolTip(second ? tr("Puts it into the folder of models, where it is found for this base")
                             : tr("Puts the result into the list of models, ready for the Analyse page"));
    m_add->setEnabled(true);
    m_add->show();
    m_headline->setText(tr("Done: %1").arg(toQString(outcome.out.filename())));
    m_detail->setText(toQString(outcome.text));
    statusBar()->showMessage(tr("Written: %1").arg(toQString(outcome.out)), 15000);
}

void TrainPage::togglePause()
{
    if (!m_job)
        return;
    if (m_job->isPaused())
        m_job->resume();
    else
        m_job->pause();
    updateStatus();
}

void TrainPage::stop()
{
    if (m_job)
        m_job->cancel();
}

bool TrainPage::settle(int ms)
{
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < ms) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        if (!m_job)
            return true;
        QThread::msleep(5);
    }
    return false;
}

void TrainPage::exportPlot(PlainPlot *plot)
{
    auto *dialog = new QFileDialog(this, tr("Export a plot"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Pictures (*.png *.svg)")});
    dialog->setDefaultSuffix(QStringLiteral("png"));
    dialog->selectFile(plot->objectName() + QStringLiteral(".png"));
    connect(dialog, &QFileDialog::fileSelected, this, [this, plot](const QString &file) {
        try {
            if (file.endsWith(QStringLiteral(".svg"), Qt::CaseInsensitive))
                plot->saveSvg(file);
            else
                plot->savePng(file);
            statusBar()->showMessage(tr("Written: %1").arg(file), 8000);
        } catch (const std::exception &error) {
            showFailure(tr("The plot could not be written."), toQString(describe(error)));
        }
    });
    dialog->open();
}

void TrainPage::showFailure(const QString &headline, const QString &detail)
{
    auto *box = new QMessageBox(QMessageBox::Warning, QStringLiteral("Dscope"), headline, QMessageBox::Ok, this);
    box->setObjectName(QStringLiteral("failure"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(detail);
    box->open();
}

void TrainPage::dragEnterEvent(QDragEnterEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (!m_job && urls.size() == 1 && urls.front().isLocalFile())
        event->acceptProposedAction();
}

void TrainPage::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    if (m_job || urls.size() != 1 || !urls.front().isLocalFile())
        return;
    event->acceptProposedAction();
    setData(toPath(urls.front().toLocalFile()));
}

void TrainPage::closeEvent(QCloseEvent *event)
{
    if (!m_job) {
        m_setup->writeSettings();
        event->accept();
        return;
    }
    event->ignore();
    if (m_job->state() == Job::State::Cancelling || findChild<QMessageBox *>(QStringLiteral("closeQuestion")) != nullptr)
        return;
    auto *box = new QMessageBox(QMessageBox::Question, QStringLiteral("Dscope"), tr("A training run is under way."), QMessageBox::NoButton, this);
    box->setObjectName(QStringLiteral("closeQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("Its checkpoint is written first, so it can go on later from where it is."));
    QPushButton *end = box->addButton(tr("Stop it and close"), QMessageBox::AcceptRole);
    end->setObjectName(QStringLiteral("closeStop"));
    box->setDefaultButton(box->addButton(tr("Let it run"), QMessageBox::RejectRole));
    connect(end, &QPushButton::clicked, this, [this] {
        if (!m_job)
            return void(window()->close());
        connect(m_job, &Job::over, this, [this] {
            QMetaObject::invokeMethod(
                this, [this] { window()->close(); }, Qt::QueuedConnection);
        });
        stop();
    });
    box->open();
}

} // namespace dscope
