// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/overlap.h"
#include "core/media/video.h"
#include "core/onnx/graph.h"
#include "core/onnx/onnxnetwork.h"
#include "core/tasks/reid/people/persondetector.h"
#include "tests/support/support.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

using namespace dscope;
using namespace dscope::test;

namespace {

std::filesystem::path campus()
{
    return sharedDir() / "data" / "reid" / "mot15" / "TUD-Campus";
}

/// Boxes of a frame, counted from 1.
std::vector<Box> truthOf(const std::filesystem::path &path, int frame)
{
    std::vector<Box> boxes;
    std::istringstream lines(readText(path));
    for (std::string line; std::getline(lines, line);) {
        std::replace(line.begin(), line.end(), ',', ' ');
        std::istringstream values(line);
        int number = 0;
        int id = 0;
        Box box;
        values >> number >> id >> box.x >> box.y >> box.w >> box.h;
        if (number == frame)
            boxes.push_back(box);
    }
    return boxes;
}

int found(const std::vector<Box> &truth, const std::vector<Person> &people)
{
    return static_cast<int>(std::count_if(truth.begin(), truth.end(), [&](const Box &box) {
        return std::any_of(people.begin(), people.end(), [&](const Person &person) { return overlap(person.box, box) >= 0.5F; });
    }));
}

Picture frameOf(const std::filesystem::path &video, std::int64_t index)
{
    VideoReader reader(video);
    std::optional<VideoFrame> frame = reader.frameAt(index);
    return frame ? std::move(frame->picture) : Picture();
}

/// A network of pictures of 64 x 64 whose only output is a constant.
void writeConstant(const std::filesystem::path &path, const std::vector<std::int64_t> &shape)
{
    OnnxGraph graph;
    graph.opset = 13;
    graph.inputs.push_back({"x", OnnxType::Float, {1, 3, 64, 64}});
    graph.outputs.push_back({"y", OnnxType::Float, shape});
    std::int64_t count = 1;
    for (const std::int64_t side : shape)
        count *= side;
    graph.tensors["zero"] = OnnxTensor::floats("zero", {1, 1, 1, 1}, {0});
    graph.tensors["w"] = OnnxTensor::floats("w", {1, 3, 64, 64}, std::vector<float>(std::size_t{3} * 64 * 64, 0.F));
    graph.tensors["all"] = OnnxTensor::floats("all", shape, std::vector<float>(static_cast<std::size_t>(count), 0.25F));
    OnnxNode conv;
    conv.type = "Conv";
    conv.inputs = {"x", "w"};
    conv.outputs = {"c"};
    OnnxNode add;
    add.type = "Reshape";
    add.inputs = {"c", "one"};
    add.outputs = {"r"};
    graph.tensors["one"] = OnnxTensor::ints("one", {1}, {1});
    OnnxNode sum;
    sum.type = "Add";
    sum.inputs = {"all", "r"};
    sum.outputs = {"y"};
    graph.nodes = {conv, add, sum};
    graph.tensors.erase("zero");
    writeOnnx(graph, path);
}

} // namespace

