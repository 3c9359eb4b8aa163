// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationtables.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/delegates/tardelegate.h"
#include "ui/dialogs/templatepairdialog.h"
#include "ui/jobs/job.h"
#include "ui/jobs/liveengine.h"
#include "ui/models/farmodel.h"
#include "ui/models/livemethods.h"
#include "ui/models/pairmodel.h"
#include "ui/views/fillingtable.h"
#include "ui/views/parts.h"

#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QSplitter>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

namespace dscope {

namespace {
constexpr int pairsTab = 2;

QString counted(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

/// Lines of a name in bold and a text.
struct About {
    QStringList lines;

    void add(const QString &name, const QString &text)
    {
        if (!text.isEmpty())
            lines << QStringLiteral("<b>%1</b> %2").arg(name, text.toHtmlEscaped());
    }
};
} // namespace

EvaluationTables::EvaluationTables(EvaluationState *state, const LiveEngine *engine, ThumbnailCache *cache, QWidget *parent)
    : QTabWidget(parent), m_state(state), m_engine(engine), m_cache(cache), m_tarModel(new TarModel(state, this)), m_farModel(new FarModel(this)),
      m_genuine(new PairModel(PairModel::Kind::Genuine, this)), m_impostor(new PairModel(PairModel::Kind::Impostor, this))
{
    setObjectName(QStringLiteral("evaluationTabs"));
    setDocumentMode(true);
    addTab(buildTable(), tr("TAR table"));
    addTab(buildDetails(), tr("This run, both rules"));
    addTab(buildPairs(), tr("Hardest pairs"));
    m_tarModel->setPalette(palette());
    connect(m_state, &EvaluationState::runsChanged, this, &EvaluationTables::updateDetails);
    connect(m_state, &EvaluationState::currentChanged, this, &EvaluationTables::updateDetails);
    connect(m_state, &EvaluationState::farChanged, this, &EvaluationTables::updatePairs);
    updateDetails();
}

QWidget *EvaluationTables::buildTable()
{
    auto *table = new FillingTable(this);
    m_table = table;
    m_table->setObjectName(QStringLiteral("tarTable"));
    m_table->setAccessibleName(tr("TAR of every run at every FAR, and the paper's"));
    dress(m_table);
    m_table->setItemDelegate(new TarDelegate(m_table));
    m_table->setModel(m_tarModel);
    connect(m_tarModel, &QAbstractItemModel::modelReset, this, [table] { table->fit(180, 300); });
    connect(m_tarModel, &QAbstractItemModel::rowsInserted, this, [table] { table->fit(180, 300); });
    table->fit(180, 300);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        const int id = m_tarModel->idAt(index.row());
        if (id < 0)
            return;
        m_state->setCurrent(id);
        if (const double far = m_tarModel->farOf(index.column()); far > 0)
            m_state->setFar(far);
    });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &index) {
        if (m_tarModel->idAt(index.row()) >= 0)
            showPairs();
    });
    return m_table;
}

QWidget *EvaluationTables::buildDetails()
{
    auto *details = new QSplitter(Qt::Horizontal, this);
    details->setChildrenCollapsible(false);
    m_details = new QTableView(details);
    m_details->setObjectName(QStringLiteral("farTable"));
    m_details->setAccessibleName(tr("The current run at every FAR by both rules"));
    dress(m_details);
    m_details->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_details->setModel(m_farModel);
    connect(m_details->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (const double far = m_farModel->farAt(index.row()); far > 0)
            m_state->setFar(far);
    });
    connect(m_details, &QTableView::activated, this, [this] { showPairs(); });
    m_about = new QLabel;
    details->addWidget(m_details);
    details->addWidget(scrolled(m_about, QStringLiteral("runAbout"), details));
    details->setSizes({860, 300});
    return details;
}

QWidget *EvaluationTables::buildPairs()
{
    auto *pairs = new QWidget(this);
    auto *column = new QVBoxLayout(pairs);
    column->setContentsMargins(6, 4, 6, 0);
    m_pairsCaption = makeNarrowLabel(pairs, QStringLiteral("pairsCaption"));
    column->addWidget(m_pairsCaption);
    auto *both = new QSplitter(Qt::Horizontal, pairs);
    both->setChildrenCollapsible(false);
    m_genuineView = addPairs(both, m_genuine, QStringLiteral("genuinePairs"), tr("&One person, lowest scores first"));
    m_impostorView = addPairs(both, m_impostor, QStringLiteral("impostorPairs"), tr("T&wo people, highest scores first"));
    column->addWidget(both, 1);
    return pairs;
}

