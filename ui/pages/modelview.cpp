// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/modelview.h"

#include "ui/convert.h"
#include "ui/delegates/roomydelegate.h"
#include "ui/models/modellist.h"
#include "ui/theme.h"
#include "ui/views/inputeditor.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTabWidget>
#include <QTableWidget>
#include <QTreeView>

#include <cmath>
#include <utility>

namespace dscope {

namespace {
constexpr int shownSide = 224; ///< of the pictures of a trial

QString count(std::int64_t value)
{
    return QLocale().toString(static_cast<qlonglong>(value));
}

/// 229.4 M, 12.09 G: as the papers write it.
QString large(std::int64_t value)
{
    const double number = static_cast<double>(value);
    if (number >= 1e9)
        return QLocale().toString(number / 1e9, 'f', 2) + QStringLiteral(" G");
    if (number >= 1e6)
        return QLocale().toString(number / 1e6, 'f', 1) + QStringLiteral(" M");
    return count(value);
}
} // namespace

ModelView::ModelView(QWidget *parent)
    : QWidget(parent), m_layers(new LayerModel(this)), m_title(new QLabel(this)), m_facts(new QLabel(this)), m_problem(new QLabel(this)),
      m_tabs(new QTabWidget(this))
{
    auto *column = new QVBoxLayout(this);
    m_title->setObjectName(QStringLiteral("modelTitle"));
    QFont big = m_title->font();
    big.setPointSizeF(big.pointSizeF() * 1.5);
    big.setBold(true);
    m_title->setFont(big);
    m_title->setTextFormat(Qt::PlainText);
    m_facts->setObjectName(QStringLiteral("modelFacts"));
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->setObjectName(QStringLiteral("modelProblem"));
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_title);
    column->addWidget(m_facts);
    column->addWidget(m_problem);
    m_tabs->setObjectName(QStringLiteral("modelTabs"));
    m_tabs->setDocumentMode(true);
    column->addWidget(m_tabs, 1);
    m_tabs->addTab(buildContent(), tr("&Content"));
    m_tabs->addTab(buildInput(), tr("&Input"));
    m_tabs->addTab(buildTrial(), tr("&Try on a picture"));
    m_tabs->addTab(buildSpeed(), tr("S&peed"));
}

QWidget *ModelView::buildContent()
{
    auto *page = new QWidget(m_tabs);
    auto *column = new QVBoxLayout(page);
    m_table = new QTreeView(page);
    m_table->setObjectName(QStringLiteral("layers"));
    m_table->setAccessibleName(tr("What the model is made of"));
    m_table->setModel(m_layers);
    m_table->setItemDelegate(new RoomyDelegate(6, m_table));
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setAlternatingRowColors(true);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->header()->setStretchLastSection(false);
    connect(m_layers, &QAbstractItemModel::modelReset, this, [this] {
        for (int i = 0; i < m_layers->columnCount(); ++i)
            m_table->header()->setSectionResizeMode(i, i == 0 ? QHeaderView::Stretch : QHeaderView::ResizeToContents);
    });
    m_tableNote = new QLabel(page);
    column->addWidget(m_table, 1);
    column->addWidget(m_tableNote);
    return page;
}

QWidget *ModelView::buildInput()
{
    auto *page = new QWidget(m_tabs);
    auto *column = new QVBoxLayout(page);
    m_input = new InputEditor(page);
    column->addWidget(m_input);
    auto *save = new QPushButton(tr("&Save beside the weights"), page);
    save->setObjectName(QStringLiteral("saveInput"));
    m_sidecar = new QLabel(page);
    m_sidecar->setWordWrap(true);
    m_sidecar->setTextFormat(Qt::PlainText);
    auto *saveLine = new QHBoxLayout;
    saveLine->addWidget(save);
    saveLine->addWidget(m_sidecar, 1);
    column->addLayout(saveLine);
    column->addStretch(1);
    connect(save, &QPushButton::clicked, this, &ModelView::saveWanted);
    return page;
}

