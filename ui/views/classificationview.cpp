// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/classificationview.h"

#include "core/evaluation/classificationrun.h"
#include "ui/convert.h"
#include "ui/jobs/classesengine.h"
#include "ui/jobs/job.h"
#include "ui/models/classesmodel.h"
#include "ui/models/livemethods.h"
#include "ui/plots/clipcurveplot.h"
#include "ui/views/classesbar.h"
#include "ui/views/confusionview.h"
#include "ui/views/fillingtable.h"
#include "ui/views/parts.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSplitter>
#include <QTabWidget>
#include <QTableWidget>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dscope {

namespace {

constexpr int s_usualK = 9; ///< the paper's for untrimmed videos

QTableWidget *plainTable(const QString &name, const QString &about, const QStringList &columns, QWidget *parent)
{
    auto *table = new QTableWidget(0, static_cast<int>(columns.size()), parent);
    table->setObjectName(name);
    table->setAccessibleName(about);
    table->setHorizontalHeaderLabels(columns);
    dress(table);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSortingEnabled(true);
    return table;
}

QTableWidgetItem *textItem(const QString &text)
{
    return new QTableWidgetItem(text);
}

/// Sorts by its value.
QTableWidgetItem *numberItem(double value)
{
    auto *item = new QTableWidgetItem;
    item->setData(Qt::DisplayRole, value);
    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    return item;
}

} // namespace

/// What is looked at: the current run, or the live choice.
struct ClassificationView::Looked {
    QStringList classes;
    std::vector<std::int64_t> confusion; ///< [classes, classes + 1]
    std::int64_t draws = 1;
    std::vector<std::int32_t> predictions; ///< by video of the set; empty where the set is another, or several draws differ
};

ClassificationView::ClassificationView(EvaluationState *state, QWidget *parent)
    : QWidget(parent), m_state(state), m_engine(new ClassesEngine(this)), m_model(new ClassesModel(state, this))
{
    setObjectName(QStringLiteral("classificationView"));
    auto *line = new QHBoxLayout(this);
    line->setContentsMargins(0, 0, 0, 0);
    auto *down = new QSplitter(Qt::Vertical, this);
    down->setChildrenCollapsible(false);
    line->addWidget(down);
    auto *upper = new QWidget(down);
    QVBoxLayout *column = fillingColumn(upper, 0);
    column->addWidget(buildPlots(), 1);
    m_bar = new ClassesBar(state, upper);
    connect(m_bar, &ClassesBar::keepWanted, this, &ClassificationView::keepWanted);
    column->addWidget(m_bar);
    down->addWidget(upper);
    down->addWidget(buildTabs());
    down->setStretchFactor(0, 3);
    down->setStretchFactor(1, 2);
    down->setSizes({460, 360});
    m_model->setPalette(palette());
    followState();
    updateMatrix();
}

ClassificationView::~ClassificationView()
{
    m_engine->disconnect(this);
    delete m_engine;
}

QWidget *ClassificationView::buildPlots()
{
    auto *across = new QSplitter(Qt::Horizontal, this);
    across->setChildrenCollapsible(false);
    m_curves = new ClipCurvePlot;
    m_confusion = new ConfusionView;
    m_figure = new QComboBox;
    m_figure->setObjectName(QStringLiteral("classesFigure"));
    m_figure->setAccessibleName(tr("Figure"));
    m_figure->addItem(tr("top-1"));
    m_figure->addItem(tr("mean of top-1 and top-5"));
    connect(m_figure, &QComboBox::currentIndexChanged, this,
            [this](int at) { m_curves->setFigure(at == 0 ? ClipCurvePlot::Figure::Top1 : ClipCurvePlot::Figure::Mean); });
    addPlot(across, m_curves, m_curves->accessibleName(), m_figure);
    addPlot(across, m_confusion, tr("Confusion"), nullptr);
    across->setSizes({620, 560});
    connect(m_curves, &ClipCurvePlot::picked, this, [this](int k) { m_state->threshold().setTopK(k); });
    connect(m_confusion, &ConfusionView::cellChosen, this, [this] {
        m_tabs->setCurrentWidget(m_videosPage);
        updateVideos();
    });
    return across;
}

