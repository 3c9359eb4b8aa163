// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/random.h"
#include "core/onnx/executor.h"
#include "core/onnx/operators.h"

#include <QTemporaryDir>

#include <ATen/ATen.h>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

const fs::path s_path = "made.onnx";

/// A graph of one input x [1, 3, 4, 4] whose nodes the test gives; the last one's output is y.
OnnxGraph made(std::vector<OnnxNode> nodes, std::vector<std::int64_t> dims = {1, 3, 4, 4})
{
    OnnxGraph graph;
    graph.opset = 11;
    graph.name = "made";
    graph.nodes = std::move(nodes);
    graph.inputs = {{"x", OnnxType::Float, std::move(dims)}};
    graph.outputs = {{"y", OnnxType::Float, {-1}}};
    return graph;
}

OnnxNode fileNode(const char *type, std::vector<std::string> in, std::string out)
{
    OnnxNode one;
    one.type = type;
    one.name = std::string("the_") + type;
    one.inputs = std::move(in);
    one.outputs = {std::move(out)};
    return one;
}

/// Through the file's bytes and back, then run.
at::Tensor run(const OnnxGraph &graph, const at::Tensor &x)
{
    OnnxExecutor executor(parseOnnx(onnxBytes(graph), s_path), s_path);
    return executor.run({x}).front();
}

/// Contains, with both texts in the message when it does not.
} // namespace