QTreeView *EvaluationTables::addPairs(QSplitter *both, PairModel *model, const QString &name, const QString &text)
{
    auto *box = new QWidget(both);
    QVBoxLayout *inside = fillingColumn(box);
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
}

std::vector<std::pair<QAbstractItemView *, bool>> EvaluationTables::views() const
{
    return {{m_table, false}, {m_details, false}, {m_genuineView, true}, {m_impostorView, true}};
}

std::string EvaluationTables::pairsText() const
{
    const ShownRun *shown = m_state->currentRun();
    const bool fits = m_set && (shown == nullptr || m_set->fits(*shown->run));
    return pairsCsv(*m_genuine, *m_impostor, fits ? m_set.get() : nullptr);
}

void EvaluationTables::setSet(EvaluationSetPtr set)
{
    m_set = std::move(set);
}

void EvaluationTables::updateLive()
{
    if (m_state->current() == EvaluationState::liveId)
        updateDetails();
}

void EvaluationTables::setLive(const std::optional<LiveRow> &row)
{
    m_tarModel->setLive(row);
}

void EvaluationTables::pick(int id, double far)
{
    m_state->setCurrent(id);
    m_state->setFar(far);
    showPairs();
    updateDetails();
}

void EvaluationTables::showPairs()
{
    setCurrentIndex(pairsTab);
}

QString EvaluationTables::aboutRun(const ShownRun &shown) const
{
    About about;
    const QLocale locale;
    const EvaluationRun &run = *shown.run;
    about.add(tr("Run"), shown.title + (run.synthetic ? tr(" (synthetic set)") : QString()));
    about.add(tr("Method"), toQString(run.method));
    about.add(tr("Networks"), QStringList{toQString(run.base), toQString(run.ddnet), toQString(run.device)}.join(QStringLiteral(", ")));
    about.add(tr("Set"),
              tr("%1: %2 templates (%3 without a face), %4 faces")
                  .arg(toQString(run.benchmark), counted(run.templates), counted(run.notEnrolled), counted(run.faces)));
    about.add(tr("Pairs"), tr("%1 genuine, %2 impostor").arg(counted(run.genuine), counted(run.impostor)));
    if (!run.strict.empty())
        about.add(tr("EER"), percentText(run.eer.value, 2));
    if (run.tenFold) {
        QStringList folds;
        for (const double accuracy : run.tenFold->accuracy)
            folds << locale.toString(100 * accuracy, 'f', 2);
        about.add(tr("Ten-fold accuracy"),
                  tr("%1 ± %2 (standard error; deviation %3); folds: %4")
                      .arg(percentText(run.tenFold->mean, 2), percentText(run.tenFold->error, 2), percentText(run.tenFold->deviation, 2),
                           folds.join(QStringLiteral(", "))));
    }
    if (run.search)
        for (std::size_t i = 0; i < run.search->tpir.size() && i < run.fpirs.size(); ++i)
            about.add(tr("TPIR at FPIR %1").arg(farText(run.fpirs[i])), percentText(run.search->tpir[i], 2));
    for (std::size_t i = 0; i < run.discard.size() && i < run.discardAreas.size(); ++i)
        about.add(tr("pAUC of error versus discard"),
                  tr("%1 up to %2 discarded, by %3")
                      .arg(locale.toString(run.discardAreas[i], 'g', 4), percentText(run.discardLimit, 0), toQString(run.discardQuality)));
    about.add(tr("Protocol"), toQString(run.protocol));
    for (const std::string &warning : run.warnings)
        about.add(tr("Note"), toQString(warning));
    about.add(tr("Computed in"), tr("%1 s").arg(locale.toString(run.seconds, 'f', 1)));
    return about.lines.join(QStringLiteral("<br>"));
}

QString EvaluationTables::aboutLive(const LiveExact &exact) const
{
    About about;
    const QLocale locale;
    about.add(tr("Live threshold"), tr("t = %1, exact").arg(scoreText(exact.threshold)));
    about.add(tr("Pairs"), tr("%1 genuine, %2 impostor").arg(counted(exact.genuine), counted(exact.impostor)));
    about.add(tr("EER"), percentText(exact.eer.value, 2));
    if (exact.splits > 1)
        about.add(tr("Splits"), tr("means over %n split(s), ± is the deviation; counts are sums", nullptr, static_cast<int>(exact.splits)));
    else if (!exact.intervals.empty())
        about.add(tr("Intervals"),
                  tr("%1 % by bootstrap over %2 people, %3 resamples")
                      .arg(locale.toString(100 * exact.intervals.front().level, 'g', 3), counted(exact.subjects), counted(exact.intervals.front().resamples)));
    else if (!exact.noIntervals.empty())
        about.add(tr("Intervals"), tr("none: %1").arg(toQString(exact.noIntervals)));
    return about.lines.join(QStringLiteral("<br>"));
}

