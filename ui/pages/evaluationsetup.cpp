// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationsetup.h"

#include "core/analysis/evaluation.h"
#include "core/tasks/benchmarks.h"
#include "ui/convert.h"
#include "ui/dialogs/filedialogs.h"
#include "ui/pages/methodchoice.h"
#include "ui/views/clipfields.h"
#include "ui/views/numberbox.h"
#include "ui/views/parts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace dscope {

namespace {
QString benchmarkTitle(const std::string &word)
{
    static const QHash<QString, QString> titles{{QStringLiteral("lfw"), QStringLiteral("LFW")},
                                                {QStringLiteral("ytf"), QStringLiteral("YouTube Faces")},
                                                {QStringLiteral("iqiyi"), QStringLiteral("iQIYI-VID-FACE")},
                                                {QStringLiteral("ijba"), QStringLiteral("IJB-A")},
                                                {QStringLiteral("ijbb"), QStringLiteral("IJB-B")},
                                                {QStringLiteral("ijbc"), QStringLiteral("IJB-C")},
                                                {QStringLiteral("templates"), EvaluationSetup::tr("Folder of templates (person/template/picture)")},
                                                {QStringLiteral("mars"), QStringLiteral("MARS")},
                                                {QStringLiteral("tracklets"), EvaluationSetup::tr("Tracklets of people")},
                                                {QStringLiteral("activitynet"), QStringLiteral("ActivityNet")},
                                                {QStringLiteral("kinetics"), QStringLiteral("Kinetics")},
                                                {QStringLiteral("classes"), EvaluationSetup::tr("Videos of actions")}};
    return titles.value(toQString(word), toQString(word));
}

/// A name that methodNamed() reads whole: what else a file's name has becomes "_".
std::string plainName(QString name)
{
    for (QChar &letter : name)
        if (!(letter.isLetterOrNumber() || letter == QLatin1Char('-') || letter == QLatin1Char('.')))
            letter = QLatin1Char('_');
    return name.toStdString();
}

/// "FILE; NAME=FILE", where a file without a name has that of the file.
std::vector<std::pair<std::string, std::filesystem::path>> qualitiesOf(const QString &text)
{
    std::vector<std::pair<std::string, std::filesystem::path>> found;
    for (const QString &entry : text.split(QLatin1Char(';'), Qt::SkipEmptyParts)) {
        const QString whole = entry.trimmed();
        const qsizetype equals = whole.indexOf(QLatin1Char('='));
        const bool named = equals > 0 && !whole.left(equals).contains(QLatin1Char('/'));
        const QString file = named ? whole.mid(equals + 1).trimmed() : whole;
        if (!file.isEmpty())
            found.emplace_back(plainName(named ? whole.left(equals).trimmed() : QFileInfo(file).completeBaseName()), toPath(file));
    }
    return found;
}

/// A word that the box does not offer stays to be seen, and the run will say what is wrong with it.
void choose(QComboBox *box, const std::string &word)
{
    const QString name = toQString(word);
    if (box->findData(name) < 0)
        box->addItem(EvaluationSetup::tr("%1 (not there)").arg(name), name);
    box->setCurrentIndex(box->findData(name));
}
} // namespace

std::string EvaluationSetup::qualityMethod(const std::string &name)
{
    return "quality:" + name;
}

