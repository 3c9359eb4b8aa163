// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/analysisdialog.h"

#include "core/base/picturefile.h"
#include "core/tasks/task.h"
#include "ui/convert.h"
#include "ui/taskwords.h"
#include "ui/views/clipfields.h"
#include "ui/views/numberbox.h"
#include "ui/views/parts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace dscope {

AnalysisDialog::AnalysisDialog(const ModelStore &store, const AnalysisOptions &options, QWidget *parent) : QDialog(parent), m_options(options)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Models and settings"));
    auto *column = new QVBoxLayout(this);
    m_form = new QFormLayout;
    for (const ModelSpec &model : store.models())
        m_taskOf.try_emplace(toQString(model.name), model.task);
    m_task = new QComboBox(this);
    m_task->setObjectName(QStringLiteral("task"));
    m_task->addItem(tr("what the pictures look like"), QString());
    for (const Task &task : tasks())
        m_task->addItem(showsText(task), toQString(std::string(task.name)));
    m_task->setCurrentIndex(std::max(0, m_task->findData(toQString(options.task))));
    m_task->setToolTip(tr("What pictures and videos show. Networks are made for one of them."));
    m_base = chooser(store, Role::Base, options.base);
    m_ddnet = chooser(store, Role::DdNet, options.ddnet);
    m_detector = chooser(store, Role::Detector, options.detector);
    m_form->addRow(tr("&What is looked for"), m_task);
    m_form->addRow(tr("&Base network"), m_base);
    m_form->addRow(tr("&DDNet"), m_ddnet);
    m_form->addRow(tr("De&tector"), m_detector);
    m_everyNth = new QSpinBox(this);
    m_everyNth->setRange(1, 1000);
    m_everyNth->setValue(options.everyNth);
    m_everyNth->setToolTip(tr("1 looks at every frame of a video, 2 at every other one, and so on."));
    m_form->addRow(tr("Look at every &n-th frame"), m_everyNth);
    addDetectorFields(*m_form);
    m_clips = new ClipFields(tr("one after the other"), this);
    m_clips->setChoice(options.clips);
    addRow(m_form, tr("Cli&ps"), m_clips, m_clips->first());
    m_runBase = new QCheckBox(tr("Run the base on all (the trade-off and the aggregated features need it)"), this);
    m_runBase->setChecked(options.runBase);
    m_allFaces = new QCheckBox(tr("Pictures: take all that is found instead of the largest"), this);
    m_allFaces->setChecked(options.allFaces);
    m_aligned = new QCheckBox(tr("Pictures are aligned faces already: no detector"), this);
    m_aligned->setChecked(options.aligned);
    m_strict = new QCheckBox(tr("Leave out pictures whose data are damaged, instead of warning of them"), this);
    m_strict->setObjectName(QStringLiteral("strict"));
    m_strict->setChecked(damagedPicturesRefused());
    m_useCache = new QCheckBox(tr("Keep scores on disk, so that opening the same thing again is instant"), this);
    m_useCache->setChecked(options.useCache);
    for (QCheckBox *box : {m_runBase, m_allFaces, m_aligned, m_strict, m_useCache})
        m_form->addRow(box);
    column->addLayout(m_form);
    column->addWidget(new QLabel(tr("Models known"), this));
    m_table = new QTableWidget(this);
    m_table->setAccessibleName(tr("Models known"));
    fillTable(store);
    column->addWidget(m_table, 1);
    QStringList places;
    for (const std::filesystem::path &folder : store.searched())
        places << toQString(folder);
    for (const std::string &problem : store.problems())
        places << toQString(problem);
    auto *searched = new QLabel(tr("Searched: %1").arg(places.join(QStringLiteral(", "))), this);
    searched->setTextFormat(Qt::PlainText);
    searched->setWordWrap(true);
    searched->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(searched);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Use and run again"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    column->addWidget(buttons);
    for (QComboBox *box : {m_task, m_base, m_ddnet})
        connect(box, &QComboBox::currentIndexChanged, this, &AnalysisDialog::followTask);
    followTask();
    resize(760, 560);
}

void AnalysisDialog::followTask()
{
    QString task = m_task->currentData().toString();
    for (const QComboBox *box : {m_base, m_ddnet})
        if (const auto known = m_taskOf.find(box->currentData().toString()); task.isEmpty() && known != m_taskOf.end())
            task = toQString(known->second);
    const bool clips = taskNamed(task.toStdString()).shape.frames > 1;
    m_form->setRowVisible(m_clips, clips);
    for (QWidget *field : std::initializer_list<QWidget *>{m_detector, m_everyNth, m_minScore, m_minFace, m_maxSide, m_allFaces, m_aligned})
        m_form->setRowVisible(field, !clips);
}

