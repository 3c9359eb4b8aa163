// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/nets/checkpoint.h"
#include "core/onnx/graph.h"
#include "core/onnx/onnxnetwork.h"
#include "tests/support/analysis.h"
#include "tests/support/madenets.h"
#include "tests/support/pagetest.h"
#include "tests/support/says.h"
#include "tests/support/support.h"
#include "tests/support/widgets.h"
#include "ui/jobs/job.h"
#include "ui/models/modellist.h"
#include "ui/pages/modelpage.h"
#include "ui/views/inputeditor.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTreeView>

#include <cmath>

using namespace dscope;
using namespace dscope::test;

namespace {
/// The smallest archive that looks like TorchScript: its table of contents names a file in code/.
std::string scriptLike(const std::string &name)
{
    std::string entry(46, '\0');
    entry.replace(0, 4, std::string("PK\1\2", 4));
    entry[28] = static_cast<char>(name.size());
    std::string archive("PK\3\4", 4);
    archive.append(60, 'x').append(entry).append(name).append("PK\5\6", 4).append(18, '\0');
    return archive;
}
} // namespace

class TestModelPage : public PageTest<ModelPage> {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup() { m_page.reset(); }
    void cleanupTestCase();
    void listKeepsItsPromises();
    void layersKeepTheirPromises();
    void sidecars();
    void damagedLists();
    void scriptIsToldFromWeights();
    void inspects();
    void missingFileIsSaid();
    void addsByDropAndRemoves();
    void refusesWhatItDoesNotKnow();
    void scriptAsksForTrust();
    void editsUndoesAndSaves();
    void leavingAsks();
    void choosesAnOutput();
    void choosesASetOfWeights();
    void triesAPicture();
    void noFace();
    void timesIt();
    void timingCanBeCancelled();

private:
    std::filesystem::path picture() const
    {
        const auto jpeg = madeThumbnail(30, 0.8);
        writeAtomically(path("face.jpg"), std::string_view(reinterpret_cast<const char *>(jpeg->data()), jpeg->size()));
        return path("face.jpg");
    }
    void drop(const std::filesystem::path &file) { dropOn(*m_page, file); }
    void choose(const char *name);

    QByteArray m_xdg;
};

void TestModelPage::initTestCase()
{
    QVERIFY(m_settings.isValid());
    m_xdg = qgetenv("XDG_DATA_HOME");
}