QWidget *ModelView::buildTrial()
{
    auto *page = new QWidget(m_tabs);
    auto *column = new QVBoxLayout(page);
    auto *choose = new QPushButton(tr("Choose a pict&ure…"), page);
    choose->setObjectName(QStringLiteral("choosePicture"));
    connect(choose, &QPushButton::clicked, this, &ModelView::pictureWanted);
    auto *hint = new QLabel(tr("or drop one anywhere on this page. The strongest face in it is aligned; a picture of 112 × 112 is taken as it is."), page);
    hint->setWordWrap(true);
    auto *head = new QHBoxLayout;
    head->addWidget(choose);
    head->addWidget(hint, 1);
    column->addLayout(head);
    auto *pictures = new QHBoxLayout;
    const auto frame = [&](const QString &name, const QString &title) {
        auto *box = new QVBoxLayout;
        auto *label = new QLabel(page);
        label->setObjectName(name);
        label->setAccessibleName(title);
        label->setFixedSize(shownSide, shownSide);
        label->setAlignment(Qt::AlignCenter);
        label->setFrameShape(QFrame::StyledPanel);
        auto *caption = new QLabel(title, page);
        caption->setAlignment(Qt::AlignHCenter);
        box->addWidget(label);
        box->addWidget(caption);
        pictures->addLayout(box);
        return label;
    };
    m_crop = frame(QStringLiteral("trialCrop"), tr("Aligned face"));
    m_prepared = frame(QStringLiteral("trialPrepared"), tr("What the network gets"));
    m_verdict = new QLabel(page);
    m_verdict->setObjectName(QStringLiteral("verdict"));
    m_verdict->setWordWrap(true);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    pictures->addSpacing(16);
    pictures->addWidget(m_verdict, 1);
    column->addLayout(pictures);
    column->addStretch(1);
    return page;
}

QWidget *ModelView::buildSpeed()
{
    auto *page = new QWidget(m_tabs);
    auto *column = new QVBoxLayout(page);
    auto *start = new QPushButton(tr("Ti&me it"), page);
    start->setObjectName(QStringLiteral("timeIt"));
    connect(start, &QPushButton::clicked, this, &ModelView::timingWanted);
    auto *hint =
        new QLabel(tr("on every device there is, with 1 and with 32 pictures: the median of repeated runs, the preparation of the pictures included."), page);
    hint->setWordWrap(true);
    auto *head = new QHBoxLayout;
    head->addWidget(start);
    head->addWidget(hint, 1);
    column->addLayout(head);
    m_speed = new QTableWidget(page);
    m_speed->setObjectName(QStringLiteral("speed"));
    m_speed->setAccessibleName(tr("Speed on each device"));
    m_speed->setColumnCount(5);
    m_speed->setHorizontalHeaderLabels({tr("Device"), tr("Pictures at a time"), tr("Median of a run"), tr("Pictures/s"), tr("Runs")});
    m_speed->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_speed->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_speed->verticalHeader()->hide();
    m_speed->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_speed->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_speed->setShowGrid(false);
    column->addWidget(m_speed, 1);
    return page;
}

void ModelView::setSpec(const ModelSpec &spec)
{
    m_spec = spec;
    m_insight = {};
    m_input->setSpec(spec);
    m_input->setOutputs({});
    m_input->setWeights({});
    m_sidecar->setText(spec.available() ? tr("Written to %1").arg(toQString(sidecarOf(spec.path))) : QString());
    m_layers->setRows({}, false);
    m_crop->clear();
    m_prepared->clear();
    m_verdict->clear();
    m_speed->setRowCount(0);
    m_title->setText(toQString(spec.name));
    fillFacts();
}

void ModelView::setSaved()
{
    m_spec = m_input->spec();
    m_spec.inputSource = InputSource::Sidecar;
    m_spec.inputReason.clear();
    m_input->undoStack()->setClean();
}

void ModelView::setInsight(ModelInsight insight)
{
    m_insight = std::move(insight);
    m_layers->setRows(m_insight.rows, m_insight.tensors);
    m_input->setOutputs(m_insight.outputs);
    m_input->setWeights(m_insight.weights);
    fillFacts();
}

QString ModelView::factsText() const
{
    QStringList rows;
    const auto fact = [&](const QString &name, const QString &value) {
        if (!value.isEmpty())
            rows << QStringLiteral("<tr><td style=\"padding-right:14px\">%1</td><td>%2</td></tr>").arg(name.toHtmlEscaped(), value.toHtmlEscaped());
    };
    fact(tr("Use"), tr("%1, architecture %2").arg(roleText(m_spec.role), toQString(m_spec.architecture)));
    const auto side = [](int value) { return value > 0 ? QString::number(value) : tr("any"); };
    fact(tr("Input"), tr("%1 × %2 (width × height), %3").arg(side(m_spec.inputWidth), side(m_spec.inputHeight), m_spec.rgb ? tr("RGB") : tr("BGR")));
    if (m_spec.role != Role::Detector)
        fact(tr("Preparation"), toQString(inputText(m_insight.network ? m_insight.network->spec() : m_spec)));
    if (m_insight.network && !m_insight.outputs.empty())
        fact(tr("Output taken"), tr("%1 (%2 values)").arg(toQString(m_insight.network->spec().output), count(m_insight.network->outputSize())));
    if (m_spec.outputSize > 0)
        fact(tr("Output"), m_spec.role == Role::DdNet ? tr("the D-score for %1").arg(toQString(m_spec.base)) : tr("%1 values").arg(count(m_spec.outputSize)));
    if (m_insight.parameters > 0)
        fact(tr("Parameters"),
             m_insight.parameters < 1'000'000 ? count(m_insight.parameters)
                                              : QStringLiteral("%1 (%2)").arg(count(m_insight.parameters), large(m_insight.parameters)));
    if (m_insight.network)
        fact(tr("Cost of a picture"), tr("%1 MAC, %2 FLOP").arg(large(m_insight.network->cost().mac), large(m_insight.network->cost().flop)));
    fact(tr("SHA-256"), toQString(m_insight.hash.empty() ? m_spec.sha256 : m_insight.hash));
    fact(tr("Licence"), toQString(m_spec.licence));
    fact(tr("Origin"), toQString(m_spec.origin));
    fact(tr("File"),
         !m_spec.available()           ? QString()
             : m_insight.fileBytes > 0 ? QStringLiteral("%1 (%2)").arg(toQString(m_spec.path), QLocale().formattedDataSize(m_insight.fileBytes, 1))
                                       : toQString(m_spec.path));
    return QStringLiteral("<table>%1</table>").arg(rows.join(QString()));
}