EvaluationSetup::EvaluationSetup(QWidget *parent)
    : QWidget(parent), m_benchmark(new QComboBox(this)), m_root(new QLineEdit(this)), m_pairs(new QLineEdit(this)), m_identities(new QLineEdit(this)),
      m_features(new QLineEdit(this)), m_scores(new QLineEdit(this)), m_quality(new QLineEdit(this)), m_baseCost(new NumberBox(this)),
      m_ddnetCost(new NumberBox(this)), m_base(new QComboBox(this)), m_ddnet(new QComboBox(this)),
      m_flip(new QCheckBox(tr("F&lip: add the mirrored picture's feature"), this)), m_normalise(new QCheckBox(tr("Unit features first"), this)),
      m_detector(new QCheckBox(tr("Times the detector's score"), this)), m_methods(new MethodChoice(this)), m_distance(new QComboBox(this)),
      m_subset(new QComboBox(this)), m_clips(new ClipFields(tr("as many as the paper has"), this)), m_resamples(new QSpinBox(this)),
      m_start(new QPushButton(tr("Evaluate"), this)), m_back(new QPushButton(tr("Back to the &results"), this)), m_note(new QLabel(this))
{
    setObjectName(QStringLiteral("evaluationSetup"));
    auto *outer = new QVBoxLayout(this);
    outer->addStretch(2);
    auto *column = new QVBoxLayout;
    column->setSpacing(8);
    m_third = addSteps(
        column, this, tr("How well does a network recognise people?"), 1.6,
        {tr("<b>Choose</b> a benchmark on your disk: templates (sets of pictures of one person) and which of them are compared. Drop its folder anywhere "
            "on this page."),
         tr("<b>Evaluate</b>: each picture is looked at once. Then several ways to make one vector of a template are compared as runs, beside the "
            "paper's figures."),
         tr("<b>Move the threshold</b> and see at once what accuracy and cost become; open the hardest pairs and see which pictures decided.")},
        480, 6);
    column->addSpacing(6);
    m_form = new QFormLayout;
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    buildForm(m_form);
    column->addLayout(m_form);
    column->addSpacing(4);

    m_start->setObjectName(QStringLiteral("evaluationStart"));
    m_start->setDefault(true);
    auto *open = new QPushButton(tr("O&pen runs…"), this);
    open->setObjectName(QStringLiteral("evaluationOpen"));
    open->setToolTip(tr("Runs saved from here or by dscope evaluate (JSON)"));
    m_back->setObjectName(QStringLiteral("evaluationBack"));
    m_back->hide();
    addButtons(column, {m_start, open, m_back}, 160);
    addNote(column, m_note, QStringLiteral("evaluationNote"));
    placeInMiddle(outer, this, column, 760, 8);

    connect(open, &QPushButton::clicked, this, &EvaluationSetup::openRuns);
    connect(m_back, &QPushButton::clicked, this, &EvaluationSetup::back);
    connect(m_start, &QPushButton::clicked, this, [this] { m_running ? Q_EMIT stop() : Q_EMIT start(); });
    connect(m_root, &QLineEdit::returnPressed, m_start, &QPushButton::click);
    connect(m_root, &QLineEdit::textChanged, this, [this](const QString &text) {
        if (const std::string word = guessBenchmark(toPath(text.trimmed())); !word.empty())
            m_benchmark->setCurrentIndex(m_benchmark->findData(toQString(word)));
        setNote({});
    });
    connect(m_root, &QLineEdit::textChanged, this, [this] { m_files = {}; });
    connect(m_features, &QLineEdit::textChanged, this, &EvaluationSetup::updateState);
    connect(m_benchmark, &QComboBox::currentIndexChanged, this, &EvaluationSetup::updateState);
    connect(m_benchmark, &QComboBox::currentIndexChanged, this, &EvaluationSetup::followTask);
    connect(m_methods, &MethodChoice::changed, this, &EvaluationSetup::updateState);
    connect(m_quality, &QLineEdit::textChanged, this, &EvaluationSetup::updateState);
    followTask();
    updateState();
}

QWidget *EvaluationSetup::pathRow(QLineEdit *field, bool folder, const QString &title, const QString &filter)
{
    auto *box = new QWidget(this);
    auto *line = new QHBoxLayout(box);
    line->setContentsMargins(0, 0, 0, 0);
    field->setClearButtonEnabled(true);
    line->addWidget(field, 1);
    auto *button = new QPushButton(folder ? tr("F&older…") : tr("File…"), box);
    button->setObjectName(field->objectName() + QStringLiteral("Button"));
    button->setAccessibleName(title);
    connect(button, &QPushButton::clicked, this, [this, field, folder, title, filter] {
        const auto take = [field](const std::filesystem::path &path) { field->setText(toQString(path)); };
        if (folder)
            askForFolder(this, title, take);
        else
            askForFile(this, title, filter.split(QStringLiteral(";;")), take);
    });
    line->addWidget(button);
    return box;
}