QWidget *ClassificationView::buildTabs()
{
    m_tabs = new QTabWidget(this);
    m_tabs->setObjectName(QStringLiteral("classificationTabs"));
    m_tabs->setDocumentMode(true);
    m_table = FillingTable::ofRuns(QStringLiteral("classesTable"), tr("Top-1 and what else there is of every run, and the paper's"), m_model, m_tabs);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (const int id = m_model->idAt(index.row()); id >= 0)
            m_state->setCurrent(id);
    });
    m_tabs->addTab(m_table, tr("Top-1 and top-5"));
    m_classes =
        plainTable(QStringLiteral("classesList"), tr("Accuracy by class"), {tr("Class"), tr("Videos"), tr("Right %"), tr("Most often taken for")}, m_tabs);
    m_tabs->addTab(m_classes, tr("Classes"));
    m_videosPage = new QWidget(m_tabs);
    QVBoxLayout *column = fillingColumn(m_videosPage);
    m_videosCaption = makeNarrowLabel(m_videosPage, QStringLiteral("classesVideosCaption"));
    column->addWidget(m_videosCaption);
    m_videos =
        plainTable(QStringLiteral("classesVideos"), tr("Videos of the chosen cell"), {tr("Video"), tr("Clips"), tr("It is"), tr("Taken for")}, m_videosPage);
    column->addWidget(m_videos, 1);
    m_tabs->addTab(m_videosPage, tr("Videos"));
    return m_tabs;
}

QWidget *ClassificationView::table() const
{
    return m_table;
}

std::vector<PlainPlot *> ClassificationView::plots() const
{
    return {m_curves};
}

void ClassificationView::followState()
{
    connect(m_state, &EvaluationState::runsChanged, this, [this] {
        updateDense();
        updateMatrix();
    });
    connect(m_state, &EvaluationState::currentChanged, this, &ClassificationView::updateMatrix);
    connect(m_state, &EvaluationState::liveMethodChanged, this, &ClassificationView::ask);
    connect(&m_state->threshold(), &ThresholdState::changed, this, &ClassificationView::ask);
    connect(m_engine, &ClassesEngine::started, this, &ClassificationView::started);
    connect(m_engine, &ClassesEngine::failed, this, &ClassificationView::failed);
    connect(m_engine, &ClassesEngine::ready, this, [this] {
        m_bar->setReady(true);
        Q_EMIT liveChanged();
    });
    connect(m_engine, &ClassesEngine::moved, this, &ClassificationView::updateLive);
    connect(m_engine, &ClassesEngine::curvesChanged, this, [this] { m_curves->setCurves(m_engine->curves()); });
}

bool ClassificationView::isLive() const
{
    return m_engine->isReady();
}

bool ClassificationView::isBusy() const
{
    return m_engine->isBusy();
}

std::optional<Method> ClassificationView::method() const
{
    if (!m_set)
        return std::nullopt;
    std::optional<Method> method = liveMethodOf(*m_state, m_set);
    if (method) {
        const Selection &keep = m_state->threshold().keep();
        method->options.keep = keep;
    }
    return method;
}

void ClassificationView::setSet(EvaluationSetPtr set)
{
    m_set = isClassification(set) ? std::move(set) : nullptr;
    m_liveStarted = false;
    m_engine->setSet(nullptr, {});
    m_model->setLive(std::nullopt);
    m_curves->setLive(std::nullopt, 0);
    // As the paper chooses, where nobody has said anything yet.
    if (m_set && m_state->undoStack()->count() == 0 && m_state->threshold().keep().mode == Keep::Mode::Threshold) {
        Keep best = m_state->threshold().keep();
        best.setBest(s_usualK);
        m_state->threshold().reset(best, false);
    }
    m_bar->setReady(false);
    m_bar->setReadout(m_set ? tr("The live choice comes after the runs.") : QString());
    updateDense();
    updateMatrix();
    Q_EMIT liveChanged();
}