/// Files: what is read, what is refused and in which words, and values worked out by hand.
class TestFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void convolutionByHand()
    {
        // One 2x2 kernel of ones, stride 2, on 0..15: the sums of the four corners' squares, then -1 times a half through PRelu.
        OnnxGraph graph =
            made({fileNode("Conv", {"x", "w", "b"}, "c").set("strides", std::vector<std::int64_t>{2, 2}), fileNode("PRelu", {"c", "s"}, "y")}, {1, 1, 4, 4});
        graph.tensors["w"] = OnnxTensor::floats("w", {1, 1, 2, 2}, {1, 1, 1, 1});
        graph.tensors["b"] = OnnxTensor::floats("b", {1}, {-20});
        graph.tensors["s"] = OnnxTensor::floats("s", {1, 1, 1}, {0.5F});
        const at::Tensor y = run(graph, at::arange(16, at::kFloat).reshape({1, 1, 4, 4}));
        QVERIFY(at::equal(y.flatten(), at::tensor({-5.F, -1.F, 22.F, 30.F})));
    }

    void batchNormFolds()
    {
        OnnxGraph graph = made({fileNode("Conv", {"x", "w"}, "c"), fileNode("BatchNormalization", {"c", "g", "b", "m", "v"}, "y").set("epsilon", 0.F)});
        graph.tensors["w"] = OnnxTensor::floats("w", {2, 3, 1, 1}, {1, 0, 0, 0, 1, 1});
        graph.tensors["g"] = OnnxTensor::floats("g", {2}, {2, 3});
        graph.tensors["b"] = OnnxTensor::floats("b", {2}, {1, -1});
        graph.tensors["m"] = OnnxTensor::floats("m", {2}, {5, 6});
        graph.tensors["v"] = OnnxTensor::floats("v", {2}, {4, 9});
        const at::Tensor x = at::arange(48, at::kFloat).reshape({1, 3, 4, 4});
        const at::Tensor y = run(graph, x);
        QVERIFY(at::allclose(y.select(1, 0), (x.select(1, 0) - 5) / 2 * 2 + 1));
        QVERIFY(at::allclose(y.select(1, 1), (x.select(1, 1) + x.select(1, 2) - 6) / 3 * 3 - 1));
    }

    /// What is exported for one picture (a reshape to 1 x ...) runs on many.
    void reshapeFreesTheBatch()
    {
        OnnxGraph graph = made({fileNode("Reshape", {"x", "shape"}, "flat"), fileNode("Gemm", {"flat", "w"}, "y").set("transB", std::int64_t{1})});
        graph.tensors["shape"] = OnnxTensor::ints("shape", {2}, {1, 48});
        graph.tensors["w"] = OnnxTensor::floats("w", {1, 48}, std::vector<float>(48, 1));
        OnnxExecutor executor(parseOnnx(onnxBytes(graph), s_path), s_path);
        QVERIFY(executor.tryBatch({{1, 3, 4, 4}}));
        const at::Tensor x = at::arange(5 * 48, at::kFloat).reshape({5, 3, 4, 4});
        const at::Tensor y = executor.run({x}).front();
        QCOMPARE(y.sizes().vec(), (std::vector<std::int64_t>{5, 1}));
        QVERIFY(at::allclose(y.flatten(), x.flatten(1).sum(1)));
    }

    void unknownOperatorIsNamed()
    {
        const std::string text = refusal([] { run(made({fileNode("Frobnicate", {"x"}, "y")}), at::zeros({1, 3, 4, 4})); });
        VERIFY_SAYS(text, "Frobnicate");
        VERIFY_SAYS(text, "the_Frobnicate");
        VERIFY_SAYS(text, "made.onnx");
    }

    void operatorsOfTheIssueAreKnown()
    {
        for (const char *name : {"Conv",
                                 "BatchNormalization",
                                 "PRelu",
                                 "Relu",
                                 "LeakyRelu",
                                 "Clip",
                                 "Sigmoid",
                                 "HardSigmoid",
                                 "HardSwish",
                                 "Softmax",
                                 "Add",
                                 "Sub",
                                 "Mul",
                                 "Div",
                                 "Pow",
                                 "Sqrt",
                                 "Gemm",
                                 "MatMul",
                                 "Flatten",
                                 "Reshape",
                                 "Transpose",
                                 "Concat",
                                 "Split",
                                 "Slice",
                                 "Gather",
                                 "Shape",
                                 "Constant",
                                 "Cast",
                                 "Squeeze",
                                 "Unsqueeze",
                                 "MaxPool",
                                 "AveragePool",
                                 "GlobalAveragePool",
                                 "GlobalMaxPool",
                                 "ReduceMean",
                                 "ReduceL2",
                                 "Pad",
                                 "Resize",
                                 "Identity",
                                 "Dropout"})
            QVERIFY2(onnx::findOperator(name) != nullptr, name);
    }

    void nodesThatFailAreNamed()
    {
        OnnxGraph graph = made({fileNode("MatMul", {"x", "w"}, "y")});
        graph.tensors["w"] = OnnxTensor::floats("w", {3, 2}, {1, 2, 3, 4, 5, 6});
        VERIFY_SAYS(refusal([&] { run(graph, at::zeros({1, 3, 4, 4})); }), "the_MatMul");
        const std::string dangling = refusal([] { run(made({fileNode("Relu", {"nowhere"}, "y")}), at::zeros({1, 3, 4, 4})); });
        VERIFY_SAYS(dangling, "nowhere");
    }

    void oversizedIsRefused()
    {
        // A pad that asks for 2^62 elements.
        OnnxGraph graph = made({fileNode("Pad", {"x", "pads"}, "y")});
        const std::int64_t much = std::int64_t{1} << 31;
        graph.tensors["pads"] = OnnxTensor::ints("pads", {8}, {0, 0, much, much, 0, 0, 0, 0});
        VERIFY_SAYS(refusal([&] { run(graph, at::zeros({1, 3, 4, 4})); }), "the_Pad");
        // Dimensions that multiply to more than there are bytes.
        OnnxGraph wide = made({fileNode("Add", {"x", "w"}, "y")});
        wide.tensors["w"] = OnnxTensor::floats("w", {1}, {1});
        wide.tensors["w"].dims = {1 << 20, 1 << 20, 1 << 20, 1 << 10};
        VERIFY_SAYS(refusal([&] { run(wide, at::zeros({1, 3, 4, 4})); }), "'w'");
    }

    void noOnnxFile()
    {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "text.onnx";
        writeAtomically(path, "this is no network");
        VERIFY_SAYS(refusal([&] { readOnnx(path); }), "text.onnx");
        VERIFY_SAYS(refusal([&] { readOnnx(path.parent_path() / "missing.onnx"); }), "missing.onnx");
        writeAtomically(path, "");
        VERIFY_SAYS(refusal([&] { readOnnx(path); }), "text.onnx");
    }

    /// Any file that is damaged gives an error or runs; it never crashes.
    void damagedFiles()
    {
        OnnxGraph graph = made({fileNode("Conv", {"x", "w", "b"}, "c").set("pads", std::vector<std::int64_t>{1, 1, 1, 1}), fileNode("Relu", {"c"}, "r"),
                                fileNode("MaxPool", {"r"}, "p").set("kernel_shape", std::vector<std::int64_t>{2, 2}), fileNode("Reshape", {"p", "shape"}, "f"),
                                fileNode("Softmax", {"f"}, "y").set("axis", std::int64_t{1})});
        graph.tensors["w"] = OnnxTensor::floats("w", {2, 3, 3, 3}, std::vector<float>(54, 0.1F));
        graph.tensors["b"] = OnnxTensor::floats("b", {2}, {1, 2});
        graph.tensors["shape"] = OnnxTensor::ints("shape", {2}, {1, -1});
        const std::string whole = onnxBytes(graph);
        const at::Tensor x = at::ones({1, 3, 4, 4});
        Random random(5, 1);
        int ran = 0;
        int refused = 0;
        for (int i = 0; i < 600; ++i) {
            std::string bytes = whole;
            const std::uint64_t hits = 1 + random.below(4);
            for (std::uint64_t k = 0; k < hits; ++k)
                bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
            if (i % 3 == 0)
                bytes.resize(random.below(bytes.size()));
            try {
                OnnxExecutor executor(parseOnnx(bytes, s_path), s_path);
                executor.run({x});
                ++ran;
            } catch (const Error &) {
                ++refused;
            }
        }
        qInfo("%d ran, %d were refused", ran, refused);
        QVERIFY(ran > 0 && refused > 100);
    }
};

DSCOPE_TEST(TestFiles)
#include "tst_files.moc"