void EvaluationSetup::buildForm(QFormLayout *form)
{
    m_root->setObjectName(QStringLiteral("evaluationRoot"));
    m_root->setPlaceholderText(tr("The benchmark's folder"));
    addRow(form, tr("Benchmark &root"), pathRow(m_root, true, tr("The benchmark's folder"), {}), m_root);
    m_benchmark->setObjectName(QStringLiteral("evaluationBenchmark"));
    for (const std::string &word : benchmarkWords())
        m_benchmark->addItem(benchmarkTitle(word), toQString(word));
    m_benchmark->setToolTip(tr("Guessed from the folder where its files tell"));
    addRow(form, tr("&Kind"), m_benchmark, m_benchmark);
    m_pairs->setObjectName(QStringLiteral("evaluationPairs"));
    m_pairs->setPlaceholderText(tr("From the folder; or a file of your own"));
    addRow(form, tr("Pairs"), pathRow(m_pairs, false, tr("A list of pairs"), tr("Lists (*.txt *.csv)")), m_pairs);
    m_identities->setObjectName(QStringLiteral("evaluationIdentities"));
    m_identities->setPlaceholderText(tr("A csv with the columns clip and identity, in place of pairs"));
    addRow(form, tr("Identities"), pathRow(m_identities, false, tr("Identities of the clips"), tr("CSV (*.csv)")), m_identities);
    m_subset->setObjectName(QStringLiteral("evaluationSubset"));
    m_subset->addItem(tr("validation, as the paper has it"), QString());
    m_subset->addItem(tr("training"), QStringLiteral("training"));
    m_subset->addItem(tr("test"), QStringLiteral("test"));
    addRow(form, tr("Subset"), m_subset, m_subset);
    m_clips->setObjectName(QStringLiteral("evaluationClips"));
    addRow(form, tr("Clips"), m_clips, m_clips->first());
    m_features->setObjectName(QStringLiteral("evaluationFeatures"));
    m_features->setPlaceholderText(tr("Extracted with the networks below; or a feature store, .npy, .safetensors"));
    m_features->setToolTip(tr("What was extracted before with the same networks is found by itself, and so is what a made set brings along. Embeddings of "
                              "your own need a row a picture in the order that dscope evaluate … --list-pictures writes."));
    addRow(form, tr("Feat&ures"), pathRow(m_features, false, tr("Features"), tr("Features (*.dfeat *.dclips *.npy *.safetensors);;All files (*)")), m_features);
    m_scores->setObjectName(QStringLiteral("evaluationScores"));
    m_scores->setPlaceholderText(tr("picture score, a line each (IJB: image template media score)"));
    addRow(form, tr("D-scores"), pathRow(m_scores, false, tr("D-scores of the embeddings"), tr("Text (*.txt);;All files (*)")), m_scores);
    m_costs = new QWidget(this);
    auto *costs = new QHBoxLayout(m_costs);
    costs->setContentsMargins(0, 0, 0, 0);
    const auto addCost = [&](QDoubleSpinBox *box, const QString &name, const QString &text, const QString &unstated) {
        box->setObjectName(name);
        box->setAccessibleName(text);
        box->setRange(0, 1e6);
        box->setDecimals(1);
        box->setGroupSeparatorShown(true);
        box->setSingleStep(100);
        box->setSuffix(tr(" M MAC per face"));
        box->setSpecialValueText(unstated);
        box->setToolTip(tr("Embeddings do not say what they cost. Million multiply-accumulates, from which the prices of the table, the trade-off and the "
                           "recommendation follow."));
        costs->addWidget(new QLabel(text, m_costs));
        costs->addWidget(box, 1);
    };
    addCost(m_baseCost, QStringLiteral("evaluationBaseCost"), tr("base"), tr("not stated: no prices"));
    addCost(m_ddnetCost, QStringLiteral("evaluationDdnetCost"), tr("DDNet"), tr("as the shipped one"));
    addRow(form, tr("Costs"), m_costs, m_baseCost);
    m_baseCost->setAccessibleName(tr("What the base costs per face"));
    m_ddnetCost->setAccessibleName(tr("What DDNet costs per face"));
    m_base->setObjectName(QStringLiteral("evaluationBase"));
    addRow(form, tr("&Base network"), m_base, m_base);
    m_ddnet->setObjectName(QStringLiteral("evaluationDdnet"));
    addRow(form, tr("&DDNet"), m_ddnet, m_ddnet);
    buildMethods(form);
}

