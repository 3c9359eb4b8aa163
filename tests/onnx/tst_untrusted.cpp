// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/says.h"
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/progress.h"
#include "core/nets/library.h"
#include "core/nets/network.h"
#include "core/onnx/executor.h"
#include "core/onnx/onnxnetwork.h"

#include <QTemporaryDir>

#include <ATen/ATen.h>

#include <filesystem>

using namespace dscope;
using namespace dscope::test;
namespace fs = std::filesystem;

namespace {

using Ints = std::vector<std::int64_t>;

std::string varint(std::uint64_t value)
{
    std::string text;
    for (; value > 127; value >>= 7U)
        text += static_cast<char>(128U | (value & 127U));
    return text + static_cast<char>(value);
}

std::string field(int number, const std::string &content)
{
    return varint(static_cast<std::uint64_t>(number) << 3U | 2U) + varint(content.size()) + content;
}

std::string whole(int number, std::uint64_t value)
{
    return varint(static_cast<std::uint64_t>(number) << 3U) + varint(value);
}

std::string pair(const std::string &key, const std::string &value)
{
    return field(1, key) + field(2, value);
}

/// x [1, 2] times a weight of the file "weights" beside it.
std::string outside(const std::vector<std::pair<std::string, std::string>> &where, std::uint64_t elements = 2)
{
    const auto value = [](const char *name, std::uint64_t columns) {
        return field(1, name) + field(2, field(1, whole(1, 1) + field(2, field(1, whole(1, 1)) + field(1, whole(1, columns)))));
    };
    std::string tensor = whole(1, elements) + whole(1, 1) + whole(2, 1) + field(8, "w") + whole(14, 1);
    for (const auto &[key, text] : where)
        tensor += field(13, pair(key, text));
    const std::string node = field(1, "x") + field(1, "w") + field(2, "y") + field(4, "MatMul");
    const std::string graph = field(1, node) + field(2, "g") + field(5, tensor) + field(11, value("x", elements)) + field(12, value("y", 1));
    return whole(1, 8) + field(7, graph) + field(8, field(1, "") + whole(2, 13));
}

OnnxNode plainNode(const char *type, std::vector<std::string> in, std::vector<std::string> out)
{
    OnnxNode one;
    one.type = type;
    one.inputs = std::move(in);
    one.outputs = std::move(out);
    return one;
}

OnnxGraph made(std::vector<OnnxNode> nodes)
{
    OnnxGraph graph;
    graph.opset = 13;
    graph.name = "made";
    graph.nodes = std::move(nodes);
    graph.inputs = {{"x", OnnxType::Float, {1, 3, 4, 4}}};
    graph.outputs = {{"y", OnnxType::Float, {-1}}};
    return graph;
}

/// Through the file's bytes, made ready and run.
void run(const OnnxGraph &graph)
{
    OnnxExecutor executor(parseOnnx(onnxBytes(graph), "made.onnx"), "made.onnx");
    executor.run({at::ones({1, 3, 4, 4})});
}

} // namespace

/// Files that ask for more than they should.
class TestUntrusted : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_dir;

    fs::path folder() const { return m_dir.path().toStdString(); }