void EvaluationTables::updateDetails()
{
    if (const ShownRun *shown = m_state->currentRun(); shown != nullptr) {
        m_farModel->setPoints(shown->run->strict, shown->run->insightface, shown->run->intervals, shown->run->strictDeviation);
        m_about->setText(aboutRun(*shown));
    } else if (const auto &exact = m_engine->exact()) {
        m_farModel->setPoints(exact->strict, exact->insightface, exact->intervals, exact->strictDeviation);
        m_about->setText(aboutLive(*exact));
    } else {
        m_farModel->setPoints({}, {}, {});
        m_about->clear();
    }
    m_details->resizeColumnsToContents();
    m_details->resizeRowsToContents();
    updatePairs();
}

/// Of the current run, or of the live threshold, at the FAR that is looked at; null: there is none.
const FarPoint *EvaluationTables::currentPoint() const
{
    if (const ShownRun *shown = m_state->currentRun(); shown != nullptr)
        return pointAt(shown->run->strict, m_state->far());
    return m_engine->exact() ? pointAt(m_engine->exact()->strict, m_state->far()) : nullptr;
}

void EvaluationTables::updatePairs()
{
    const ShownRun *shown = m_state->currentRun();
    const FarPoint *point = currentPoint();
    const double threshold = point != nullptr ? point->threshold : 0;
    if (shown != nullptr) {
        const EvaluationSetPtr set = m_set && m_set->fits(*shown->run) ? m_set : nullptr;
        m_genuine->setPairs(shown->run->hardestGenuine, set, threshold);
        m_impostor->setPairs(shown->run->hardestImpostor, set, threshold);
    } else if (const auto &exact = m_engine->exact()) {
        m_genuine->setPairs(exact->hardestGenuine, m_set, threshold);
        m_impostor->setPairs(exact->hardestImpostor, m_set, threshold);
    } else {
        m_genuine->setPairs({}, nullptr, 0);
        m_impostor->setPairs({}, nullptr, 0);
    }
    if (point == nullptr) {
        m_pairsCaption->setText(tr("Choose a point of the ROC or a figure of the table: its hardest pairs come here."));
        return;
    }
    const QString name = shown != nullptr ? shown->title : tr("live threshold");
    const QLocale locale;
    m_pairsCaption->setText(
        tr("<b>%1</b> at FAR %2: accept from %3 · %4 of %5 genuine pairs missed, %6 impostor pairs let in · double-click a pair to see its pictures")
            .arg(name.toHtmlEscaped(), farText(point->target), locale.toString(threshold, 'f', 4),
                 locale.toString(static_cast<qlonglong>(point->genuines - point->genuineAccepted)), locale.toString(static_cast<qlonglong>(point->genuines)),
                 locale.toString(static_cast<qlonglong>(point->impostorsAccepted))));
}

void EvaluationTables::showPair(const PairModel *model, int row)
{
    const NotablePair *pair = model->pairAt(row);
    if (pair == nullptr)
        return;
    const ShownRun *shown = m_state->currentRun();
    if (!m_set || (shown != nullptr && !m_set->fits(*shown->run)))
        return Q_EMIT failed(tr("The templates of this run are not open."),
                             tr("A saved run holds its figures, not its features. Evaluate the same benchmark again (its features are kept): then every run "
                                "of it shows the pictures behind its pairs."));
    std::optional<Method> method = shown != nullptr ? shown->method : liveMethodOf(*m_state, m_set);
    if (!method) {
        method = methodNamed("average");
        Q_EMIT message(tr("How this run weighed pictures is not known, so the weights shown are those of the average."));
    }
    const FarPoint *point = currentPoint();
    try {
        auto *dialog =
            new TemplatePairDialog(m_set, *pair, model->kind() == PairModel::Kind::Genuine, point != nullptr ? point->threshold : 0, *method, m_cache, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    } catch (const std::exception &error) {
        Q_EMIT failed(tr("The pair could not be shown."), toQString(describe(error)));
    }
}

void EvaluationTables::changeEvent(QEvent *event)
{
    QTabWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_impostorView != nullptr)
        m_tarModel->setPalette(palette());
}

} // namespace dscope