void ClassificationView::startLive(const QStringList &methods, const QStringList &titles)
{
    if (!m_set)
        return;
    m_liveStarted = true;
    m_bar->setMethods(methods, titles);
    LivePrices prices;
    if (m_set->baseCost.mac > 0) {
        prices.title = m_set->base;
        prices.ddnet = m_set->ddnetCost;
        prices.base = m_set->baseCost;
        prices.note = m_set->costNote;
    }
    m_engine->setSet(m_set, prices);
    ask();
}

void ClassificationView::ask()
{
    const std::optional<Method> chosen = method();
    if (!chosen || !m_liveStarted)
        return;
    const LinearRule rule = linearRule(*chosen);
    m_engine->ask(rule, rule.keep);
}

void ClassificationView::updateLive()
{
    const auto &answer = m_engine->answer();
    if (!answer || !m_set)
        return;
    const QLocale locale;
    const TemplateFeatures &set = *m_set->features;
    const double videos = static_cast<double>(std::max<std::int64_t>(1, set.templates()));
    const LivePrices &prices = m_engine->prices();
    const LiveCost cost = costOf(prices, answer->point.keptShare);
    const double clipsPerVideo = static_cast<double>(set.faces()) / videos;
    LiveClassesRow row;
    const std::optional<Method> chosen = method();
    row.title = tr("live: %1").arg(chosen ? toQString(titleOf(*chosen)) : QString());
    row.about = tr("exact");
    row.point = answer->point;
    row.clips = static_cast<double>(answer->point.kept) / videos;
    row.macPerVideo = prices.base.mac > 0 ? clipsPerVideo * cost.macPerFace : 0;
    m_model->setLive(row);
    m_curves->setLive(answer->point, row.clips);
    QStringList parts{tr("<b>top-1 %1, top-5 %2</b>").arg(percentText(answer->point.top1, 2), percentText(answer->point.top5, 2)),
                      tr("%1 of %2 clips per video").arg(locale.toString(row.clips, 'f', 1), locale.toString(clipsPerVideo, 'f', 1))};
    if (row.macPerVideo > 0)
        parts << tr("%1 GFLOP per video, %2 × the speed of the base on all")
                     .arg(locale.toString(clipsPerVideo * cost.flopPerFace / 1e9, 'f', 1), locale.toString(cost.speedUp, 'f', 2));
    m_bar->setReadout(parts.join(QStringLiteral("  ·  ")));
    if (m_state->currentRun() == nullptr)
        updateMatrix();
}

void ClassificationView::updateDense()
{
    for (const ShownRun &shown : m_state->runs())
        if (isClassification(*shown.run) && shown.run->method == titleOf(methodNamed("average")))
            return m_curves->setDense(std::pair{shown.run->classification->top1, shown.run->classification->mean()});
    m_curves->setDense(std::nullopt);
}

ClassificationView::Looked ClassificationView::looked() const
{
    Looked now;
    if (const ShownRun *shown = m_state->currentRun(); shown != nullptr) {
        if (!isClassification(*shown->run))
            return now;
        const ClassificationFigures &figures = *shown->run->classification;
        for (std::int64_t c = 0; c < figures.classes; ++c)
            now.classes << (static_cast<std::size_t>(c) < shown->run->classNames.size() ? toQString(shown->run->classNames[static_cast<std::size_t>(c)])
                                                                                        : QString::number(c));
        now.confusion = figures.confusion;
        now.draws = figures.draws;
        if (m_set && figures.draws == 1 && std::cmp_equal(figures.predictions.size(), m_set->features->templates()))
            for (const Prediction &one : figures.predictions)
                now.predictions.push_back(one.top);
        return now;
    }
    const auto &answer = m_engine->answer();
    if (!answer || !m_set)
        return now;
    const TemplateFeatures &set = *m_set->features;
    for (const std::string &name : set.subjectNames)
        now.classes << toQString(name);
    const auto classes = now.classes.size();
    now.confusion.assign(static_cast<std::size_t>(classes * (classes + 1)), 0);
    now.predictions = answer->predictions;
    for (std::size_t v = 0; v < now.predictions.size(); ++v)
        if (set.subjects[v] >= 0)
            ++now.confusion[static_cast<std::size_t>(set.subjects[v] * (classes + 1) + (now.predictions[v] < 0 ? classes : now.predictions[v]))];
    return now;
}