void TestModelPage::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("XDG_DATA_HOME", (m_folder->path() + QStringLiteral("/data")).toUtf8());
    writeMadeNets(path("nets"));
    m_page = std::make_unique<ModelPage>(ModelStore({path("nets")}));
    showActive(*m_page, 1200, 850);
    QVERIFY(m_page->settle(30'000));
}

void TestModelPage::cleanupTestCase()
{
    if (m_xdg.isEmpty())
        qunsetenv("XDG_DATA_HOME");
    else
        qputenv("XDG_DATA_HOME", m_xdg);
}

/// Clicks a model in the list.
void TestModelPage::choose(const char *name)
{
    auto *view = find<QTreeView>("models");
    const int row = m_page->findChild<ModelList *>()->rowOf(name);
    QVERIFY(row >= 0);
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(view->model()->index(row, 0)).center());
    QCOMPARE(m_page->chosen(), std::string(name));
    QVERIFY(m_page->settle(30'000));
}

void TestModelPage::listKeepsItsPromises()
{
    ModelList list;
    const QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const ModelStore store({path("nets")});
    list.setStore(store);
    QCOMPARE(list.rowCount(), static_cast<int>(store.models().size()));
    // Bases before DDNets before detectors, and what was not found after all of them.
    for (int row = 1; row < list.rowCount(); ++row) {
        const ModelSpec &before = list.model(row - 1);
        const ModelSpec &after = list.model(row);
        QVERIFY(before.available() != after.available() ? before.available() : before.role <= after.role);
    }
    QVERIFY(list.model(0).available());
    const int row = list.rowOf("made-ddnet");
    QVERIFY(row >= 0);
    QCOMPARE(list.index(row, ModelList::RoleColumn).data().toString(), QStringLiteral("DDNet"));
    QCOMPARE(list.index(row, ModelList::StateColumn).data().toString(), QStringLiteral("there"));
    QCOMPARE(list.rowOf("nobody"), -1);
    list.setStore(store);
}

void TestModelPage::layersKeepTheirPromises()
{
    LayerModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setRows({{QStringLiteral("conv1"), QStringLiteral("Conv2d"), {64, 56, 56}, 1728, 5'419'008}}, false);
    QCOMPARE(model.columnCount(), 5);
    QCOMPARE(model.index(0, LayerModel::ShapeColumn).data().toString(), QStringLiteral("64 × 56 × 56"));
    QCOMPARE(model.index(0, LayerModel::MacColumn).data().toString(), QLocale().toString(5'419'008));
    model.setRows({{QStringLiteral("a"), QStringLiteral("float32"), {2, 3}, 6, 0}, {QStringLiteral("b"), QStringLiteral("int64"), {}, 1, 0}}, true);
    QCOMPARE(model.columnCount(), 4); // tensors cost nothing by themselves
    QCOMPARE(model.rowCount(), 2);
    model.setRows({}, false);
}

void TestModelPage::sidecars()
{
    const std::filesystem::path file = path("nets") / "made-base.safetensors";
    QVERIFY(!readSidecar(file));
    ModelSpec spec = describeFile(file);
    QCOMPARE(spec.name, std::string("made-base"));
    spec.rgb = false;
    spec.mean = {1.25F, 2.5F, 3.0F};
    writeSidecar(spec);
    // The store takes the input from it, everything else from the manifest.
    const ModelSpec found = ModelStore({path("nets")}).find("made-base", Role::Base);
    QVERIFY(!found.rgb);
    QCOMPARE(found.mean, spec.mean);
    QVERIFY(!found.sha256.empty());
    // By path as well.
    QCOMPARE(ModelStore().find(file.string(), Role::Base).mean, spec.mean);
    writeAtomically(sidecarOf(file), "{ \"name\": ");
    const ModelStore damaged({path("nets")});
    QVERIFY(std::any_of(damaged.problems().begin(), damaged.problems().end(),
                        [](const std::string &problem) { return problem.find("made-base.safetensors.json") != std::string::npos; }));
    QVERIFY(damaged.find("made-base", Role::Base).rgb); // as if it were not there
}

void TestModelPage::damagedLists()
{
    writeAtomically(path("data/dscope/models/added.json"), R"({"schema": "dscope.added/1", "models": [{"path": 3}]})");
    QVERIFY(refusal([] { addedModels(); }).find("added.json") != std::string::npos);
    const ModelStore store({path("nets")});
    QVERIFY(!store.problems().empty());
    QVERIFY(store.find("made-base", Role::Base).available());
    // One that has gone since is named, and the others stay.
    writeJson(
        path("data/dscope/models/added.json"),
        {{"schema", "dscope.added/1"},
         {"models", Json::array({{{"path", "/gone.onnx"}, {"trusted", ""}}, {{"path", (path("nets") / "made-base.safetensors").string()}, {"trusted", ""}}})}});
    const ModelStore other({path("nets")});
    QVERIFY(other.problems().size() == 1 && other.problems().front().find("/gone.onnx") != std::string::npos);
    QVERIFY(other.find("made-base.safetensors", Role::Base).available());
}

void TestModelPage::scriptIsToldFromWeights()
{
    writeAtomically(path("a.pt"), scriptLike("net/code/__torch__.py"));
    writeAtomically(path("b.pt"), scriptLike("net/data/0"));
    writeAtomically(path("c.pt"), "");
    QVERIFY(isTorchScript(path("a.pt")));
    QVERIFY(!isTorchScript(path("b.pt")));
    QVERIFY(!isTorchScript(path("c.pt")));
    QVERIFY(!isTorchScript(path("nowhere.pt")));
    QVERIFY(refusal([&] { addModel(path("a.pt")); }).find("trusted") != std::string::npos);
    QVERIFY(addedModels().empty());
    addModel(path("a.pt"), true);
    QCOMPARE(addedModels().at(0).trusted, sha256File(path("a.pt")));
}

void TestModelPage::inspects()
{
    choose("made-base");
    const auto network = Network::load(ModelStore({path("nets")}).find("made-base", Role::Base), Device{});
    const QString facts = find<QLabel>("modelFacts")->text();
    QVERIFY2(facts.contains(QLocale().toString(static_cast<qlonglong>(network->parameters()))), qPrintable(facts));
    QVERIFY(facts.contains(QString::fromStdString(network->hash())));
    QVERIFY(facts.contains(QStringLiteral("none needed: random numbers")));
    QVERIFY(facts.contains(QStringLiteral("112 × 112")));
    QVERIFY(!find<QLabel>("modelProblem")->isVisible());
    auto *layers = m_page->findChild<LayerModel *>();
    QVERIFY(layers->rowCount() > 20);
    choose("made-ddnet");
    QVERIFY(find<QLabel>("modelFacts")->text().contains(QStringLiteral("the D-score for made-base")));
}

void TestModelPage::missingFileIsSaid()
{
    std::filesystem::remove(path("nets") / "made-ddnet.safetensors");
    m_page = std::make_unique<ModelPage>(ModelStore({path("nets")}));
    m_page->show();
    m_page->choose("made-ddnet");
    QVERIFY(m_page->settle(30'000));
    QVERIFY(find<QLabel>("modelProblem")->text().contains(QStringLiteral("made-ddnet.safetensors")));
    QVERIFY(!find<QPushButton>("timeIt")->isEnabled());
    QVERIFY(!find<QAction>("modelTry")->isEnabled());
}

void TestModelPage::addsByDropAndRemoves()
{
    std::filesystem::copy_file(path("nets") / "made-base.safetensors", path("mine.safetensors"));
    QSignalSpy changed(m_page.get(), &ModelPage::storeChanged);
    drop(path("mine.safetensors"));
    QCOMPARE(changed.count(), 1);
    // Its own name is taken already.
    QCOMPARE(m_page->chosen(), std::string("mine.safetensors"));
    QVERIFY(ModelStore({path("nets")}).find("mine.safetensors", Role::Base).available());
    QCOMPARE(ModelStore().find("made-base", Role::Base).path.filename(), std::filesystem::path("mine.safetensors")); // where it is not
    QVERIFY(find<QAction>("modelRemove")->isEnabled());
    drop(path("mine.safetensors")); // again: still once
    QCOMPARE(addedModels().size(), std::size_t{1});
    QVERIFY(m_page->settle(30'000));
    find<QAction>("modelRemove")->trigger();
    QVERIFY(addedModels().empty());
    QVERIFY(std::filesystem::exists(path("mine.safetensors")));
    QCOMPARE(m_page->findChild<ModelList *>()->rowOf("mine.safetensors"), -1);
    QVERIFY(!find<QAction>("modelRemove")->isEnabled());
}

void TestModelPage::refusesWhatItDoesNotKnow()
{
    writeAtomically(path("notes.txt"), "hello");
    QSignalSpy failed(m_page.get(), &ModelPage::failed);
    drop(path("notes.txt"));
    QCOMPARE(failed.count(), 1);
    QVERIFY(failed.at(0).at(0).toString().contains(QStringLiteral("notes.txt")));
    QVERIFY(find<QMessageBox>("failure")->isVisible());
    QVERIFY(addedModels().empty());
}

void TestModelPage::scriptAsksForTrust()
{
    writeAtomically(path("script.pt"), scriptLike("net/code/__torch__.py"));
    drop(path("script.pt"));
    auto *question = find<QMessageBox>("trustQuestion");
    QVERIFY(question != nullptr);
    QVERIFY(question->text().contains(QStringLiteral("script.pt")));
    // The safe answer is the one that Enter and Escape give.
    QCOMPARE(question->defaultButton(), find<QPushButton>("trustNo"));
    QTest::keyClick(question, Qt::Key_Escape);
    QVERIFY(addedModels().empty());
    QTRY_VERIFY(m_page->findChild<QMessageBox *>(QStringLiteral("trustQuestion")) == nullptr);
    drop(path("script.pt"));
    QTest::mouseClick(find<QPushButton>("trustYes"), Qt::LeftButton);
    QCOMPARE(addedModels().size(), std::size_t{1});
    QCOMPARE(m_page->chosen(), std::string("script"));
    QVERIFY(m_page->settle(30'000));
}

void TestModelPage::editsUndoesAndSaves()
{
    choose("made-base");
    find<QTabWidget>("modelTabs")->setCurrentIndex(1);
    auto *mean = find<QDoubleSpinBox>("inputMean1");
    const double before = mean->value();
    mean->setFocus();
    mean->selectAll();
    QTest::keyClicks(mean, QLocale().toString(103.5));
    QTest::keyClick(mean, Qt::Key_Tab);
    QTest::keyClick(find<QComboBox>("inputColour"), Qt::Key_Down);
    auto *editor = m_page->findChild<InputEditor *>();
    QCOMPARE(editor->spec().mean[1], 103.5F);
    QVERIFY(!editor->spec().rgb);
    QVERIFY(m_page->isWindowModified());
    QCOMPARE(editor->undoStack()->count(), 2); // the digits of one number are one step
    find<QAction>("modelUndo")->trigger();
    QVERIFY(editor->spec().rgb);
    find<QAction>("modelUndo")->trigger();
    QCOMPARE(mean->value(), before);
    QVERIFY(!m_page->isWindowModified());
    find<QAction>("modelRedo")->trigger();
    QCOMPARE(mean->value(), 103.5);
    QSignalSpy changed(m_page.get(), &ModelPage::storeChanged);
    QTest::mouseClick(find<QPushButton>("saveInput"), Qt::LeftButton);
    QCOMPARE(changed.count(), 1);
    QVERIFY(!m_page->isWindowModified());
    QCOMPARE(readSidecar(path("nets") / "made-base.safetensors")->mean[1], 103.5F);
    QCOMPARE(ModelStore({path("nets")}).find("made-base", Role::Base).mean[1], 103.5F);
    // The fields that nobody touched keep all their digits.
    QCOMPARE(ModelStore({path("nets")}).find("made-base", Role::Base).scale[0], 1 / 128.F);
    QVERIFY(m_page->settle(30'000));
}

/// A network that normalises by itself and has two embeddings: the page says so, and asks for one.
void TestModelPage::choosesAnOutput()
{
    registerOnnx();
    const auto node = [](const char *type, std::vector<std::string> in, const char *out) {
        OnnxNode made;
        made.type = type;
        made.inputs = std::move(in);
        made.outputs = {out};
        return made;
    };
    OnnxGraph graph;
    graph.opset = 13;
    graph.nodes = {node("Sub", {"x", "middle"}, "a"), node("GlobalAveragePool", {"a"}, "p"), node("Flatten", {"p"}, "means"),
                   node("Neg", {"means"}, "opposites")};
    graph.inputs = {{"x", OnnxType::Float, {-1, 3, 112, 112}}};
    graph.outputs = {{"means", OnnxType::Float, {-1, 3}}, {"opposites", OnnxType::Float, {-1, 3}}};
    graph.tensors["middle"] = OnnxTensor::floats("middle", {}, {127.5F});
    writeOnnx(graph, path("two.onnx"));
    drop(path("two.onnx"));
    QVERIFY(m_page->settle(30'000));
    QVERIFY2(find<QLabel>("modelProblem")->text().contains(QStringLiteral("'opposites'")), qPrintable(find<QLabel>("modelProblem")->text()));
    QVERIFY2(find<QLabel>("modelFacts")->text().contains(QStringLiteral("Sub 127.5")), qPrintable(find<QLabel>("modelFacts")->text()));
    find<QTabWidget>("modelTabs")->setCurrentIndex(1);
    auto *output = find<QComboBox>("modelOutput");
    QVERIFY(output->isVisible());
    QCOMPARE(output->count(), 3);
    output->setCurrentIndex(2);
    QVERIFY(m_page->isWindowModified());
    QTest::mouseClick(find<QPushButton>("saveInput"), Qt::LeftButton);
    QVERIFY(m_page->settle(30'000));
    QCOMPARE(readSidecar(path("two.onnx"))->output, std::string("opposites"));
    QVERIFY2(find<QLabel>("modelProblem")->text().isEmpty(), qPrintable(find<QLabel>("modelProblem")->text()));
    QVERIFY2(find<QLabel>("modelFacts")->text().contains(QStringLiteral("description beside it")), qPrintable(find<QLabel>("modelFacts")->text()));
    QCOMPARE(output->currentText(), QStringLiteral("opposites"));
}

/// A file with the weights and their moving average: the page offers both, and keeps the choice.
void TestModelPage::choosesASetOfWeights()
{
    StateDict both;
    for (const auto &[name, tensor] : readCheckpoint(path("nets") / "made-base.safetensors").tensors) {
        both["model." + name] = tensor;
        both["ema." + name] = tensor;
    }
    writeSafetensors(path("both.safetensors"), both, {});
    drop(path("both.safetensors"));
    QVERIFY(m_page->settle(30'000));
    QVERIFY2(find<QLabel>("modelProblem")->text().isEmpty(), qPrintable(find<QLabel>("modelProblem")->text()));
    find<QTabWidget>("modelTabs")->setCurrentIndex(1);
    auto *weights = find<QComboBox>("modelWeights");
    QVERIFY(weights->isVisible());
    QCOMPARE(weights->count(), 3);
    QVERIFY(!find<QComboBox>("modelOutput")->isVisible());
    const int average = weights->findText(QStringLiteral("ema"));
    QVERIFY(average > 0);
    weights->setFocus();
    QTest::keyClicks(weights, QStringLiteral("ema"));
    QCOMPARE(weights->currentIndex(), average);
    QVERIFY(m_page->isWindowModified());
    find<QAction>("modelUndo")->trigger();
    QCOMPARE(weights->currentIndex(), 0);
    find<QAction>("modelRedo")->trigger();
    QTest::mouseClick(find<QPushButton>("saveInput"), Qt::LeftButton);
    QVERIFY(m_page->settle(30'000));
    QCOMPARE(readSidecar(path("both.safetensors"))->weights, std::string("ema"));
    QCOMPARE(weights->currentText(), QStringLiteral("ema"));
    // Saved again for another reason, it stays.
    find<QComboBox>("inputColour")->setCurrentIndex(1);
    QTest::mouseClick(find<QPushButton>("saveInput"), Qt::LeftButton);
    QVERIFY(m_page->settle(30'000));
    QCOMPARE(readSidecar(path("both.safetensors"))->weights, std::string("ema"));
}

void TestModelPage::leavingAsks()
{
    choose("made-base");
    find<QComboBox>("inputColour")->setCurrentIndex(1);
    auto *view = find<QTreeView>("models");
    const int other = m_page->findChild<ModelList *>()->rowOf("made-ddnet");
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, view->visualRect(view->model()->index(other, 0)).center());
    auto *question = find<QMessageBox>("saveQuestion");
    QVERIFY(question != nullptr);
    QTest::mouseClick(question->button(QMessageBox::Cancel), Qt::LeftButton);
    QCOMPARE(m_page->chosen(), std::string("made-base"));
    QCOMPARE(view->currentIndex().row(), m_page->findChild<ModelList *>()->rowOf("made-base"));
    QVERIFY(!m_page->findChild<InputEditor *>()->spec().rgb);
    QTRY_VERIFY(m_page->findChild<QMessageBox *>(QStringLiteral("saveQuestion")) == nullptr);
    m_page->close();
    QVERIFY(m_page->isVisible());
    QTest::mouseClick(find<QMessageBox>("saveQuestion")->button(QMessageBox::Discard), Qt::LeftButton);
    QTRY_VERIFY(!m_page->isVisible());
    QVERIFY(!std::filesystem::exists(sidecarOf(path("nets") / "made-base.safetensors")));
}

void TestModelPage::triesAPicture()
{
    choose("made-base");
    const std::filesystem::path face = picture();
    QSignalSpy tried(m_page.get(), &ModelPage::tried);
    drop(face);
    QVERIFY(tried.count() == 1 || tried.wait(30'000));
    // By the network itself.
    const ModelStore store({path("nets")});
    Progress quiet;
    double sum = 0;
    const std::vector<Picture> one{readJpeg(face)};
    for (const float value : Network::load(store.find("made-base", Role::Base), Device{})->run(one, quiet))
        sum += static_cast<double>(value) * static_cast<double>(value);
    const double score = static_cast<double>(Network::load(store.find("made-ddnet", Role::DdNet), Device{})->run(one, quiet).at(0));
    const QString verdict = find<QLabel>("verdict")->text();
    QVERIFY2(verdict.contains(QLocale().toString(std::sqrt(sum), 'f', 3)), qPrintable(verdict));
    QVERIFY2(verdict.contains(QLocale().toString(score, 'f', 3)) && verdict.contains(QStringLiteral("made-ddnet")), qPrintable(verdict));
    QVERIFY(!find<QLabel>("trialCrop")->pixmap().isNull());
    QVERIFY(!find<QLabel>("trialPrepared")->pixmap().isNull());
}

void TestModelPage::noFace()
{
    const ModelStore store;
    try {
        store.best(Role::Detector);
    } catch (const Error &error) {
        QSKIP(error.what());
    }
    QImage grey(300, 200, QImage::Format_RGB32);
    grey.fill(Qt::gray);
    QVERIFY(grey.save(QString::fromStdString(path("grey.png").string())));
    QSignalSpy failed(m_page.get(), &ModelPage::failed);
    m_page->choose("made-base");
    QVERIFY(m_page->settle(30'000));
    m_page->tryOn(path("grey.png"));
    QVERIFY(failed.count() == 1 || failed.wait(60'000));
    QVERIFY(failed.at(0).at(0).toString().contains(QStringLiteral("grey.png")));
}

void TestModelPage::timesIt()
{
    choose("made-ddnet");
    find<QTabWidget>("modelTabs")->setCurrentIndex(3);
    QSignalSpy timed(m_page.get(), &ModelPage::timed);
    QTest::mouseClick(find<QPushButton>("timeIt"), Qt::LeftButton);
    QVERIFY(timed.count() == 1 || timed.wait(120'000));
    auto *table = find<QTableWidget>("speed");
    QVERIFY(table->rowCount() >= 2 && table->rowCount() % 2 == 0);
    QCOMPARE(table->item(0, 1)->text(), QStringLiteral("1"));
    QCOMPARE(table->item(1, 1)->text(), QStringLiteral("32"));
    QVERIFY(table->item(0, 4)->text().toInt() >= 5);
    // Pictures a second are those of the median.
    Progress quiet;
    const std::vector<ModelTiming> again = timeModel(ModelStore({path("nets")}).find("made-ddnet", Role::DdNet), {{Device{}, "CPU", 0}}, 0, quiet);
    QCOMPARE(again.size(), std::size_t{2});
    QCOMPARE(again[0].runs, 5);
    QVERIFY(again[0].problem.empty() && again[0].medianMs > 0 && again[1].medianMs > again[0].medianMs);
}

void TestModelPage::timingCanBeCancelled()
{
    choose("made-base");
    find<QAction>("modelTime")->trigger();
    QVERIFY(m_page->currentJob() != nullptr);
    find<QAction>("modelCancel")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(m_page->currentJob() == nullptr, 20'000);
    QCOMPARE(find<QTableWidget>("speed")->rowCount(), 0);
    QVERIFY(find<QPushButton>("timeIt")->isEnabled());
}

DSCOPE_TEST(TestModelPage)
#include "tst_modelpage.moc"
