// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/classesmodel.h"

#include "core/evaluation/classificationrun.h"
#include "ui/convert.h"
#include "ui/plaintip.h"
#include "ui/theme.h"

#include <QFont>
#include <QLocale>

#include <algorithm>

namespace dscope {

ClassesModel::ClassesModel(EvaluationState *state, QObject *parent) : QAbstractTableModel(parent), m_state(state)
{
    connect(state, &EvaluationState::runsChanged, this, &ClassesModel::take);
    take();
}

void ClassesModel::take()
{
    beginResetModel();
    m_rows.clear();
    std::vector<std::string> benchmarks;
    for (const ShownRun &shown : m_state->runs())
        if (isClassification(*shown.run)) {
            m_rows.push_back({shown, {}});
            if (std::find(benchmarks.begin(), benchmarks.end(), shown.run->benchmark) == benchmarks.end())
                benchmarks.push_back(shown.run->benchmark);
        }
    if (m_live) {
        Row live;
        live.run.id = EvaluationState::liveId;
        m_rows.insert(m_rows.begin(), std::move(live));
    }
    for (const std::string &benchmark : benchmarks)
        for (PaperRow &paper : paperRows(benchmark))
            if (!paper.measure.empty()) {
                Row row;
                row.run.id = -1;
                row.paper = std::move(paper);
                m_rows.push_back(std::move(row));
            }
    endResetModel();
}

void ClassesModel::setLive(const std::optional<LiveClassesRow> &live)
{
    const bool same = m_live.has_value() == live.has_value();
    m_live = live;
    if (!same)
        return take();
    if (m_live && !m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(0, columnCount() - 1));
}

void ClassesModel::setPalette(const QPalette &palette)
{
    m_palette = palette;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::DecorationRole, Qt::ForegroundRole});
}

int ClassesModel::idAt(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[static_cast<std::size_t>(row)].run.id : -1;
}

int ClassesModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ClassesModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(Columns);
}

std::optional<double> ClassesModel::figure(const Row &row, int column) const
{
    if (row.run.run) {
        const ClassificationFigures &figures = *row.run.run->classification;
        switch (column) {
        case Top1: return figures.top1;
        case Top5: return figures.top5;
        case Mean: return figures.mean();
        case ClassMean: return figures.meanClass;
        default: return std::nullopt;
        }
    }
    if (row.run.id == EvaluationState::liveId && m_live) {
        switch (column) {
        case Top1: return m_live->point.top1;
        case Top5: return m_live->point.top5;
        case Mean: return m_live->point.mean();
        default: return std::nullopt;
        }
    }
    if (row.run.id == -1 && !row.paper.percent.empty() && column == (row.paper.measure == top1Measure ? Top1 : Mean))
        return row.paper.percent.front() / 100;
    return std::nullopt;
}

QString ClassesModel::value(const Row &row, int column) const
{
    const EvaluationRun *run = row.run.run.get();
    const bool live = row.run.id == EvaluationState::liveId && m_live;
    const QLocale locale;
    if (column == Method)
        return run != nullptr ? row.run.title : live ? m_live->title : tr("Paper, %1: %2").arg(toQString(row.paper.table), toQString(row.paper.method));
    if (column >= Top1 && column <= ClassMean) {
        const std::optional<double> found = figure(row, column);
        return found ? percentNumber(*found, 2) : QString();
    }
    if (run == nullptr && !live)
        return {};
    if (column == Clips)
        return locale.toString(run != nullptr ? perGroup(*run, run->keptShare) : m_live->clips, 'f', 1);
    if (column == Share)
        return percentNumber(run != nullptr ? run->keptShare : m_live->point.keptShare, 1);
    const double mac = run != nullptr ? perGroup(*run, run->macPerFace) : m_live->macPerVideo;
    return mac > 0 ? locale.toString(mac / 1e9, 'f', 1) : QString();
}

QString ClassesModel::detail(const Row &row, int column) const
{
    if (row.run.id == EvaluationState::liveId && m_live)
        return column == Method ? m_live->about : QString();
    if (!row.run.run)
        return {};
    const ClassificationFigures &figures = *row.run.run->classification;
    const auto of = [&](const Interval &interval, double deviation) {
        QString text = interval.resamples > 0 ? tr("%1 to %2").arg(percentNumber(interval.low, 1), percentNumber(interval.high, 1)) : QString();
        if (figures.draws > 1)
            text += (text.isEmpty() ? QString() : QStringLiteral(", ")) + QStringLiteral("± ") + percentNumber(deviation, 2);
        return text;
    };
    switch (column) {
    case Top1: return of(figures.top1Interval, figures.top1Deviation);
    case Mean: return of(figures.meanInterval, figures.meanDeviation);
    case ClassMean: return of(figures.meanClassInterval, figures.meanClassDeviation);
    default: return {};
    }
}

bool ClassesModel::isBest(const Row &row, int column) const
{
    const std::optional<double> own = row.run.id > 0 ? figure(row, column) : std::nullopt;
    return own && std::none_of(m_rows.begin(), m_rows.end(), [&](const Row &other) {
               const std::optional<double> theirs = other.run.id > 0 ? figure(other, column) : std::nullopt;
               return theirs && *theirs > *own;
           });
}

QVariant ClassesModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row &row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole: return value(row, column);
    case DetailRole: return detail(row, column);
    case IdRole: return row.run.id;
    case PaperRole: return row.run.id == -1;
    case Qt::TextAlignmentRole: return QVariant::fromValue(column == Method ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole:
        if (isBest(row, column)) {
            QFont bold;
            bold.setBold(true);
            return bold;
        }
        return {};
    case Qt::ForegroundRole: return row.run.id == -1 ? QVariant(subtleColour(m_palette)) : QVariant();
    case Qt::DecorationRole:
        if (column != Method || row.run.id == -1)
            return {};
        return row.run.id == EvaluationState::liveId ? thresholdColour(m_palette) : runColour(row.run.colour, m_palette);
    case Qt::ToolTipRole: {
        const QString own = value(row, column);
        const QString more = detail(row, column);
        return own.isEmpty() ? QVariant() : QVariant(plainTip(more.isEmpty() ? own : own + QLatin1Char('\n') + more));
    }
    default: return {};
    }
}

QVariant ClassesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole)
        switch (section) {
        case Top1: return tr("The class of the largest fused score is the true one");
        case Top5: return tr("The true class is among the five largest");
        case Mean: return tr("Of top-1 and top-5, Kinetics' figure");
        case ClassMean: return tr("Mean over the classes of the share of their videos that is right");
        case Cost: return tr("Multiply-accumulates in thousands of millions: DDNet on all clips, the base on the kept");
        default: return {};
        }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Method: return tr("Method");
    case Top1: return tr("Top-1 %");
    case Top5: return tr("Top-5 %");
    case Mean: return tr("Mean %");
    case ClassMean: return tr("Class mean %");
    case Clips: return tr("Clips per video");
    case Share: return tr("Kept %");
    case Cost: return tr("G MAC per video");
    default: return {};
    }
}

} // namespace dscope
