// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/nets/library.h"
#include "core/nets/network.h"
#include "core/nets/wanted.h"
#include "core/onnx/graph.h"
#include "core/onnx/normalisation.h"
#include "core/onnx/onnxnetwork.h"
#include "core/onnx/outputs.h"
#include "core/onnx/pictureinput.h"

#include <QTemporaryDir>

#include <cmath>
#include <memory>

using namespace dscope;
using namespace dscope::test;
using onnx::Preparation;
using Takes = Preparation::Takes;
namespace fs = std::filesystem;

namespace {

using Ints = std::vector<std::int64_t>;

OnnxNode node(const char *type, std::vector<std::string> in, std::vector<std::string> out)
{
    OnnxNode one;
    one.type = type;
    one.inputs = std::move(in);
    one.outputs = std::move(out);
    return one;
}

/// An embedding of the means of four filters, from `from` [N, 3, 8, 8] on: y [N, 4].
void addNetwork(OnnxGraph &graph, const std::string &from)
{
    std::vector<float> filters;
    for (int i = 0; i < 4 * 3 * 9; ++i)
        filters.push_back(std::sin(static_cast<float>(i) * 12.9898F));
    graph.tensors["filters"] = OnnxTensor::floats("filters", {4, 3, 3, 3}, filters);
    graph.nodes.push_back(node("Conv", {from, "filters"}, {"conv"}));
    graph.nodes.push_back(node("Relu", {"conv"}, {"relu"}));
    graph.nodes.push_back(node("GlobalAveragePool", {"relu"}, {"pool"}));
    graph.nodes.push_back(node("Flatten", {"pool"}, {"y"}));
}

/// Such a network behind `first`, which makes "n" of the input "x".
OnnxGraph behind(std::vector<OnnxNode> first, const std::vector<OnnxTensor> &constants, Ints dims = {-1, 3, 8, 8}, OnnxType type = OnnxType::Float)
{
    OnnxGraph graph;
    graph.opset = 13;
    graph.name = "made";
    graph.inputs = {{"x", type, std::move(dims)}};
    graph.outputs = {{"y", OnnxType::Float, {-1, 4}}};
    graph.nodes = std::move(first);
    for (const OnnxTensor &constant : constants)
        graph.tensors[constant.name] = constant;
    addNetwork(graph, graph.nodes.empty() ? "x" : "n");
    return graph;
}

OnnxTensor number(const char *name, float value)
{
    return OnnxTensor::floats(name, {}, {value});
}

OnnxTensor channels(const char *name, std::vector<float> values)
{
    return OnnxTensor::floats(name, {3, 1, 1}, values);
}

Preparation prepared(const OnnxGraph &graph)
{
    const OnnxGraph read = parseOnnx(onnxBytes(graph), "made.onnx");
    return onnx::preparationOf(read, onnx::pictureInput(read, "made.onnx"));
}

std::vector<Picture> pictures()
{
    std::vector<Picture> made;
    for (int k = 0; k < 2; ++k) {
        Picture &picture = made.emplace_back(112, 112);
        for (std::size_t i = 0; i < picture.rgb.size(); ++i)
            picture.rgb[i] = static_cast<std::uint8_t>((i * 31 + i / 7 * static_cast<std::size_t>(k + 3)) % 256);
    }
    return made;
}

} // namespace

/// What a file says of its input and outputs, and what is made of it.
class TestDescribed : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;

    fs::path path(const char *name) const { return fs::path(m_dir.path().toStdString()) / name; }

    std::vector<float> embeddings(const OnnxGraph &graph, const char *name, Progress &progress, const LoadOptions &options = {}) const
    {
        writeOnnx(graph, path(name));
        return Network::load(describeFile(path(name)), {}, options)->run(pictures(), progress);
    }

    std::vector<float> embeddings(const OnnxGraph &graph, const char *name) const
    {
        Progress progress;
        return embeddings(graph, name, progress);
    }

    static double apart(const std::vector<float> &a, const std::vector<float> &b)
    {
        double most = a.size() == b.size() ? 0 : 1e30;
        for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
            most = std::max(most, static_cast<double>(std::abs(a[i] - b[i])) / (1e-6 + std::abs(b[i])));
        return most;
    }

