// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/labelsetup.h"

#include "core/base/files.h"
#include "ui/convert.h"
#include "ui/dialogs/filedialogs.h"
#include "ui/theme.h"
#include "ui/views/parts.h"

#include <QComboBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QToolButton>

#include <algorithm>

namespace dscope {

namespace {
constexpr int s_othersThatSuit = -1;
} // namespace

std::filesystem::path defaultTargets(const std::filesystem::path &data)
{
    const std::filesystem::path whole = std::filesystem::absolute(data).lexically_normal();
    const std::filesystem::path plain = whole.has_filename() ? whole : whole.parent_path();
    const std::string name = plain.stem().string() + ".targets";
    const bool writable = QFileInfo(toQString(plain.parent_path())).isWritable();
    return (writable ? plain.parent_path() : dataDir() / "targets") / name;
}

LabelSetup::LabelSetup(QWidget *parent)
    : QWidget(parent), m_data(new QLineEdit(this)), m_out(new QLineEdit(this)), m_base(new QComboBox(this)), m_metric(new QComboBox(this)),
      m_centroids(new QComboBox(this)), m_target(new QComboBox(this)), m_others(new QSpinBox(this)), m_copies(new QSpinBox(this)),
      m_damage(new QComboBox(this)), m_start(new QPushButton(tr("Compute D-scores"), this)), m_note(new QLabel(this))
{
    setObjectName(QStringLiteral("labelSetup"));
    auto *outer = new QVBoxLayout(this);
    outer->addStretch(2);
    auto *column = new QVBoxLayout;
    column->setSpacing(10);
    addSteps(column, this, tr("Which pictures of a training set mislead?"), 1.6,
             {tr("<b>Choose</b> a labelled set of aligned faces (112 × 112): a folder with one folder a person, a csv with the columns path and person, or a "
                 "<i>train.rec</i>. Drop it anywhere on this page."),
              tr("<b>Compute</b>: the base network looks at every picture. Its D-score compares how close it is to its own person's centre with how close it "
                 "comes to the nearest other one."),
              tr("<b>Look</b> at the least discriminative pictures beside the person each is confused with, exclude what is mislabelled or hopeless, and train "
                 "a DDNet on the rest.")},
             480, 8);
    column->addSpacing(10);

    column->addLayout(buildForm());
    column->addSpacing(8);

    m_start->setObjectName(QStringLiteral("labelStart"));
    m_start->setDefault(true);
    auto *open = new QPushButton(tr("O&pen a targets file…"), this);
    open->setObjectName(QStringLiteral("labelOpen"));
    m_back = new QPushButton(tr("Back to the &results"), this);
    m_back->setObjectName(QStringLiteral("labelBack"));
    m_back->hide();
    addButtons(column, {m_start, open, m_back}, 160);
    addNote(column, m_note, QStringLiteral("labelNote"));
    placeInMiddle(outer, this, column, 700, 8);

    connect(open, &QPushButton::clicked, this, &LabelSetup::openTargets);
    connect(m_back, &QPushButton::clicked, this, &LabelSetup::back);
    connect(m_start, &QPushButton::clicked, this, [this] { m_running ? Q_EMIT stop() : Q_EMIT start(); });
    connect(m_data, &QLineEdit::returnPressed, m_start, &QPushButton::click);
    connect(m_data, &QLineEdit::textChanged, this, [this](const QString &text) {
        if (!m_outByHand)
            m_out->setText(text.trimmed().isEmpty() ? QString() : toQString(defaultTargets(toPath(text.trimmed()))));
        setNote({});
    });
    connect(m_out, &QLineEdit::textEdited, this, [this](const QString &text) { m_outByHand = !text.isEmpty(); });
    connect(m_out, &QLineEdit::textChanged, this, &LabelSetup::updateState);
    updateState();
}

QFormLayout *LabelSetup::buildForm()
{
    auto *form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    m_data->setObjectName(QStringLiteral("labelData"));
    m_data->setPlaceholderText(tr("A folder of people, a csv or a train.rec"));
    m_data->setClearButtonEnabled(true);
    auto *folder = new QPushButton(tr("Folder…"), this);
    folder->setObjectName(QStringLiteral("labelFolder"));
    auto *file = new QPushButton(tr("F&ile…"), this);
    file->setObjectName(QStringLiteral("labelFile"));
    addRow(form, tr("&Data"), row({m_data, folder, file}), m_data);
    m_base->setObjectName(QStringLiteral("labelBase"));
    m_base->setToolTip(tr("The network whose D-scores these are"));
    addRow(form, tr("&Base network"), m_base, m_base);
    m_metric->setObjectName(QStringLiteral("labelMetric"));
    m_metric->addItem(tr("Cosine"));
    m_metric->addItem(tr("Euclidean distance"));
    addRow(form, tr("&Compare by"), m_metric, m_metric);
    m_centroids->setObjectName(QStringLiteral("labelCentroids"));
    m_centroids->addItem(tr("What suits the set"));
    m_centroids->addItem(tr("The person's other clean pictures"));
    m_centroids->addItem(tr("All copies of the person's other pictures"));
    m_centroids->addItem(tr("All copies, those of the picture included (the paper)"));
    m_centroids->setToolTip(
        tr("What each picture is compared with. Where a person has few pictures, each pulls the centre towards itself and looks better than it is. "
           "What suits the set: the other clean pictures where most people have fewer than %1, else all copies.")
            .arg(smallClass()));
    addRow(form, tr("&Own centre"), m_centroids, m_centroids);
    m_others->setObjectName(QStringLiteral("labelOthers"));
    m_others->setRange(s_othersThatSuit, 1000);
    m_others->setSpecialValueText(tr("What suits the set"));
    m_others->setValue(s_othersThatSuit);
    m_others->setToolTip(
        tr("A person with fewer pictures beside the one that is compared is shown, but a DDNet is not taught with them: their centre is not known well "
           "enough."));
    addRow(form, tr("At &least other pictures"), m_others, m_others);
    m_target->setObjectName(QStringLiteral("labelTarget"));
    m_target->addItem(tr("Own centre over the nearest other (the paper)"));
    m_target->addItem(tr("Own centre alone"));
    m_target->addItem(tr("Own centre minus the nearest other"));
    m_target->addItem(tr("CR-FIQA's ratio"));
    m_target->setToolTip(tr("What becomes the D-score. On clean and damaged faces they agree closely; docs/targets.md compares them."));
    addRow(form, tr("D-&score from"), m_target, m_target);
    m_copies->setObjectName(QStringLiteral("labelCopies"));
    m_copies->setRange(1, 100);
    m_copies->setValue(LabelOptions().copies);
    m_copies->setToolTip(tr("The first copy is the picture itself; the others are mostly degraded, so that a DDNet sees bad pictures too. 1 is enough to look "
                            "through the set, and fastest."));
    addRow(form, tr("C&opies of each picture"), m_copies, m_copies);
    m_damage->setObjectName(QStringLiteral("labelDamage"));
    m_damage->addItem(tr("Five kinds: resolution, blur, boxes, darkness, noise"));
    m_damage->addItem(tr("All 40 families of damage"));
    m_damage->setToolTip(
        tr("What degraded copies are made by. A DDNet taught all families knows more of damage that nobody taught it (docs/evidence.md); give each picture "
           "ten copies or more then. Black wedges of alignment are filled at random with it."));
    addRow(form, tr("Da&mage of the copies"), m_damage, m_damage);
    m_out->setObjectName(QStringLiteral("labelOut"));
    m_out->setPlaceholderText(tr("Where the targets go"));
    auto *outButton = new QPushButton(tr("&Where…"), this);
    addRow(form, tr("&Targets file"), row({m_out, outButton}), m_out);
    connect(folder, &QPushButton::clicked, this, [this] { askForData(true); });
    connect(file, &QPushButton::clicked, this, [this] { askForData(false); });
    connect(outButton, &QPushButton::clicked, this, &LabelSetup::askForOut);
    return form;
}

void LabelSetup::setStore(const ModelStore &store)
{
    const QString before = m_base->count() > 0 ? m_base->currentData().toString() : m_wantedBase;
    m_base->clear();
    QString best;
    try {
        best = toQString(store.best(Role::Base).name);
    } catch (const std::exception &) {
        // None is there: the run will say where it was looked for.
    }
    m_base->addItem(best.isEmpty() ? tr("none found") : tr("The best there is (%1)").arg(best), QString());
    for (const ModelSpec &model : store.models())
        if (model.role == Role::Base && model.available())
            m_base->addItem(toQString(model.name), toQString(model.name));
    m_base->setCurrentIndex(std::max(0, m_base->findData(before)));
}

void LabelSetup::setData(const std::filesystem::path &path)
{
    m_outByHand = false;
    m_data->setText(toQString(path));
}

LabelRequest LabelSetup::request() const
{
    LabelRequest request;
    request.data = toPath(m_data->text().trimmed());
    request.out = toPath(m_out->text().trimmed());
    request.base = m_base->currentData().toString().toStdString();
    request.options.copies = m_copies->value();
    if (m_damage->currentIndex() == 1) {
        request.options.families = DamageSet::named("all");
        request.options.fillWedges = true; // as `dscope label` does
    }
    request.options.dscore.metric = m_metric->currentIndex() == 0 ? DScoreOptions::Metric::Cosine : DScoreOptions::Metric::Euclidean;
    request.options.dscore.target = static_cast<DScoreOptions::Target>(m_target->currentIndex());
    if (const int centroids = m_centroids->currentIndex(); centroids > 0) {
        request.choice.leaveOut = centroids == 3 ? DScoreOptions::LeaveOut::None : DScoreOptions::LeaveOut::Picture;
        request.choice.centroids = centroids == 1 ? DScoreOptions::Centroids::Clean : DScoreOptions::Centroids::All;
    }
    if (m_others->value() != s_othersThatSuit)
        request.choice.atLeastOthers = m_others->value();
    return request;
}

void LabelSetup::setRunning(bool running)
{
    m_running = running;
    for (QWidget *field : std::initializer_list<QWidget *>{m_data, m_out, m_base, m_metric, m_centroids, m_others, m_target, m_copies, m_damage})
        field->setEnabled(!running);
    for (const char *name : {"labelFolder", "labelFile"})
        findChild<QPushButton *>(QLatin1String(name))->setEnabled(!running);
    updateState();
}

void LabelSetup::setBackPossible(bool possible)
{
    m_back->setVisible(possible);
}

void LabelSetup::setNote(const QString &note)
{
    m_ownNote = note;
    updateState();
}

void LabelSetup::updateState()
{
    const LabelRequest now = request();
    std::error_code problem;
    const bool begun = !now.out.empty() && std::filesystem::is_directory(now.out.string() + ".work", problem);
    m_start->setText(m_running ? tr("Stop") : begun ? tr("Go on") : tr("Compute D-scores"));
    m_start->setEnabled(m_running || (!now.data.empty() && !now.out.empty()));
    QString note = m_ownNote;
    if (note.isEmpty() && !m_running && begun)
        note = tr("A stopped run lies beside the targets file: with the same settings it goes on from where it was.");
    else if (note.isEmpty() && !m_running && !now.out.empty() && std::filesystem::exists(now.out, problem))
        note = tr("The targets file is there already and will be replaced.");
    m_note->setText(note);
}

void LabelSetup::askForData(bool folder)
{
    const auto take = [this](const std::filesystem::path &path) { setData(path); };
    if (folder)
        return askForFolder(this, tr("A folder with one folder of faces per person"), take);
    askForFile(this, tr("A list or a record file"), {tr("Lists and record files (*.csv *.tsv *.lst *.txt *.rec)"), tr("All files (*)")}, take);
}

void LabelSetup::askForOut()
{
    askForTarget(this, tr("Where the targets go"), m_out->text(), {tr("Targets (*.targets *.safetensors)"), tr("All files (*)")},
                 [this](const std::filesystem::path &file) {
                     m_outByHand = true;
                     m_out->setText(toQString(file));
                 });
}

void LabelSetup::readSettings()
{
    const QSettings settings;
    m_wantedBase = settings.value(QStringLiteral("label/base")).toString();
    m_metric->setCurrentIndex(settings.value(QStringLiteral("label/euclidean")).toBool() ? 1 : 0);
    m_centroids->setCurrentIndex(std::clamp(settings.value(QStringLiteral("label/centroids")).toInt(), 0, m_centroids->count() - 1));
    m_others->setValue(settings.value(QStringLiteral("label/others"), s_othersThatSuit).toInt());
    m_target->setCurrentIndex(std::clamp(settings.value(QStringLiteral("label/target")).toInt(), 0, m_target->count() - 1));
    m_copies->setValue(settings.value(QStringLiteral("label/copies"), LabelOptions().copies).toInt());
    m_damage->setCurrentIndex(settings.value(QStringLiteral("label/allFamilies")).toBool() ? 1 : 0);
}

void LabelSetup::writeSettings() const
{
    QSettings settings;
    settings.setValue(QStringLiteral("label/base"), m_base->currentData());
    settings.setValue(QStringLiteral("label/euclidean"), m_metric->currentIndex() == 1);
    settings.setValue(QStringLiteral("label/centroids"), m_centroids->currentIndex());
    settings.setValue(QStringLiteral("label/others"), m_others->value());
    settings.setValue(QStringLiteral("label/target"), m_target->currentIndex());
    settings.setValue(QStringLiteral("label/copies"), m_copies->value());
    settings.setValue(QStringLiteral("label/allFamilies"), m_damage->currentIndex() == 1);
}

} // namespace dscope