void ClassificationView::updateMatrix()
{
    const Looked now = looked();
    m_confusion->setMatrix(now.classes, now.confusion, now.draws);
    m_classes->setSortingEnabled(false);
    m_classes->setRowCount(static_cast<int>(now.classes.size()));
    const int classes = static_cast<int>(now.classes.size());
    const auto count = [&](int label, int predicted) {
        return now.confusion[static_cast<std::size_t>(label) * static_cast<std::size_t>(classes + 1) + static_cast<std::size_t>(predicted)];
    };
    for (int label = 0; label < classes; ++label) {
        std::int64_t sum = 0;
        int most = -1;
        for (int other = 0; other <= classes; ++other) {
            sum += count(label, other);
            if (other != label && other < classes && count(label, other) > (most < 0 ? 0 : count(label, most)))
                most = other;
        }
        m_classes->setItem(label, 0, textItem(now.classes[label]));
        m_classes->setItem(label, 1, numberItem(static_cast<double>(sum) / static_cast<double>(now.draws)));
        m_classes->setItem(label, 2,
                           sum > 0 ? numberItem(std::round(1000.0 * static_cast<double>(count(label, label)) / static_cast<double>(sum)) / 10) : textItem({}));
        m_classes->setItem(label, 3, textItem(most < 0 ? QString() : now.classes[most]));
    }
    m_classes->setSortingEnabled(true);
    m_classes->resizeColumnsToContents();
    updateVideos();
}

void ClassificationView::updateVideos()
{
    const Looked now = looked();
    m_videos->setSortingEnabled(false);
    m_videos->setRowCount(0);
    if (!m_confusion->chosen() || now.classes.isEmpty())
        return m_videosCaption->setText(tr("Choose a cell of the confusion matrix: its videos come here."));
    const auto [label, predicted] = *m_confusion->chosen();
    m_videosCaption->setText(m_confusion->cellText(label, predicted));
    if (now.predictions.empty()) {
        m_videosCaption->setText(tr("%1 · which videos these are is known for a single draw of the set that is open").arg(m_videosCaption->text()));
        return;
    }
    const TemplateFeatures &set = *m_set->features;
    const int classes = static_cast<int>(now.classes.size());
    for (std::int64_t v = 0; v < set.templates(); ++v) {
        const auto at = static_cast<std::size_t>(v);
        const int top = now.predictions[at] < 0 ? classes : now.predictions[at];
        if (set.subjects[at] != label || top != predicted)
            continue;
        const int row = m_videos->rowCount();
        m_videos->insertRow(row);
        const bool named = set.size(v) > 0 && std::cmp_equal(set.names.size(), set.faces());
        m_videos->setItem(row, 0, textItem(named ? toQString(set.names[static_cast<std::size_t>(set.begin[at])]) : QString::number(set.ids[at])));
        m_videos->setItem(row, 1, numberItem(static_cast<double>(set.size(v))));
        m_videos->setItem(row, 2, textItem(now.classes[label]));
        m_videos->setItem(row, 3, textItem(predicted < classes ? now.classes[predicted] : tr("nothing")));
    }
    m_videos->setSortingEnabled(true);
    m_videos->resizeColumnsToContents();
}

std::string ClassificationView::curvesText() const
{
    const double clips =
        m_set ? static_cast<double>(m_set->features->faces()) / static_cast<double>(std::max<std::int64_t>(1, m_set->features->templates())) : 0;
    return clipCurvesCsv(m_engine->curves(), clips);
}

QString ClassificationView::sentence() const
{
    const std::optional<Method> chosen = method();
    if (!m_engine->isCurrent() || !chosen)
        return {};
    const LiveClassesPoint &point = m_engine->answer()->point;
    return tr("%1: top-1 %2, top-5 %3, %4 of the clips kept")
        .arg(toQString(titleOf(*chosen)), percentText(point.top1, 2), percentText(point.top5, 2), percentText(point.keptShare));
}

void ClassificationView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_model != nullptr)
        m_model->setPalette(palette());
}

} // namespace dscope
