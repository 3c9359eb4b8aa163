// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/trainsetup.h"

#include "core/base/files.h"
#include "core/training/basetrainer.h"
#include "ui/convert.h"
#include "ui/dialogs/filedialogs.h"
#include "ui/views/numberbox.h"
#include "ui/views/parts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>

#include <utility>

namespace dscope {

namespace {

QDoubleSpinBox *number(double low, double high, double step, int decimals, double value)
{
    auto *box = new NumberBox;
    box->setDecimals(decimals);
    box->setRange(low, high);
    box->setSingleStep(step);
    box->setValue(value);
    return box;
}

QSpinBox *whole(int low, int high, int value)
{
    auto *box = new QSpinBox;
    box->setRange(low, high);
    box->setValue(value);
    return box;
}

QString prefixOf(TrainingRequest::Kind kind)
{
    switch (kind) {
    case TrainingRequest::Kind::DdNet: return QStringLiteral("ddnet_");
    case TrainingRequest::Kind::SecondLook: return QStringLiteral("second_");
    default: return QStringLiteral("base_");
    }
}

} // namespace

TrainSetup::TrainSetup(QWidget *parent)
    : QWidget(parent), m_kind(new QComboBox), m_data(new QLineEdit), m_folder(new QPushButton(tr("Folder…"))), m_file(new QPushButton(tr("F&ile…"))),
      m_features(new QLineEdit), m_architecture(new QComboBox), m_loss(new QComboBox), m_margin(number(-1, 10, 0.05, 2, -1)), m_epochs(whole(1, 100'000, 5)),
      m_batch(whole(2, 65'536, 64)), m_optimiser(new QComboBox), m_rate(number(0, 100, 0.01, 5, 0.1)), m_schedule(new QComboBox), m_precision(new QComboBox),
      m_device(new QComboBox), m_heldOut(number(0, 90, 1, 1, 5)), m_patience(whole(0, 10'000, 0)), m_more(new QToolButton), m_details(new QWidget),
      m_warmup(number(0, 100, 1, 1, 2)), m_decay(number(0, 1, 0.0001, 5, 5e-4)), m_clip(number(0, 1e6, 0.5, 2, 0)), m_accumulate(whole(1, 4096, 1)),
      m_workers(whole(0, 64, 0)), m_seed(whole(0, 2'000'000'000, 1)), m_out(new QLineEdit), m_goOn(new QCheckBox(tr("Go on from its checkpoint"))),
      m_note(new QLabel), m_start(new QPushButton(tr("&Start training"))), m_fields(new QWidget)
{
    setObjectName(QStringLiteral("trainSetup"));
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(12, 10, 12, 10);
    auto *title = new QLabel(tr("Train a network"), this);
    QFont big = title->font();
    big.setPointSizeF(big.pointSizeF() * 1.4);
    big.setBold(true);
    title->setFont(big);
    column->addWidget(title);
    buildForm();
    column->addWidget(m_fields);
    m_note->setObjectName(QStringLiteral("trainNote"));
    m_note->setWordWrap(true);
    m_note->setTextFormat(Qt::PlainText);
    column->addWidget(m_note);
    m_start->setObjectName(QStringLiteral("trainStart"));
    m_start->setMinimumHeight(34);
    m_start->setDefault(true);
    column->addWidget(m_start);
    column->addStretch(1);

    connect(m_kind, &QComboBox::currentIndexChanged, this, &TrainSetup::takeDefaults);
    connect(m_optimiser, &QComboBox::activated, this, [this] { m_rate->setValue(m_optimiser->currentIndex() == 0 ? 0.1 : 0.002); });
    connect(m_folder, &QPushButton::clicked, this, [this] { askForData(true); });
    connect(m_file, &QPushButton::clicked, this, [this] { askForData(false); });
    connect(m_data, &QLineEdit::textChanged, this, [this] {
        suggestOut();
        updateState();
    });
    connect(m_out, &QLineEdit::textEdited, this, [this](const QString &text) { m_outByHand = !text.isEmpty(); });
    connect(m_out, &QLineEdit::textChanged, this, &TrainSetup::updateState);
    connect(m_start, &QPushButton::clicked, this, &TrainSetup::start);
    takeDefaults();
}

void TrainSetup::buildForm()
{
    auto *form = new QFormLayout(m_fields);
    form->setContentsMargins(0, 6, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::DontWrapRows);

    m_kind->addItem(tr("DDNet: how discriminative is a picture?"));
    m_kind->addItem(tr("Base network: who is it?"));
    m_kind->addItem(tr("Second look: what does an embedding say?"));
    addRow(form, tr("&What"), m_kind, "trainKind",
           tr("A DDNet learns the D-scores of a targets file (Label page); a base network learns to tell people apart; a second look reads D-scores off a "
              "base's own embeddings, and is "
              "solved for in seconds once the faces are embedded"));
    m_data->setClearButtonEnabled(true);
    m_folder->setObjectName(QStringLiteral("trainFolder"));
    m_file->setObjectName(QStringLiteral("trainFile"));
    auto *dataLabel = new QLabel(tr("&Data"));
    dataLabel->setBuddy(m_data);
    form->addRow(dataLabel, row({m_data, m_folder, m_file}));
    m_data->setObjectName(QStringLiteral("trainData"));
    m_data->setAccessibleName(tr("Data"));
    auto *featuresFile = new QPushButton(tr("Fi&le…"));
    auto *featuresLabel = new QLabel(tr("E&mbeddings"));
    featuresLabel->setBuddy(m_features);
    m_featuresRow = row({m_features, featuresFile});
    form->addRow(featuresLabel, m_featuresRow);
    m_features->setClearButtonEnabled(true);
    m_features->setObjectName(QStringLiteral("trainFeatures"));
    m_features->setAccessibleName(tr("Embeddings"));
    m_features->setPlaceholderText(tr("made anew"));
    m_features->setToolTip(tr("Of the same faces, by dscope label --features. Without them the base of the targets embeds the faces once more"));
    addRow(form, tr("&Network"), m_architecture, "trainArchitecture", tr("What is trained"));
    for (const char *name : {"arcface", "cosface", "sphereface", "softmax", "triplet", "triplet+softmax"})
        m_loss->addItem(QString::fromLatin1(name));
    addRow(form, tr("&Loss"), m_loss, "trainLoss", tr("ArcFace is the paper's"));
    m_margin->setSpecialValueText(tr("the loss's own"));
    m_margin->setMinimum(-0.05);
    m_margin->setValue(-0.05);
    addRow(form, tr("M&argin"), m_margin, "trainMargin", tr("ArcFace 0.5, CosFace 0.35, SphereFace 4, triplets 0.3"));
    addRow(form, tr("&Epochs"), m_epochs, "trainEpochs", tr("Passes over the data"));
    addRow(form, tr("&Batch"), m_batch, "trainBatch", tr("Pictures a step. Where memory is short it goes through in pieces by itself"));
    m_optimiser->addItem(tr("SGD with momentum"), QStringLiteral("sgd"));
    m_optimiser->addItem(tr("AdamW"), QStringLiteral("adamw"));
    addRow(form, tr("&Optimiser"), m_optimiser, "trainOptimiser", tr("SGD is the paper's"));
    addRow(form, tr("Learnin&g rate"), m_rate, "trainRate", tr("At the top; 0.1 for SGD as in the paper, about 0.002 for AdamW"));
    m_schedule->addItem(tr("Cosine"), QStringLiteral("cosine"));
    m_schedule->addItem(tr("Steps: a tenth at 56 % and 89 %"), QStringLiteral("step"));
    m_schedule->addItem(tr("Constant"), QStringLiteral("constant"));
    addRow(form, tr("S&chedule"), m_schedule, "trainSchedule", tr("How the learning rate goes down after the warm-up"));
    m_precision->addItem(tr("float32"), QStringLiteral("fp32"));
    m_precision->addItem(tr("bfloat16, mixed"), QStringLiteral("bf16"));
    m_precision->addItem(tr("float16, mixed, loss scaling"), QStringLiteral("fp16"));
    addRow(form, tr("&Precision"), m_precision, "trainPrecision", tr("Mixed precision is faster where the device knows it"));
    for (const DeviceInfo &device : availableDevices())
        m_device->addItem(toQString(device.label), toQString(device.device.name()));
    addRow(form, tr("De&vice"), m_device, "trainDevice", tr("Where it is trained"));
    m_heldOut->setSuffix(tr(" % of the people"));
    addRow(form, tr("Held o&ut"), m_heldOut, "trainHeldOut", tr("Kept out of training; after every epoch the network is tried on them"));
    m_patience->setSpecialValueText(tr("never"));
    m_patience->setSuffix(tr(" epochs without a better one"));
    addRow(form, tr("S&top after"), m_patience, "trainPatience", tr("Early stop. The weights of the best epoch are kept in any case"));
    buildDetails(form);
    auto *where = new QPushButton(tr("Wh&ere…"));
    auto *outLabel = new QLabel(tr("Result"));
    outLabel->setBuddy(m_out);
    form->addRow(outLabel, row({m_out, where}));
    m_out->setObjectName(QStringLiteral("trainOut"));
    m_out->setAccessibleName(tr("Result"));
    m_out->setPlaceholderText(tr("Where the weights go"));
    m_goOn->setObjectName(QStringLiteral("trainGoOn"));
    m_goOn->setChecked(true);
    m_goOn->hide();
    form->addRow(QString(), m_goOn);
    connect(featuresFile, &QPushButton::clicked, this, &TrainSetup::askForFeatures);
    connect(where, &QPushButton::clicked, this, &TrainSetup::askForOut);
}

/// Folded until they are asked for.
void TrainSetup::buildDetails(QFormLayout *form)
{
    m_more->setText(tr("More settings"));
    m_more->setCheckable(true);
    m_more->setAutoRaise(true);
    m_more->setArrowType(Qt::RightArrow);
    m_more->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_more->setObjectName(QStringLiteral("trainMore"));
    form->addRow(m_more);
    auto *details = new QFormLayout(m_details);
    details->setContentsMargins(0, 0, 0, 0);
    m_warmup->setSuffix(tr(" % of all steps"));
    addRow(details, tr("Warm-up"), m_warmup, "trainWarmup", tr("The learning rate rises linearly"));
    addRow(details, tr("Weight decay"), m_decay, "trainDecay", tr("Of convolution and linear weights"));
    m_clip->setSpecialValueText(tr("never"));
    addRow(details, tr("Clip gradients at"), m_clip, "trainClip", tr("The longest gradient; a longer one is shortened"));
    addRow(details, tr("Pieces of a batch"), m_accumulate, "trainAccumulate", tr("They go through the network one after the other, which needs less memory"));
    m_workers->setSpecialValueText(tr("automatic"));
    addRow(details, tr("Preparing threads"), m_workers, "trainWorkers", tr("Threads that read and degrade pictures ahead of the network"));
    addRow(details, tr("Seed"), m_seed, "trainSeed", tr("Of everything random: the same seed gives the same run"));
    m_details->hide();
    form->addRow(m_details);
    connect(m_more, &QToolButton::toggled, this, [this](bool on) {
        m_details->setVisible(on);
        m_more->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
    });
}

void TrainSetup::addRow(QFormLayout *form, const QString &text, QWidget *field, const char *name, const QString &tip)
{
    auto *label = new QLabel(text);
    label->setBuddy(field);
    label->setToolTip(tip);
    field->setObjectName(QLatin1String(name));
    field->setAccessibleName(QString(text).remove(QLatin1Char('&')));
    field->setToolTip(tip);
    if (auto *combo = qobject_cast<QComboBox *>(field))
        combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    form->addRow(label, field);
}

void TrainSetup::setKind(TrainingRequest::Kind kind)
{
    m_kind->setCurrentIndex(static_cast<int>(kind));
}

TrainingRequest::Kind TrainSetup::kind() const
{
    return static_cast<TrainingRequest::Kind>(m_kind->currentIndex());
}

void TrainSetup::showRow(QWidget *field, bool shown)
{
    field->setVisible(shown);
    if (QWidget *label = qobject_cast<QFormLayout *>(m_fields->layout())->labelForField(field))
        label->setVisible(shown);
}

/// What is usual for this kind of network.
void TrainSetup::takeDefaults()
{
    const bool ddnet = kind() == TrainingRequest::Kind::DdNet;
    const bool base = kind() == TrainingRequest::Kind::Base;
    const bool second = kind() == TrainingRequest::Kind::SecondLook;
    m_architecture->clear();
    if (!base) {
        for (const char *name : {"ddnet", "ddnet-resnet34cd", "ddnet-resnet18"})
            m_architecture->addItem(QString::fromLatin1(name));
    } else {
        for (const std::string &name : baseArchitectures())
            m_architecture->addItem(toQString(name));
        m_architecture->setCurrentText(QStringLiteral("compact"));
    }
    for (QWidget *field : std::initializer_list<QWidget *>{m_loss, m_margin})
        showRow(field, base);
    // A second look is solved for: there is nothing to set but where it comes from.
    for (QWidget *field :
         std::initializer_list<QWidget *>{m_architecture, m_epochs, m_batch, m_optimiser, m_rate, m_schedule, m_precision, m_heldOut, m_patience, m_more})
        showRow(field, !second);
    m_details->setVisible(!second && m_more->isChecked());
    showRow(m_featuresRow, second);
    m_folder->setVisible(base);
    m_data->setPlaceholderText(base ? tr("A folder of people, a csv or a train.rec") : tr("A targets file from the Label page"));
    m_epochs->setValue(ddnet ? 5 : 20);
    suggestOut(); // another kind of result has another name
    updateState();
}

/// Beside the data, or in the user's folder of models where nothing can be written there; not where the user has named a place.
void TrainSetup::suggestOut()
{
    if (m_outByHand)
        return;
    const QString text = m_data->text().trimmed();
    const std::filesystem::path source = toPath(text);
    const std::string stem = (source.has_filename() ? source : source.parent_path()).stem().string();
    const QString beside = QFileInfo(toQString(source.parent_path())).isWritable() ? toQString(source.parent_path()) : toQString(dataDir() / "models");
    m_out->setText(text.isEmpty() ? QString() : beside + QLatin1Char('/') + prefixOf(kind()) + toQString(stem) + QStringLiteral(".safetensors"));
}

TrainingRequest TrainSetup::request() const
{
    TrainingRequest request;
    request.kind = kind();
    request.features = toPath(m_features->text().trimmed());
    request.data = toPath(m_data->text().trimmed());
    request.out = toPath(m_out->text().trimmed());
    request.architecture = m_architecture->currentText().toStdString();
    request.loss.kind = lossNamed(m_loss->currentText().toStdString());
    request.loss.margin = m_margin->value() < 0 ? -1 : m_margin->value();
    request.heldOut = m_heldOut->value() / 100;
    TrainOptions &loop = request.loop;
    loop.epochs = m_epochs->value();
    loop.batch = m_batch->value();
    loop.optimiser = optimiserNamed(m_optimiser->currentData().toString().toStdString());
    loop.learningRate = m_rate->value();
    loop.schedule = scheduleNamed(m_schedule->currentData().toString().toStdString());
    loop.precision = precisionNamed(m_precision->currentData().toString().toStdString());
    if (m_device->count() > 0)
        loop.device = parseDevice(m_device->currentData().toString().toStdString());
    loop.patience = m_patience->value();
    loop.warmup = m_warmup->value() / 100;
    loop.weightDecay = m_decay->value();
    loop.clip = m_clip->value();
    loop.accumulate = m_accumulate->value();
    loop.workers = m_workers->value();
    loop.seed = static_cast<std::uint64_t>(m_seed->value());
    loop.resume = !m_goOn->isHidden() && m_goOn->isChecked();
    return request;
}

void TrainSetup::setData(const std::filesystem::path &path)
{
    std::error_code ignored;
    const bool targets = path.extension() == ".targets" || path.extension() == ".safetensors";
    if (!targets || std::filesystem::is_directory(path, ignored))
        setKind(TrainingRequest::Kind::Base);
    else if (kind() == TrainingRequest::Kind::Base)
        setKind(TrainingRequest::Kind::DdNet);
    m_outByHand = false;
    m_data->setText(toQString(path));
}

void TrainSetup::setRunning(bool running)
{
    m_running = running;
    m_fields->setEnabled(!running);
    updateState();
}

void TrainSetup::updateState()
{
    const QString out = m_out->text().trimmed();
    std::error_code ignored;
    const bool second = kind() == TrainingRequest::Kind::SecondLook;
    const bool checkpoint = !second && !out.isEmpty() && std::filesystem::exists(toPath(out + QStringLiteral(".checkpoint")), ignored);
    m_goOn->setVisible(checkpoint);
    QString note;
    if (m_running)
        note = tr("The settings are fixed while it runs.");
    else if (checkpoint)
        note = tr("A stopped run lies beside the result. With the same settings it goes on as if it had never been stopped.");
    else if (second && !out.isEmpty() && std::filesystem::exists(toPath(out + QStringLiteral(".work")), ignored))
        note = tr("Embeddings of a stopped run lie beside the result. It goes on from there.");
    else if (!out.isEmpty() && std::filesystem::exists(toPath(out), ignored))
        note = tr("The result is there already and will be replaced when the run has ended.");
    m_note->setText(note);
    m_start->setText(checkpoint && m_goOn->isChecked() ? tr("Go &on") : second ? tr("&Solve for it") : tr("&Start training"));
    m_start->setVisible(!m_running);
    m_start->setEnabled(!out.isEmpty() && !m_data->text().trimmed().isEmpty());
}

void TrainSetup::askForData(bool folder)
{
    const bool targets = kind() != TrainingRequest::Kind::Base;
    const QString title = targets ? tr("A targets file") : tr("A labelled set of faces");
    const auto take = [this](const std::filesystem::path &path) {
        m_outByHand = false;
        m_data->setText(toQString(path));
    };
    if (folder)
        return askForFolder(this, title, take);
    askForFile(this, title,
               {targets ? tr("Targets (*.targets *.safetensors)") : tr("Lists and record files (*.csv *.tsv *.lst *.txt *.rec *.pack)"), tr("All files (*)")},
               take);
}

void TrainSetup::askForFeatures()
{
    askForFile(this, tr("Embeddings of these faces"), {tr("Embeddings (*.safetensors *.npy *.npz)"), tr("All files (*)")},
               [this](const std::filesystem::path &file) { m_features->setText(toQString(file)); });
}

void TrainSetup::askForOut()
{
    askForTarget(this, tr("Where the weights go"), m_out->text(), {tr("Weights (*.safetensors)")}, [this](const std::filesystem::path &file) {
        m_outByHand = true;
        m_out->setText(toQString(file));
    });
}

void TrainSetup::readSettings()
{
    const QSettings settings;
    m_batch->setValue(settings.value(QStringLiteral("train/batch"), 64).toInt());
    m_precision->setCurrentIndex(std::max(0, m_precision->findData(settings.value(QStringLiteral("train/precision")))));
    m_device->setCurrentIndex(std::max(0, m_device->findData(settings.value(QStringLiteral("train/device")))));
    m_more->setChecked(settings.value(QStringLiteral("train/more")).toBool());
}

void TrainSetup::writeSettings() const
{
    QSettings settings;
    settings.setValue(QStringLiteral("train/batch"), m_batch->value());
    settings.setValue(QStringLiteral("train/precision"), m_precision->currentData());
    settings.setValue(QStringLiteral("train/device"), m_device->currentData());
    settings.setValue(QStringLiteral("train/more"), m_more->isChecked());
}

} // namespace dscope