private Q_SLOTS:
    void weightsBeside()
    {
        const std::vector<float> numbers{9, 9, 3, 4};
        writeAtomically(folder() / "weights", {reinterpret_cast<const char *>(numbers.data()), 16});
        const fs::path path = folder() / "net.onnx";
        const auto reading = [&](const std::vector<std::pair<std::string, std::string>> &where, std::uint64_t elements = 2) {
            writeAtomically(path, outside(where, elements));
            return refusal([&] { readOnnx(path); });
        };
        QCOMPARE(reading({{"location", "weights"}, {"offset", "8"}, {"length", "8"}}), std::string());
        std::string hash;
        OnnxExecutor executor(readOnnx(path, &hash), path);
        QCOMPARE(executor.run({at::tensor({1.F, 10.F}).reshape({1, 2})}).front().item<float>(), 43.F);
        // Other weights are another network, though the file is the same.
        std::string changed;
        const std::vector<float> others{9, 9, 3, 5};
        writeAtomically(folder() / "weights", {reinterpret_cast<const char *>(others.data()), 16});
        readOnnx(path, &changed);
        QVERIFY(changed != hash && hash.size() == 64);
        for (const char *name : {"../weights", "/etc/passwd", "sub/weights", "..", "", "sub\\weights"})
            VERIFY_SAYS(reading({{"location", name}}), "same folder");
        VERIFY_SAYS(reading({{"location", "missing"}}), "not beside it");
        VERIFY_SAYS(reading({{"location", "weights"}, {"offset", "12"}}), "16 bytes");
        VERIFY_SAYS(reading({{"location", "weights"}, {"offset", "18446744073709551608"}}), "offset");
        VERIFY_SAYS(reading({{"location", "weights"}, {"length", "4"}}), "4 bytes");
        VERIFY_SAYS(reading({{"location", "weights"}}, 1U << 30U), "16 bytes");
        fs::create_symlink("weights", folder() / "link");
        VERIFY_SAYS(reading({{"location", "link"}}), "link");
        fs::create_directory(folder() / "sub");
        VERIFY_SAYS(reading({{"location", "sub"}}), "no regular file");
        // A pure reader of bytes reaches no file.
        VERIFY_SAYS(refusal([] { parseOnnx(outside({{"location", "weights"}}), "net.onnx"); }), "not read here");
    }

    /// What is passed over costs nothing; what is taken is counted.
    void partsOfAFile()
    {
        std::string empty;
        for (int i = 0; i < 400'000; ++i)
            empty += field(1, "");
        const std::string plain = onnxBytes(made({plainNode("Relu", {"x"}, {"y"})}));
        for (const int number : {20, 25, 99})
            QCOMPARE(parseOnnx(plain + field(number, empty), "made.onnx").nodes.size(), std::size_t{1});
        VERIFY_SAYS(refusal([&] { parseOnnx(whole(1, 8) + field(7, empty) + field(8, whole(2, 13)), "made.onnx"); }), "gives nothing");
        std::string named;
        for (int i = 0; i < 200'000; ++i)
            named += field(1, field(2, "a") + field(4, "b"));
        VERIFY_SAYS(refusal([&] { parseOnnx(whole(1, 8) + field(7, named) + field(8, whole(2, 13)), "made.onnx"); }), "parts");
    }

    void sizesOutOfProportion()
    {
        const std::int64_t much = std::int64_t{1} << 25;
        const auto with = [](OnnxNode first, Ints list) {
            OnnxGraph graph = made({plainNode("GlobalAveragePool", {"x"}, {"p"}), std::move(first)});
            graph.tensors["n"] = OnnxTensor::ints("n", {static_cast<std::int64_t>(list.size())}, list);
            graph.tensors["one"] = OnnxTensor::ints("one", {}, {1});
            graph.tensors["none"] = OnnxTensor::ints("none", {}, {0});
            graph.tensors["many"] = OnnxTensor::ints("many", {}, {std::int64_t{1} << 40});
            return refusal([&] { run(graph); });
        };
        OnnxNode resize = plainNode("Resize", {"p", "", "", "n"}, {"y"});
        VERIFY_SAYS(with(resize.set("mode", std::string("linear")), {1, 3, 1, much}), "Resize");
        VERIFY_SAYS(with(plainNode("Tile", {"p", "n"}, {"y"}), {1, 1, much, 1}), "Tile");
        VERIFY_SAYS(with(plainNode("ConstantOfShape", {"n"}, {"y"}), {much, 4}), "ConstantOfShape");
        VERIFY_SAYS(with(plainNode("Pad", {"p", "n"}, {"y"}), {0, 0, 0, 0, 0, 0, much, 0}), "Pad");
        VERIFY_SAYS(with(plainNode("Range", {"none", "many", "one"}, {"y"}), {1}), "Range");
        VERIFY_SAYS(with(plainNode("Expand", {"p", "n"}, {"y"}), {much, 3, 1, 1}), "Expand");
    }

    /// Each step is small; together they are not.
    void chains()
    {
        std::vector<OnnxNode> nodes;
        std::vector<std::string> parts;
        for (int i = 0; i < 64; ++i) {
            parts.push_back("t" + std::to_string(i));
            nodes.push_back(plainNode("Tile", {"x", "n"}, {parts.back()}));
        }
        nodes.push_back(plainNode("Sum", parts, {"y"}));
        OnnxGraph graph = made(nodes);
        graph.tensors["n"] = OnnxTensor::ints("n", {4}, {1, 1, 200, 200}); // 7.7 MB each
        VERIFY_SAYS(refusal([&] { run(graph); }), "at once");
        std::vector<OnnxNode> folded;
        for (int i = 0; i < 64; ++i)
            folded.push_back(plainNode("ConstantOfShape", {"n"}, {parts[static_cast<std::size_t>(i)]}));
        folded.push_back(plainNode("Sum", parts, {"s"}));
        folded.push_back(plainNode("Add", {"x", "s"}, {"y"}));
        graph = made(folded);
        graph.tensors["n"] = OnnxTensor::ints("n", {2}, {1000, 2000});
        VERIFY_SAYS(refusal([&] { run(graph); }), "constants");
    }

    void workIsBoundedAndCancelled()
    {
        std::vector<OnnxNode> nodes{plainNode("Tile", {"x", "n"}, {"t0"})};
        for (int i = 0; i < 2000; ++i)
            nodes.push_back(plainNode("Sin", {"t" + std::to_string(i)}, {i == 1999 ? "y" : "t" + std::to_string(i + 1)}));
        OnnxGraph graph = made(nodes);
        graph.tensors["n"] = OnnxTensor::ints("n", {4}, {1, 1, 200, 200});
        VERIFY_SAYS(refusal([&] { run(graph); }), "more work");
        OnnxExecutor executor(parseOnnx(onnxBytes(made({plainNode("Relu", {"x"}, {"y"})})), "made.onnx"), "made.onnx");
        Progress progress;
        progress.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, executor.run({at::ones({1, 3, 4, 4})}, &progress));
    }

    /// An If that the file itself decides takes one of its branches; one that depends on the picture is named.
    void unknownThings()
    {
        VERIFY_SAYS(refusal([] { run(made({plainNode("If", {"x"}, {"y"})})); }), "depends on the picture");
        const std::string later = whole(1, 8) + field(7, field(1, field(1, "x") + field(2, "y") + field(4, "Relu"))) + field(8, whole(2, 24));
        VERIFY_SAYS(refusal([&] { parseOnnx(later, "made.onnx"); }), "7 to 23");
    }
};

DSCOPE_TEST(TestUntrusted)
#include "tst_untrusted.moc"