/// The detectors of people on real frames, and what is refused.
class TestPersondetector : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { registerOnnx(); }

    void onFrames_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("name");
        QTest::newRow("YOLOX") << "yolox_nano_416.onnx"
                               << "YOLOX";
        QTest::newRow("NanoDet") << "nanodet_m_416.onnx"
                                 << "NanoDet";
        QTest::newRow("HOG") << ""
                             << "HOG";
    }

    /// Some frames of TUD-Campus: most of the people whom the truth has, and hardly anybody else.
    void onFrames()
    {
        QFETCH(QString, file);
        QFETCH(QString, name);
        DSCOPE_NEED(campus());
        const std::filesystem::path weights = sharedDir() / "weights" / file.toStdString();
        DSCOPE_NEED(weights);
        PersonDetectorOptions options;
        options.enlarge = 1; // people are large here
        const auto detector = file.isEmpty() ? PersonDetector::hog(options) : PersonDetector::load(weights, {}, options);
        QCOMPARE(QString::fromStdString(detector->name()), name);
        int truths = 0;
        int hits = 0;
        int all = 0;
        for (const int frame : {1, 21, 41, 61}) {
            const Picture picture = frameOf(campus() / "TUD-Campus.mp4", frame - 1);
            QVERIFY(!picture.empty());
            const std::vector<Person> people = detector->detect(picture);
            const std::vector<Box> truth = truthOf(campus() / "gt.txt", frame);
            truths += static_cast<int>(truth.size());
            hits += found(truth, people);
            all += static_cast<int>(people.size());
            for (std::size_t i = 0; i < people.size(); ++i) {
                QVERIFY(people[i].sure && people[i].score >= detector->minScore() && people[i].score <= 1);
                QVERIFY(i == 0 || people[i].score <= people[i - 1].score);
                for (std::size_t j = 0; j < i; ++j)
                    QVERIFY(overlap(people[i].box, people[j].box) <= options.nms);
            }
        }
        qInfo("%d of %d found, %d in all", hits, truths, all);
        const bool hog = file.isEmpty();
        QVERIFY2(hits >= (hog ? 0.25 : 0.65) * truths, qPrintable(QString::number(hits)));
        QVERIFY2(hits >= 0.5 * all, qPrintable(QString::number(all)));
        // The same again, and none where there is nothing.
        const Picture picture = frameOf(campus() / "TUD-Campus.mp4", 0);
        const std::vector<Person> first = detector->detect(picture);
        const std::vector<Person> second = detector->detect(picture);
        QCOMPARE(second.size(), first.size());
        for (std::size_t i = 0; i < first.size(); ++i)
            QCOMPARE(second[i].box, first[i].box);
        QVERIFY(detector->detect(Picture(640, 480)).empty());
        QVERIFY(detector->detect(Picture()).empty());
        for (const auto &[width, height] : {std::pair{1, 1}, {1, 3000}, {3000, 1}})
            QVERIFY(detector->detect(Picture(width, height)).empty());
    }

    /// People of 80 pixels are too small for HOG's window unless the picture is enlarged.
    void hogNeedsEnlarging()
    {
        const std::filesystem::path folder = sharedDir() / "data" / "reid" / "mot15" / "PETS09-S2L1";
        DSCOPE_NEED(folder);
        int hits[2] = {0, 0};
        int truths = 0;
        for (const int frame : {100, 400, 700}) {
            const Picture picture = frameOf(folder / "vtest.avi", frame - 1);
            const std::vector<Box> truth = truthOf(folder / "gt.txt", frame);
            truths += static_cast<int>(truth.size());
            for (const int large : {0, 1}) {
                PersonDetectorOptions options;
                options.enlarge = large != 0 ? PersonDetectorOptions().enlarge : 1.F;
                hits[large] += found(truth, PersonDetector::hog(options)->detect(picture));
            }
        }
        qInfo("%d of %d, enlarged %d", hits[0], truths, hits[1]);
        QVERIFY(hits[1] > hits[0]);
        QVERIFY(hits[1] >= 0.6 * truths);
    }

    /// Faint people are those between the two scores, and only there where they are asked for.
    void faint()
    {
        const std::filesystem::path weights = sharedDir() / "weights" / "yolox_nano_416.onnx";
        DSCOPE_NEED(weights);
        DSCOPE_NEED(campus());
        const Picture picture = frameOf(campus() / "TUD-Campus.mp4", 20);
        PersonDetectorOptions options;
        const std::vector<Person> sure = PersonDetector::load(weights, {}, options)->detect(picture);
        options.faint = true;
        const auto detector = PersonDetector::load(weights, {}, options);
        const std::vector<Person> all = detector->detect(picture);
        QVERIFY(all.size() > sure.size());
        for (const Person &person : all) {
            QCOMPARE(person.sure, person.score >= detector->minScore());
            QVERIFY(person.score >= detector->faintScore());
        }
        QCOMPARE(std::count_if(all.begin(), all.end(), [](const Person &person) { return person.sure; }), static_cast<std::ptrdiff_t>(sure.size()));
        QVERIFY(detector->key() != PersonDetector::load(weights)->key());
        QCOMPARE(detector->key(), PersonDetector::load(weights, {}, options)->key());
    }

    void otherNetworks()
    {
        QTemporaryDir dir;
        const std::filesystem::path folder = dir.path().toStdString();
        const auto says = [](const std::filesystem::path &file) {
            try {
                PersonDetector::load(file);
            } catch (const FileError &error) {
                return std::string(error.what());
            }
            return std::string();
        };
        writeConstant(folder / "embedding.onnx", {1, 512});
        const std::string embedding = says(folder / "embedding.onnx");
        QVERIFY2(embedding.find("no detector of people") != std::string::npos && embedding.find("1 x 512") != std::string::npos, embedding.c_str());
        // 64 + 16 + 4 places: it has the shape of one.
        writeConstant(folder / "shape.onnx", {1, 84, 6});
        QVERIFY(says(folder / "shape.onnx").empty());
        std::ofstream(folder / "text.onnx") << "this is no network";
        QVERIFY(says(folder / "text.onnx").find("text.onnx") != std::string::npos);
        QVERIFY(says(folder / "absent.onnx").find("absent.onnx") != std::string::npos);
        const std::filesystem::path face = sharedDir() / "weights" / "faceplugin_fr_feature.onnx";
        if (std::filesystem::exists(face))
            QVERIFY(says(face).find("no detector of people") != std::string::npos);
    }

    void options_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("named");
        QTest::newRow("minScore") << 0 << 1.5 << "minScore";
        QTest::newRow("faintScore") << 1 << -0.1 << "faintScore";
        QTest::newRow("faintScore above") << 1 << 0.9 << "faintScore";
        QTest::newRow("nms") << 2 << 1.1 << "nms";
        QTest::newRow("enlarge") << 3 << 100. << "enlarge";
        QTest::newRow("enlarge nan") << 3 << std::nan("") << "enlarge";
        QTest::newRow("maxSide") << 4 << 10. << "maxSide";
    }

    void options()
    {
        QFETCH(int, which);
        QFETCH(double, value);
        QFETCH(QString, named);
        PersonDetectorOptions options;
        options.check();
        options.minScore = 0.5F;
        options.check();
        const auto number = static_cast<float>(value);
        if (which == 4)
            options.maxSide = static_cast<int>(value);
        else
            (which == 0 ? options.minScore : which == 1 ? options.faintScore : which == 2 ? options.nms : options.enlarge) = number;
        try {
            PersonDetector::hog(options);
            QFAIL("was taken");
        } catch (const Error &error) {
            QVERIFY2(QString::fromUtf8(error.what()).contains(named), error.what());
        }
    }
};

DSCOPE_TEST(TestPersondetector)
#include "tst_persondetector.moc"