void EvaluationSetup::buildMethods(QFormLayout *form)
{
    m_quality->setObjectName(QStringLiteral("evaluationQuality"));
    m_quality->setPlaceholderText(tr("none; a file of scores or an ONNX quality network, each a method more"));
    m_quality->setToolTip(
        tr("A csv with path and score, the text formats of NIST, OFIQ, ERC and public IJB code, or a network that gives one value a picture (an ONNX quality "
           "model such as eDifFIQA or CR-FIQA), which is then run on every face once. Several: separated by semicolons, NAME=FILE gives a name. "
           "Pictures are weighted by them, as quality:NAME."));
    form->addRow(new QLabel(tr("Methods"), this), m_methods);
    m_methods->setAccessibleName(tr("Methods to compare"));

    addRow(form, tr("&Quality scores"),
           pathRow(m_quality, false, tr("Scores of the pictures from elsewhere"), tr("Scores and networks (*.csv *.txt *.onnx *.safetensors);;All files (*)")),
           m_quality);
    auto *switches = new QWidget(this);
    auto *line = new QHBoxLayout(switches);
    line->setContentsMargins(0, 0, 0, 0);
    m_flip->setObjectName(QStringLiteral("evaluationFlip"));
    m_normalise->setObjectName(QStringLiteral("evaluationNormalise"));
    m_detector->setObjectName(QStringLiteral("evaluationDetector"));
    for (QCheckBox *box : {m_flip, m_normalise, m_detector})
        line->addWidget(box);
    line->addStretch(1);
    form->addRow(tr("Switches"), switches);
    m_distance->setObjectName(QStringLiteral("evaluationDistance"));
    m_distance->addItem(tr("squared L2 of the vectors as they are"), QStringLiteral("l2"));
    m_distance->addItem(tr("cosine"), QStringLiteral("cosine"));
    m_distance->setToolTip(tr("How far two tracklets are apart. The paper's figures are by squared L2."));
    addRow(form, tr("Dista&nce"), m_distance, m_distance);
    m_resamples->setObjectName(QStringLiteral("evaluationResamples"));
    m_resamples->setRange(0, 10000);
    m_resamples->setSingleStep(100);
    m_resamples->setValue(EvaluationRequest().resamples);
    m_resamples->setSpecialValueText(tr("no intervals"));
    m_resamples->setToolTip(tr("Resamples of the bootstrap over people, from which the 95 % intervals come"));
    addRow(form, tr("&Intervals from"), m_resamples, m_resamples);
    m_resamples->setSuffix(tr(" resamples"));
}

void EvaluationSetup::setRowVisible(QWidget *field, bool visible)
{
    QWidget *row = field;
    while (row != nullptr && m_form->labelForField(row) == nullptr)
        row = row->parentWidget();
    if (row == nullptr)
        return;
    row->setVisible(visible);
    m_form->labelForField(row)->setVisible(visible);
}

const Task &EvaluationSetup::task() const
{
    return taskOfBenchmark(m_benchmark->currentData().toString().toStdString());
}

void EvaluationSetup::followTask()
{
    if (m_task == task().name)
        return;
    m_task = task().name;
    const Protocol protocol = task().protocol;
    const bool pairs = protocol == Protocol::Verification;
    m_third->setText(pairs
                         ? tr("<b>Move the threshold</b> and see at once what accuracy and cost become; open the hardest pairs and see which pictures decided.")
                         : protocol == Protocol::Retrieval
                         ? tr("<b>Move the threshold</b> and see at once what mAP and cost become; open the queries and see whom they find, and which person "
                              "crops decided.")
                         : tr("<b>Move K</b> or the threshold and see at once what top-1 and cost become; click the confusion matrix and see which videos are "
                              "taken for what."));
    setRowVisible(m_distance, protocol == Protocol::Retrieval);
    setRowVisible(m_clips, protocol == Protocol::Classification);
    setRowVisible(m_quality, protocol != Protocol::Classification);
    setRowVisible(m_normalise, protocol != Protocol::Classification); // the row of all three
    m_flip->setVisible(pairs);
    m_detector->setVisible(pairs);
    for (QDoubleSpinBox *box : {m_baseCost, m_ddnetCost})
        box->setSuffix(pairs ? tr(" M MAC per face") : protocol == Protocol::Retrieval ? tr(" M MAC per person crop") : tr(" M MAC per clip"));
    m_methods->setTask(task());
    if (m_base->count() > 0)
        fillModels();
}