void AnalysisDialog::addDetectorFields(QFormLayout &form)
{
    const DetectorOptions &options = m_options.detectorOptions;
    m_minScore = new NumberBox(this);
    m_minScore->setRange(0, 1);
    m_minScore->setSingleStep(0.05);
    m_minScore->setDecimals(2);
    m_minScore->setValue(static_cast<double>(options.minScore));
    m_minScore->setToolTip(tr("What the detector is less sure of is left out (0 to 1; .5 at first). Less finds more, and more that is none."));
    form.addRow(tr("Least detector &score"), m_minScore);
    m_minFace = new QSpinBox(this);
    m_minFace->setRange(1, 16'384);
    m_minFace->setSuffix(tr(" pixels"));
    m_minFace->setValue(options.minFace);
    m_minFace->setToolTip(
        tr("Faces with a shorter side in the picture are left out (20 at first). Large pictures are searched the longer, the smaller this is."));
    form.addRow(tr("Smallest &face"), m_minFace);
    m_maxSide = new QSpinBox(this);
    m_maxSide->setRange(0, 131'072);
    m_maxSide->setSingleStep(256);
    m_maxSide->setSuffix(tr(" pixels"));
    m_maxSide->setSpecialValueText(tr("as needed"));
    m_maxSide->setValue(options.maxSide);
    m_maxSide->setToolTip(
        tr("The longer side at which pictures and frames are searched, 32 or more. As needed: pictures as large as the smallest face asks for, frames "
           "of a video 1024. A larger one finds what is small in large frames, and takes longer."));
    form.addRow(tr("Search pictures &up to"), m_maxSide);
}

QComboBox *AnalysisDialog::chooser(const ModelStore &store, Role role, const std::string &chosen)
{
    auto *box = new QComboBox(this);
    box->addItem(tr("the best there is"), QString());
    for (const ModelSpec &model : store.models())
        if (model.role == role && model.available())
            box->addItem(toQString(model.name), toQString(model.name));
    const QString name = toQString(chosen);
    // A model given by file on the command line is in no manifest.
    if (box->findData(name) < 0)
        box->addItem(name, name);
    box->setCurrentIndex(box->findData(name));
    return box;
}

void AnalysisDialog::fillTable(const ModelStore &store)
{
    const auto &models = store.models();
    m_table->setRowCount(static_cast<int>(models.size()));
    m_table->setColumnCount(4);
    m_table->setHorizontalHeaderLabels({tr("Name"), tr("Role"), tr("File"), tr("Licence")});
    m_table->verticalHeader()->hide();
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    for (std::size_t i = 0; i < models.size(); ++i) {
        const ModelSpec &model = models[i];
        const QStringList cells{toQString(model.name), toQString(roleName(model.role)),
                                model.available() ? toQString(model.path) : tr("not found: %1").arg(toQString(model.file)), toQString(model.licence)};
        for (int column = 0; column < cells.size(); ++column) {
            auto *item = new QTableWidgetItem(cells[column]);
            item->setToolTip(column == 0 ? toQString(model.origin) : cells[column]);
            if (!model.available())
                item->setForeground(palette().color(QPalette::Disabled, QPalette::Text));
            m_table->setItem(static_cast<int>(i), column, item);
        }
    }
    m_table->resizeColumnsToContents();
    m_table->setColumnWidth(2, 300);
    m_table->horizontalHeader()->setStretchLastSection(true);
}

AnalysisOptions AnalysisDialog::options() const
{
    AnalysisOptions options = m_options;
    const std::string base = m_base->currentData().toString().toStdString();
    if (base != options.base && options.second != "none")
        options.second.clear(); // one that was named is the other base's
    options.base = base;
    options.task = m_task->currentData().toString().toStdString();
    options.ddnet = m_ddnet->currentData().toString().toStdString();
    options.detector = m_detector->currentData().toString().toStdString();
    options.clips = m_clips->choice();
    options.everyNth = m_everyNth->value();
    // Untouched, a value from the command line keeps its further digits.
    if (m_minScore->value() != m_minScore->valueFromText(m_minScore->textFromValue(static_cast<double>(options.detectorOptions.minScore))))
        options.detectorOptions.minScore = static_cast<float>(m_minScore->value());
    options.detectorOptions.minFace = m_minFace->value();
    constexpr int least = 32; // as the command line has it
    options.detectorOptions.maxSide = m_maxSide->value() == 0 ? 0 : std::max(least, m_maxSide->value());
    options.runBase = m_runBase->isChecked();
    options.allFaces = m_allFaces->isChecked();
    options.aligned = m_aligned->isChecked();
    options.useCache = m_useCache->isChecked();
    return options;
}

bool AnalysisDialog::strict() const
{
    return m_strict->isChecked();
}

} // namespace dscope