private Q_SLOTS:
    void initTestCase() { registerOnnx(); }

    void preparations_data()
    {
        QTest::addColumn<int>("which");
        QTest::addColumn<int>("takes");
        const auto row = [](const char *name, int which, Takes takes) { QTest::newRow(name) << which << static_cast<int>(takes); };
        row("nothing", 0, Takes::Unsaid);
        row("Sub 127.5, Mul 1/128", 1, Takes::Pixels);
        row("Div 255", 2, Takes::Pixels);
        row("Div 255, Sub mean, Div deviation", 3, Takes::Pixels);
        row("Sub .485, Div .229", 4, Takes::Shares);
        row("Mul 2, Sub 1", 5, Takes::Shares);
        row("Mul 1/127.5, Add -1", 6, Takes::Pixels);
        row("Sub mean of pixels alone", 7, Takes::Pixels);
        row("Sub 0, Mul 1", 8, Takes::Unsaid);
        row("batch-norm on pixels", 9, Takes::Pixels);
        row("batch-norm on what is normalised", 10, Takes::Normalised);
        row("batch-norm on 0 to 1", 11, Takes::Shares);
        row("back to pixels", 12, Takes::Normalised);
        row("constants calculated from constants", 13, Takes::Pixels);
        row("turned from N x H x W x 3", 14, Takes::Pixels);
        row("BGR by Gather", 15, Takes::Pixels);
        row("1 x 1 convolution", 16, Takes::Pixels);
        row("times 255", 17, Takes::Shares);
        row("behind Pad", 18, Takes::Pixels);
        row("behind Relu and a pooling", 19, Takes::Pixels);
        row("a clamp by Where", 20, Takes::Pixels);
        row("channels split and joined", 21, Takes::Pixels);
        row("channels sliced and joined, as BGR", 22, Takes::Pixels);
        row("a mean picture", 23, Takes::Pixels);
        row("a mean picture that varies", 24, Takes::Pixels);
        row("a second branch from the input", 25, Takes::Pixels);
        row("two branches that say nothing", 26, Takes::Unsaid);
        row("large numbers for each row", 27, Takes::Unclear);
    }
    void preparations()
    {
        QFETCH(int, which);
        QFETCH(int, takes);
        const auto two = [](const char *a, const char *b, float p, float q) {
            return behind({node(a, {"x", "p"}, {"m"}), node(b, {"m", "q"}, {"n"})}, {number("p", p), number("q", q)});
        };
        const auto norm = [](float mean, float deviation) {
            OnnxGraph graph = behind({node("BatchNormalization", {"x", "g", "b", "m", "v"}, {"n"})}, {});
            graph.tensors["g"] = OnnxTensor::floats("g", {3}, {1, 1, 1});
            graph.tensors["b"] = OnnxTensor::floats("b", {3}, {.1F, 0, -.1F});
            graph.tensors["m"] = OnnxTensor::floats("m", {3}, {mean, mean, mean});
            graph.tensors["v"] = OnnxTensor::floats("v", {3}, std::vector<float>(3, deviation * deviation));
            return graph;
        };
        OnnxGraph graph = behind({}, {});
        switch (which) {
        case 1: graph = two("Sub", "Mul", 127.5F, 1 / 128.F); break;
        case 2: graph = behind({node("Div", {"x", "p"}, {"n"})}, {number("p", 255)}); break;
        case 3:
            graph = behind({node("Div", {"x", "p"}, {"a"}), node("Sub", {"a", "q"}, {"b"}), node("Identity", {"b"}, {"i"}), node("Div", {"i", "r"}, {"n"})},
                           {number("p", 255), channels("q", {.485F, .456F, .406F}), channels("r", {.229F, .224F, .225F})});
            break;
        case 4:
            graph = behind({node("Sub", {"x", "q"}, {"a"}), node("Div", {"a", "r"}, {"n"})},
                           {channels("q", {.485F, .456F, .406F}), channels("r", {.229F, .224F, .225F})});
            break;
        case 5: graph = two("Mul", "Sub", 2, 1); break;
        case 6: graph = two("Mul", "Add", 1 / 127.5F, -1); break;
        case 7: graph = behind({node("Sub", {"x", "p"}, {"n"})}, {channels("p", {131.1F, 103.9F, 91.5F})}); break;
        case 8: graph = two("Sub", "Mul", 0, 1); break;
        case 9: graph = norm(117, 66); break;
        case 10: graph = norm(-.12F, .5F); break;
        case 11: graph = norm(.46F, .26F); break;
        case 12: graph = two("Mul", "Add", 128, 127.5F); break;
        case 13:
            graph = behind({node("Sqrt", {"p"}, {"s"}), node("Div", {"q", "s"}, {"t"}), node("Sub", {"x", "t"}, {"n"})}, {number("p", 4), number("q", 255)});
            break;
        case 14:
            graph = behind({node("Sub", {"x", "p"}, {"a"}), node("Transpose", {"a"}, {"n"}).set("perm", Ints{0, 3, 1, 2})},
                           {OnnxTensor::floats("p", {3}, {123.7F, 116.8F, 103.9F})}, {-1, 8, 8, 3});
            break;
        case 15: {
            graph = behind({node("Gather", {"x", "i"}, {"a"}).set("axis", std::int64_t{1}), node("Sub", {"a", "p"}, {"n"})}, {channels("p", {104, 117, 124})});
            graph.tensors["i"] = OnnxTensor::ints("i", {3}, {2, 1, 0});
            break;
        }
        case 16:
            graph = behind({node("Conv", {"x", "w", "b"}, {"n"})},
                           {OnnxTensor::floats("w", {3, 3, 1, 1}, {0, 0, .02F, 0, .02F, 0, .02F, 0, 0}), OnnxTensor::floats("b", {3}, {-2, -2, -2})});
            break;
        case 17: graph = behind({node("Mul", {"x", "p"}, {"n"})}, {number("p", 255)}); break;
        case 18:
            graph = behind({node("Pad", {"x", "pads"}, {"a"}), node("Sub", {"a", "p"}, {"n"})},
                           {number("p", 127.5F), OnnxTensor::ints("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1})});
            break;
        case 19:
            graph = behind({node("Relu", {"x"}, {"r"}), node("MaxPool", {"r"}, {"a"}).set("kernel_shape", Ints{3, 3}).set("pads", Ints{1, 1, 1, 1}),
                            node("Div", {"a", "p"}, {"n"})},
                           {number("p", 255)});
            break;
        case 20:
            graph = behind({node("Less", {"x", "z"}, {"l"}), node("Where", {"l", "z", "x"}, {"a"}), node("Sub", {"a", "p"}, {"n"})},
                           {number("z", 0), number("p", 127.5F)});
            break;
        case 21:
            graph =
                behind({node("Split", {"x"}, {"r", "g", "b"}).set("axis", std::int64_t{1}), node("Sub", {"r", "p"}, {"r1"}), node("Sub", {"g", "q"}, {"g1"}),
                        node("Sub", {"b", "s"}, {"b1"}), node("Concat", {"r1", "g1", "b1"}, {"n"}).set("axis", std::int64_t{1})},
                       {number("p", 123.7F), number("q", 116.8F), number("s", 103.9F)});
            break;
        case 22: {
            std::vector<OnnxNode> nodes;
            std::vector<OnnxTensor> constants{OnnxTensor::ints("axis", {1}, {1}), number("p", 127.5F)};
            for (const int c : {0, 1, 2}) {
                const std::string i = std::to_string(c);
                constants.push_back(OnnxTensor::ints("from" + i, {1}, {c}));
                constants.push_back(OnnxTensor::ints("to" + i, {1}, {c + 1}));
                nodes.push_back(node("Slice", {"x", "from" + i, "to" + i, "axis"}, {"c" + i}));
                nodes.push_back(node("Div", {"c" + i, "p"}, {"d" + i}));
            }
            nodes.push_back(node("Concat", {"d2", "d1", "d0"}, {"n"}).set("axis", std::int64_t{1}));
            graph = behind(std::move(nodes), constants);
            break;
        }
        case 23: graph = behind({node("Sub", {"x", "p"}, {"n"})}, {OnnxTensor::floats("p", {1, 3, 8, 8}, std::vector<float>(192, 120.F))}); break;
        case 24: {
            std::vector<float> mean;
            for (int i = 0; i < 192; ++i)
                mean.push_back(90.F + static_cast<float>(i % 60));
            graph = behind({node("Sub", {"x", "p"}, {"n"})}, {OnnxTensor::floats("p", {1, 3, 8, 8}, mean)});
            break;
        }
        case 25:
            graph = behind({node("Abs", {"x"}, {"a"}), node("ReduceMean", {"a"}, {"m"}), node("Sub", {"x", "p"}, {"b"}), node("Mul", {"b", "q"}, {"c"}),
                            node("Add", {"c", "m"}, {"n"})},
                           {number("p", 127.5F), number("q", 1 / 128.F)});
            break;
        case 26: graph = behind({node("Abs", {"x"}, {"a"}), node("Add", {"x", "a"}, {"n"})}, {}); break;
        case 27: graph = behind({node("Sub", {"x", "p"}, {"n"})}, {OnnxTensor::floats("p", {8, 1}, {100, 110, 120, 130, 140, 150, 160, 170})}); break;
        default: break;
        }
        const Preparation found = prepared(graph);
        QVERIFY2(static_cast<int>(found.takes) == takes, found.steps.c_str());
    }

    /// The same network with and without its first layers embeds a picture alike; a description wins.
    void normalisedOnce()
    {
        const std::vector<float> plain = embeddings(behind({}, {}), "plain.onnx"); // gets (x - 127.5) / 128
        const OnnxGraph inside = behind({node("Sub", {"x", "p"}, {"a"}), node("Mul", {"a", "q"}, {"n"})}, {number("p", 127.5F), number("q", 1 / 128.F)});
        Progress progress;
        QVERIFY(apart(embeddings(inside, "inside.onnx", progress), plain) < 1e-4);
        QCOMPARE(progress.notices().size(), std::size_t{1});
        VERIFY_SAYS(progress.notices().front(), "Sub 127.5");
        ModelSpec spec = describeFile(path("inside.onnx"));
        QCOMPARE(spec.inputSource, InputSource::Network);
        QCOMPARE(spec.scale[0], 1.F);
        spec.mean.fill(127.5F);
        spec.scale.fill(1 / 128.F);
        writeSidecar(spec);
        QCOMPARE(describeFile(path("inside.onnx")).inputSource, InputSource::Sidecar);
        Progress other;
        QVERIFY(apart(Network::load(describeFile(path("inside.onnx")), {})->run(pictures(), other), plain) > 1e-2);
        QCOMPARE(describeFile(path("plain.onnx")).inputSource, InputSource::Default);
    }

    /// A size in the description that the network does not have is not passed over without a word.
    void sizeOfTheDescription()
    {
        writeOnnx(behind({}, {}), path("sized.onnx"));
        ModelSpec spec = describeFile(path("sized.onnx"));
        writeSidecar(spec);
        QVERIFY(Network::load(describeFile(path("sized.onnx")), {})->notices().empty());
        spec.inputWidth = spec.inputHeight = 96;
        writeSidecar(spec);
        const auto network = Network::load(describeFile(path("sized.onnx")), {});
        QCOMPARE(network->spec().inputWidth, 8);
        QCOMPARE(network->notices().size(), std::size_t{1});
        VERIFY_SAYS(network->notices().front(), "sized.onnx: takes pictures of 8 x 8 only; the width and height of its description (96 x 96) are not used.");
    }

    /// Axes that the file leaves free are told by its last dimension, or by its first convolution.
    void channelsLast()
    {
        const std::vector<float> plain = embeddings(behind({}, {}), "plain.onnx");
        const std::vector<OnnxNode> turn{node("Transpose", {"x"}, {"n"}).set("perm", Ints{0, 3, 1, 2})};
        for (const Ints &dims : {Ints{-1, 8, 8, 3}, Ints{-1, -1, -1, 3}, Ints{-1, -1, -1, -1}, Ints{-1, 3, -1, 3}}) {
            const OnnxGraph read = parseOnnx(onnxBytes(behind(turn, {}, dims)), "made.onnx");
            QVERIFY(!onnx::pictureInput(read, "made.onnx").channelsFirst);
        }
        for (const Ints &dims : {Ints{-1, 3, -1, -1}, Ints{-1, -1, -1, -1}, Ints{-1, 3, 3, 3}}) {
            const OnnxGraph read = parseOnnx(onnxBytes(behind({}, {}, dims)), "made.onnx");
            QVERIFY(onnx::pictureInput(read, "made.onnx").channelsFirst);
        }
        QVERIFY(apart(embeddings(behind(turn, {}, {-1, 8, 8, 3}), "last.onnx"), plain) < 1e-5);
    }

    /// Whole numbers are the pixels.
    void wholeNumbers()
    {
        const std::vector<OnnxNode> own{node("Cast", {"x"}, {"f"}).set("to", std::int64_t{1}), node("Sub", {"f", "p"}, {"a"}), node("Mul", {"a", "q"}, {"m"}),
                                        node("Transpose", {"m"}, {"n"}).set("perm", Ints{0, 3, 1, 2})};
        const OnnxGraph graph = behind(own, {number("p", 127.5F), number("q", 1 / 128.F)}, {-1, 8, 8, 3}, OnnxType::Uint8);
        QVERIFY(apart(embeddings(graph, "bytes.onnx"), embeddings(behind({}, {}), "plain.onnx")) < 1e-4);
        VERIFY_SAYS(inputText(describeFile(path("bytes.onnx"))), "uint8");
    }

    void outputsByUse()
    {
        for (const bool scoreFirst : {false, true}) {
            OnnxGraph graph = behind({}, {});
            graph.nodes.push_back(node("ReduceMean", {"y"}, {"q"}).set("axes", Ints{1}));
            graph.outputs.push_back({"q", OnnxType::Float, {-1, 1}});
            if (scoreFirst)
                std::swap(graph.outputs[0], graph.outputs[1]);
            writeOnnx(graph, path("both.onnx"));
            const ModelSpec spec = describeFile(path("both.onnx"));
            const auto base = Network::load(spec, {});
            QCOMPARE(base->outputSize(), std::int64_t{4});
            VERIFY_SAYS(base->notices().front(), "'y'");
            QCOMPARE(Network::load(spec, {}, {.use = Use::Score})->outputSize(), std::int64_t{1});
            // Described for a base, it is a quality network all the same.
            ModelSpec described = spec;
            described.output = "y";
            described.outputSize = 4;
            QCOMPARE(Network::load(described, {}, {.use = Use::Score})->outputSize(), std::int64_t{1});
        }
        OnnxGraph score = behind({}, {});
        score.nodes.push_back(node("ReduceMean", {"y"}, {"q"}).set("axes", Ints{1}));
        score.outputs = {{"q", OnnxType::Float, {-1, 1}}};
        writeOnnx(score, path("score.onnx"));
        VERIFY_SAYS(refusal([&] { Network::load(describeFile(path("score.onnx")), {}); }), "score, no embedding");
        QCOMPARE(Network::load(describeFile(path("score.onnx")), {}, {.use = Use::Any})->outputSize(), std::int64_t{1});
    }

    void outputsThatAreAskedFor()
    {
        OnnxGraph graph = behind({}, {});
        graph.nodes.push_back(node("Abs", {"y"}, {"z"}));
        graph.outputs.push_back({"z", OnnxType::Float, {}}); // whose size running it tells
        graph.outputs.push_back({"relu", OnnxType::Float, {-1, 4, 6, 6}});
        writeOnnx(graph, path("two.onnx"));
        const auto spec = [&] { return describeFile(path("two.onnx")); };
        const std::string text = refusal([&] { Network::load(spec(), {}); });
        VERIFY_SAYS(text, "'y' (4 values)");
        VERIFY_SAYS(text, "--output");
        wantedOutputs().set({"z"});
        const auto chosen = Network::load(spec(), {});
        wantedOutputs().set({"missing"});
        const std::string missing = refusal([&] { Network::load(spec(), {}); });
        wantedOutputs().set({});
        QCOMPARE(chosen->spec().output, std::string("z"));
        VERIFY_SAYS(missing, "'missing'");
        ModelSpec described = spec();
        described.output = "y";
        writeSidecar(described);
        QCOMPARE(Network::load(spec(), {})->spec().output, std::string("y"));
    }

    /// An output that is named and does not fit is refused, with those that do.
    void outputsThatDoNotFit()
    {
        OnnxGraph graph = behind({}, {});
        graph.nodes.push_back(node("Abs", {"y"}, {"z"}));
        graph.nodes.push_back(node("ReduceMean", {"y"}, {"quality"}).set("axes", Ints{1}));
        graph.outputs.push_back({"z", OnnxType::Float, {-1, 4}});
        graph.outputs.push_back({"quality", OnnxType::Float, {-1, 1}});
        writeOnnx(graph, path("unfit.onnx"));
        const auto failing = [&](const std::string &name, Use use) {
            wantedOutputs().set({name});
            const std::string text = refusal([&] { Network::load(describeFile(path("unfit.onnx")), {}, {.use = use}); });
            wantedOutputs().set({});
            return text;
        };
        const std::string base = failing("quality", Use::Embedding);
        VERIFY_SAYS(base, "'quality', which --output names, has one value");
        VERIFY_SAYS(base, "'y', 'z' can be that");
        VERIFY_SAYS(failing("z", Use::Score), "'quality' can be that");
        QCOMPARE(failing("quality", Use::Score), std::string());
        // What no network has is known at the end, also where there is nothing to choose.
        writeOnnx(behind({}, {}), path("single.onnx"));
        wantedOutputs().set({"misspelt"});
        Network::load(describeFile(path("single.onnx")), {});
        const std::vector<std::string> untaken = wantedOutputs().untaken();
        wantedOutputs().set({});
        QVERIFY(untaken == std::vector<std::string>{"misspelt"});
    }

    /// Boxes and landmarks are no embedding of a face.
    void detectorsAreNamed()
    {
        OnnxGraph graph = behind({}, {});
        graph.outputs.clear();
        const auto head = [&](const char *name, std::int64_t width) {
            const std::string weight = std::string(name) + "_w";
            std::vector<float> values(static_cast<std::size_t>(3 * width), .1F);
            graph.tensors[weight] = OnnxTensor::floats(weight, {width, 3, 1, 1}, values);
            graph.tensors["flat"] = OnnxTensor::ints("flat", {3}, {0, -1, width});
            graph.tensors[std::string(name) + "_s"] = OnnxTensor::ints(std::string(name) + "_s", {3}, {0, -1, width});
            graph.nodes.push_back(node("Conv", {"x", weight}, {std::string(name) + "_c"}));
            graph.nodes.push_back(node("Transpose", {std::string(name) + "_c"}, {std::string(name) + "_t"}).set("perm", Ints{0, 2, 3, 1}));
            graph.nodes.push_back(node("Reshape", {std::string(name) + "_t", std::string(name) + "_s"}, {name}));
            graph.outputs.push_back({name, OnnxType::Float, {-1, 64, width}});
        };
        head("boxes", 4);
        head("scores", 2);
        head("landmarks", 10);
        writeOnnx(graph, path("detector.onnx"));
        VERIFY_SAYS(refusal([&] { Network::load(describeFile(path("detector.onnx")), {}); }), "detector");
    }

    /// An input without any shape is one of free dimensions.
    void inputsWithoutAShape()
    {
        OnnxGraph graph = behind({}, {}, {});
        const OnnxGraph read = parseOnnx(onnxBytes(graph), "made.onnx");
        QVERIFY(onnx::pictureInput(read, "made.onnx").channelsFirst);
        writeOnnx(graph, path("shapeless.onnx"));
        QCOMPARE(Network::load(describeFile(path("shapeless.onnx")), {})->outputSize(), std::int64_t{4});
    }

    /// An input of five axes is one of clips; a network on them runs clip by clip.
    void clips()
    {
        OnnxGraph graph = behind({}, {}, {-1, 3, 2, 8, 8});
        std::vector<float> filters;
        for (int i = 0; i < 4 * 3 * 2 * 9; ++i)
            filters.push_back(std::sin(static_cast<float>(i) * 12.9898F));
        graph.tensors["filters"] = OnnxTensor::floats("filters", {4, 3, 2, 3, 3}, filters);
        writeOnnx(graph, path("clips.onnx"));
        const ModelSpec spec = describeFile(path("clips.onnx"));
        QCOMPARE(spec.inputFrames, 2);
        QCOMPARE(spec.inputHeight, 8);
        VERIFY_SAYS(refusal([&] { Network::load(spec, {}); }), "clips of 2 frames");
        const auto network = Network::load(spec, {}, {.clips = true});
        QCOMPARE(network->outputSize(), std::int64_t{4});
        QCOMPARE(network->cost().mac, std::int64_t{4} * 3 * 2 * 9 * 36);
        const std::vector<Picture> large = pictures();
        const std::vector<Clip> pair{Clip(std::vector<Picture>{large[0], large[1]}), Clip(std::vector<Picture>{large[1], large[0]})};
        Progress progress;
        const std::vector<float> together = network->runClips(pair, progress);
        QCOMPARE(together.size(), std::size_t{8});
        std::vector<float> alone = network->runClips(std::span(pair).first(1), progress);
        const std::vector<float> second = network->runClips(std::span(pair).last(1), progress);
        alone.insert(alone.end(), second.begin(), second.end());
        for (std::size_t i = 0; i < alone.size(); ++i)
            QVERIFY(std::abs(alone[i] - together[i]) < 1e-4F);
        QVERIFY(std::abs(alone[0] - second[0]) > 1e-4F); // the order of the frames counts
        VERIFY_SAYS(refusal([&] { network->runClips(std::vector<Clip>{large[0]}, progress); }), "takes 2");
        VERIFY_SAYS(refusal([&] { network->run(std::span(large).first(1), progress); }), "no whole number");
    }

    /// Numbers that are out of range in a description are named before they are used.
    void descriptionsOutOfRange()
    {
        writeOnnx(behind({}, {}), path("ranged.onnx"));
        const ModelSpec spec = describeFile(path("ranged.onnx"));
        const auto reading = [&](const char *field, const Json &value) {
            Json json = toJson(spec);
            (std::string(field) == "output" ? json : json["input"])[field] = value;
            return refusal([&] { modelFromJson(json); });
        };
        VERIFY_SAYS(reading("output", -5), "output");
        VERIFY_SAYS(reading("output", 1e30), "output");
        VERIFY_SAYS(reading("width", 1e30), "width");
        VERIFY_SAYS(reading("height", 2.5), "height");
        QCOMPARE(reading("output", 4), std::string());
    }
};

DSCOPE_TEST(TestDescribed)
#include "tst_described.moc"