void EvaluationSetup::setStore(const ModelStore &store)
{
    m_store = store;
    fillModels();
}

void EvaluationSetup::fillModels()
{
    const ModelStore &store = m_store;
    const auto fill = [&](QComboBox *box, Role role, const QString &wanted) {
        const QString before = box->count() > 0 ? box->currentData().toString() : wanted;
        box->clear();
        QString best;
        try {
            best = toQString(store.best(role, {}, m_task).name);
        } catch (const std::exception &) {
            // None is there: the run will say where it was looked for.
        }
        box->addItem(best.isEmpty() ? tr("none found") : tr("The best there is (%1)").arg(best), QString());
        for (const ModelSpec &model : store.models())
            if (model.role == role && model.task == m_task && model.available())
                box->addItem(toQString(model.name), toQString(model.name));
        box->setCurrentIndex(std::max(0, box->findData(before)));
    };
    fill(m_base, Role::Base, m_wantedBase);
    fill(m_ddnet, Role::DdNet, m_wantedDdnet);
    m_ddnet->setItemText(0, tr("The one trained for the base"));
}

void EvaluationSetup::setData(const std::filesystem::path &path)
{
    std::error_code problem;
    (std::filesystem::is_directory(path, problem) ? m_root : m_features)->setText(toQString(path));
}

EvaluationRequest EvaluationSetup::request() const
{
    EvaluationRequest request;
    request.benchmark = m_benchmark->currentData().toString().toStdString();
    request.root = toPath(m_root->text().trimmed());
    request.files = m_files;
    if (!m_pairs->isHidden())
        request.files.pairs = toPath(m_pairs->text().trimmed());
    if (request.benchmark == "iqiyi")
        request.files.identities = toPath(m_identities->text().trimmed());
    if (!m_subset->isHidden())
        request.files.subset = m_subset->currentData().toString().toStdString();
    if (task().protocol == Protocol::Classification)
        request.files.clips = m_clips->choice();
    request.features = toPath(m_features->text().trimmed());
    if (!request.features.empty())
        request.dScores = toPath(m_scores->text().trimmed());
    request.base = m_base->currentData().toString().toStdString();
    request.ddnet = m_ddnet->currentData().toString().toStdString();
    const bool pairs = task().protocol == Protocol::Verification;
    if (task().protocol == Protocol::Retrieval)
        request.distance = m_distance->currentData().toString().toStdString();
    request.flip = pairs && m_flip->isChecked() && request.features.empty(); // the box is grey then: whatever made the features has decided that
    request.normaliseFirst = task().protocol != Protocol::Classification && m_normalise->isChecked();
    request.detectorScore = pairs && m_detector->isChecked();
    request.resamples = m_resamples->value();
    request.methods = m_methods->chosen();
    if (task().protocol != Protocol::Classification)
        request.qualities = qualitiesOf(m_quality->text());
    for (const auto &[name, file] : request.qualities)
        if (const std::string method = qualityMethod(name); std::find(request.methods.begin(), request.methods.end(), method) == request.methods.end())
            request.methods.push_back(method);
    if (!m_costs->isHidden()) {
        if (m_baseCost->value() > 0)
            request.costs.base = m_baseCost->value();
        if (m_ddnetCost->value() > 0)
            request.costs.ddnet = m_ddnetCost->value();
    }
    return request;
}