void ModelView::fillFacts()
{
    m_facts->setText(factsText());
    m_problem->setText(m_insight.problem);
    m_problem->setVisible(!m_insight.problem.isEmpty());
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, thresholdColour(palette()));
    m_problem->setPalette(colours);
    std::int64_t parameters = 0;
    for (const LayerModel::Row &row : m_insight.rows)
        parameters += row.parameters;
    if (m_insight.rows.empty())
        m_tableNote->clear();
    else if (m_insight.tensors)
        m_tableNote->setText(tr("%n tensor(s)", nullptr, static_cast<int>(m_insight.rows.size())) + QStringLiteral(" · ")
                             + tr("%1 values").arg(count(parameters)));
    else
        m_tableNote->setText(tr("%n layer(s)", nullptr, static_cast<int>(m_insight.rows.size())) + QStringLiteral(" · ")
                             + tr("%1 parameters").arg(count(parameters)));
}

void ModelView::showTrial() const
{
    m_tabs->setCurrentIndex(2);
}

void ModelView::setTrial(const ModelTrial &trial)
{
    const auto shown = [this](const Picture &picture) {
        const double ratio = devicePixelRatioF();
        QPixmap pixmap =
            QPixmap::fromImage(toQImage(picture).scaled(QSize(shownSide - 8, shownSide - 8) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        pixmap.setDevicePixelRatio(ratio);
        return pixmap;
    };
    m_crop->setPixmap(shown(trial.crop));
    m_prepared->setPixmap(shown(trial.prepared));
    QStringList lines;
    if (trial.norm)
        lines << tr("Length of the embedding: <b>%1</b>").arg(QLocale().toString(*trial.norm, 'f', 3));
    if (trial.dScore)
        lines << tr("D-score: <b>%1</b> (by %2)").arg(scoreText(*trial.dScore), toQString(trial.ddnet).toHtmlEscaped());
    else if (m_spec.role == Role::Base)
        lines << tr("No DDNet for this base is there, so there is no D-score.");
    lines << tr("Input: %1 × %2 pixels").arg(trial.prepared.width).arg(trial.prepared.height);
    lines << (trial.aligned ? tr("The picture was taken as an aligned face.") : tr("%n face(s) found; the strongest was taken.", nullptr, trial.faces));
    m_verdict->setText(lines.join(QStringLiteral("<br>")));
}

void ModelView::showSpeed() const
{
    m_speed->setRowCount(0);
    m_tabs->setCurrentIndex(3);
}

void ModelView::setTimings(const std::vector<ModelTiming> &timings)
{
    m_speed->setRowCount(static_cast<int>(timings.size()));
    for (std::size_t i = 0; i < timings.size(); ++i) {
        const ModelTiming &timing = timings[i];
        const bool there = timing.problem.empty();
        const QStringList cells{toQString(timing.device.label), QString::number(timing.batch),
                                there ? tr("%1 ms").arg(QLocale().toString(timing.medianMs, 'f', timing.medianMs < 10 ? 2 : 1)) : toQString(timing.problem),
                                there ? QLocale().toString(timing.batch / timing.medianMs * 1000, 'f', 0) : QString(),
                                there ? QString::number(timing.runs) : QString()};
        for (int column = 0; column < cells.size(); ++column) {
            auto *item = new QTableWidgetItem(cells[column]);
            item->setTextAlignment(column > 0 ? Qt::AlignRight | Qt::AlignVCenter : Qt::AlignLeft | Qt::AlignVCenter);
            m_speed->setItem(static_cast<int>(i), column, item);
        }
    }
}

void ModelView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_speed != nullptr)
        fillFacts();
}

} // namespace dscope
