#include "ui/dialogs/analysisdialog.h"

#include "ui/convert.h"

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

namespace dscope {

AnalysisDialog::AnalysisDialog(const ModelStore &store, const AnalysisOptions &options, QWidget *parent) : QDialog(parent), m_options(options)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Models and settings"));
    auto *column = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    m_base = chooser(store, Role::Base, options.base);
    m_ddnet = chooser(store, Role::DdNet, options.ddnet);
    m_detector = chooser(store, Role::Detector, options.detector);
    form->addRow(tr("&Base network"), m_base);
    form->addRow(tr("&DDNet"), m_ddnet);
    form->addRow(tr("De&tector"), m_detector);
    m_everyNth = new QSpinBox(this);
    m_everyNth->setRange(1, 1000);
    m_everyNth->setValue(options.everyNth);
    m_everyNth->setToolTip(tr("1 looks at every frame of a video, 2 at every other one, and so on."));
    form->addRow(tr("Look at every &n-th frame"), m_everyNth);
    m_runBase = new QCheckBox(tr("Run the base on all faces (the trade-off and the aggregated features need it)"), this);
    m_runBase->setChecked(options.runBase);
    m_allFaces = new QCheckBox(tr("Pictures: take every face found instead of the largest"), this);
    m_allFaces->setChecked(options.allFaces);
    m_aligned = new QCheckBox(tr("Pictures are aligned faces already: no detector"), this);
    m_aligned->setChecked(options.aligned);
    m_useCache = new QCheckBox(tr("Keep scores on disk, so that opening the same thing again is instant"), this);
    m_useCache->setChecked(options.useCache);
    for (QCheckBox *box : {m_runBase, m_allFaces, m_aligned, m_useCache})
        form->addRow(box);
    column->addLayout(form);
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
    resize(760, 560);
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
    options.base = m_base->currentData().toString().toStdString();
    options.ddnet = m_ddnet->currentData().toString().toStdString();
    options.detector = m_detector->currentData().toString().toStdString();
    options.everyNth = m_everyNth->value();
    options.runBase = m_runBase->isChecked();
    options.allFaces = m_allFaces->isChecked();
    options.aligned = m_aligned->isChecked();
    options.useCache = m_useCache->isChecked();
    return options;
}

} // namespace dscope