void EvaluationSetup::setRequest(const EvaluationRequest &request)
{
    m_root->setText(toQString(request.root));
    if (!request.benchmark.empty())
        choose(m_benchmark, request.benchmark);
    m_files = request.files;
    m_files.pairs.clear();
    m_files.identities.clear();
    m_files.subset.clear();
    m_files.clips = {};
    choose(m_subset, request.files.subset == "validation" ? "" : request.files.subset);
    m_clips->setChoice(request.files.clips);
    m_pairs->setText(toQString(request.files.pairs));
    m_identities->setText(toQString(request.files.identities));
    m_features->setText(toQString(request.features));
    m_scores->setText(toQString(request.dScores));
    choose(m_base, request.base);
    choose(m_ddnet, request.ddnet);
    m_flip->setChecked(request.flip);
    m_normalise->setChecked(request.normaliseFirst);
    m_detector->setChecked(request.detectorScore);
    m_resamples->setValue(request.resamples);
    choose(m_distance, request.distance.empty() ? "l2" : request.distance);
    std::vector<std::string> methods = request.methods;
    QStringList qualities;
    for (const auto &[name, file] : request.qualities) {
        qualities << QStringLiteral("%1=%2").arg(toQString(name), toQString(file));
        std::erase(methods, qualityMethod(name)); // comes with the file
    }
    m_quality->setText(qualities.join(QStringLiteral("; ")));
    m_methods->choose(methods);
    m_baseCost->setValue(request.costs.base.value_or(0));
    m_ddnetCost->setValue(request.costs.ddnet.value_or(0));
    QStringList kept;
    if (m_files.everyNth > 1)
        kept << tr("one frame in %1").arg(m_files.everyNth);
    if (!m_files.pictures.empty())
        kept << tr("pictures from %1").arg(toQString(m_files.pictures));
    setNote(kept.isEmpty() ? QString() : tr("As in the project: %1.").arg(kept.join(QStringLiteral(", "))));
    updateState();
}

void EvaluationSetup::updateState()
{
    const QString kind = m_benchmark->currentData().toString();
    setRowVisible(m_pairs, kind == QStringLiteral("lfw") || kind == QStringLiteral("ytf") || kind == QStringLiteral("iqiyi"));
    setRowVisible(m_identities, kind == QStringLiteral("iqiyi"));
    setRowVisible(m_subset, kind == QStringLiteral("activitynet") || kind == QStringLiteral("kinetics"));
    const bool given = !m_features->text().trimmed().isEmpty();
    setRowVisible(m_scores, given);
    // A made set brings its embeddings along; a store says what they cost.
    std::error_code problem;
    setRowVisible(m_costs,
                  given ? !m_features->text().trimmed().endsWith(QStringLiteral(".dfeat")) && !m_features->text().trimmed().endsWith(QStringLiteral(".dclips"))
                        : std::filesystem::exists(toPath(m_root->text().trimmed()) / "embeddings.npy", problem));
    m_base->setEnabled(!given && !m_running);
    m_ddnet->setEnabled(!given && !m_running);
    m_flip->setEnabled(!given && !m_running);
    const EvaluationRequest now = request();
    m_start->setText(m_running ? tr("Stop") : tr("Evaluate"));
    m_start->setEnabled(m_running || (!now.root.empty() && !now.methods.empty()));
}

void EvaluationSetup::setRunning(bool running)
{
    m_running = running;
    for (QWidget *field : findChildren<QWidget *>())
        if (qobject_cast<QLineEdit *>(field) != nullptr || qobject_cast<QComboBox *>(field) != nullptr || qobject_cast<QCheckBox *>(field) != nullptr
            || qobject_cast<QAbstractSpinBox *>(field) != nullptr || field->objectName().endsWith(QStringLiteral("Button")))
            field->setEnabled(!running);
    updateState();
}

void EvaluationSetup::setBackPossible(bool possible)
{
    m_back->setVisible(possible);
}

void EvaluationSetup::setNote(const QString &note)
{
    m_note->setText(note);
    updateState();
}

void EvaluationSetup::readSettings()
{
    const QSettings settings;
    m_wantedBase = settings.value(QStringLiteral("evaluate/base")).toString();
    m_wantedDdnet = settings.value(QStringLiteral("evaluate/ddnet")).toString();
    m_methods->readSettings();
    m_resamples->setValue(settings.value(QStringLiteral("evaluate/resamples"), EvaluationRequest().resamples).toInt());
}

void EvaluationSetup::writeSettings() const
{
    QSettings settings;
    settings.setValue(QStringLiteral("evaluate/base"), m_base->currentData());
    settings.setValue(QStringLiteral("evaluate/ddnet"), m_ddnet->currentData());
    m_methods->writeSettings();
    settings.setValue(QStringLiteral("evaluate/resamples"), m_resamples->value());
}

} // namespace dscope
