// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/support.h"

#include "core/base/error.h"
#include "core/onnx/executor.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <cmath>

using namespace dscope;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

OnnxNode node(const char *type, std::vector<std::string> in, std::vector<std::string> out = {"y"})
{
    OnnxNode one;
    one.type = type;
    one.inputs = std::move(in);
    one.outputs = std::move(out);
    return one;
}

/// One node on the input x [dims] of 0, 1, 2 ... (or of `values`), with further inputs as weights.
struct Case {
    OnnxNode node;
    int opset = 17;
    Ints dims;
    Floats values = {};
    std::vector<OnnxTensor> weights = {};

    at::Tensor run(std::size_t output = 0) const
    {
        OnnxGraph graph;
        graph.opset = opset;
        graph.name = "one";
        graph.nodes = {node};
        graph.inputs = {{"x", OnnxType::Float, dims}};
        for (const std::string &name : node.outputs)
            graph.outputs.push_back({name, OnnxType::Float, {-1}});
        for (const OnnxTensor &weight : weights)
            graph.tensors[weight.name] = weight;
        OnnxExecutor executor(parseOnnx(onnxBytes(graph), "one.onnx"), "one.onnx");
        std::int64_t count = 1;
        for (const std::int64_t dim : dims)
            count *= dim;
        const at::Tensor x = values.empty() ? at::arange(count, at::kFloat) : at::tensor(values);
        return executor.run({x.reshape(dims)})[output];
    }
};

OnnxTensor floats(const char *name, Ints dims, Floats values)
{
    return OnnxTensor::floats(name, std::move(dims), values);
}

OnnxTensor ints(const char *name, Ints values)
{
    return OnnxTensor::ints(name, {static_cast<std::int64_t>(values.size())}, values);
}

OnnxTensor bytes(const char *name, OnnxType type, Ints dims, const std::vector<int> &values)
{
    OnnxTensor made{name, type, std::move(dims), {}};
    for (const int value : values)
        made.bytes.push_back(static_cast<char>(value));
    return made;
}

std::string listed(const at::Tensor &y)
{
    std::string text;
    for (const std::int64_t dim : y.sizes())
        text += std::to_string(dim) + ' ';
    text += ':';
    const at::Tensor flat = y.to(at::kDouble).reshape({-1});
    for (std::int64_t i = 0; i < flat.numel(); ++i)
        text += ' ' + std::to_string(flat[i].item<double>());
    return text;
}

#define GIVES(made, shape, ...)                                                                                                                                \
    do {                                                                                                                                                       \
        const at::Tensor got = (made);                                                                                                                         \
        const at::Tensor wanted = at::tensor(Floats __VA_ARGS__).reshape(Ints shape);                                                                          \
        QVERIFY2(got.sizes() == wanted.sizes() && at::allclose(got.to(at::kFloat), wanted, 1e-5, 1e-6),                                                        \
                 (listed(got) + " instead of " + listed(wanted)).c_str());                                                                                     \
    } while (false)

} // namespace

/// Each operator by itself, against values worked out by hand.
class TestOperators : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void normalisations()
    {
        // 0 2 | 4 8: means 1 and 6, deviations 1 and 2.
        const Floats x{0, 2, 4, 8};
        GIVES(
            (Case{node("LayerNormalization", {"x", "s", "b"}).set("epsilon", 0.F), 17, {2, 2}, x, {floats("s", {2}, {1, 2}), floats("b", {2}, {0, 1})}}.run()),
            ({2, 2}), ({-1, 3, -1, 3}));
        GIVES((Case{node("LayerNormalization", {"x", "s"}, {"y", "m", "i"}).set("epsilon", 0.F), 17, {2, 2}, x, {floats("s", {2}, {1, 1})}}.run(1)), ({2, 1}),
              ({1, 6}));
        // 3 4: mean square 12.5.
        GIVES((Case{node("RMSNormalization", {"x", "s"}).set("epsilon", 0.F), 23, {1, 2}, {3, 4}, {floats("s", {2}, {1, 2})}}.run()), ({1, 2}),
              ({3 / std::sqrt(12.5F), 8 / std::sqrt(12.5F)}));
        // Two channels of two places: each by itself, and both in one group of mean 3.5.
        GIVES((Case{node("InstanceNormalization", {"x", "s", "b"}).set("epsilon", 0.F), 17, {1, 2, 2}, x, {floats("s", {2}, {1, 3}), floats("b", {2}, {0, 0})}}
                   .run()),
              ({1, 2, 2}), ({-1, 1, -3, 3}));
        const float d = std::sqrt((12.25F + 2.25F + 0.25F + 20.25F) / 4);
        // Until set 20 a scale for each group, since 21 for each channel.
        OnnxNode group = node("GroupNormalization", {"x", "s", "b"});
        group.set("epsilon", 0.F).set("num_groups", std::int64_t{1});
        GIVES((Case{group, 18, {1, 2, 2}, x, {floats("s", {1}, {2}), floats("b", {1}, {0})}}.run()), ({1, 2, 2}), ({-7 / d, -3 / d, 1 / d, 9 / d}));
        GIVES((Case{group, 21, {1, 2, 2}, x, {floats("s", {2}, {1, 2}), floats("b", {2}, {0, 0})}}.run()), ({1, 2, 2}), ({-3.5F / d, -1.5F / d, 1 / d, 9 / d}));
    }

    void activations()
    {
        const Floats x{-1, 0, 2};
        const float e = std::exp(-1.F);
        GIVES((Case{node("Gelu", {"x"}), 20, {3}, x}.run()), ({3}), ({-0.15865525F, 0, 1.9544997F}));
        GIVES((Case{node("Gelu", {"x"}).set("approximate", std::string("tanh")), 20, {3}, x}.run()), ({3}), ({-0.15880801F, 0, 1.9545977F}));
        GIVES((Case{node("Erf", {"x"}), 13, {3}, x}.run()), ({3}), ({-0.8427008F, 0, 0.9953223F}));
        GIVES((Case{node("HardSigmoid", {"x"}), 13, {3}, x}.run()), ({3}), ({0.3F, 0.5F, 0.9F}));
        GIVES((Case{node("HardSwish", {"x"}), 14, {3}, x}.run()), ({3}), ({-1.F / 3, 0, 10.F / 6}));
        GIVES((Case{node("Mish", {"x"}), 18, {3}, x}.run()), ({3}), ({-std::tanh(std::log(1 + e)), 0, 2 * std::tanh(std::log(1 + std::exp(2.F)))}));
        GIVES((Case{node("Celu", {"x"}), 12, {3}, x}.run()), ({3}), ({e - 1, 0, 2}));
        GIVES((Case{node("ThresholdedRelu", {"x"}), 10, {3}, x}.run()), ({3}), ({0, 0, 2}));
        // Bounds as attributes until 10, as inputs since 11, either one alone.
        GIVES((Case{node("Clip", {"x"}).set("min", -0.5F).set("max", 1.F), 10, {3}, x}.run()), ({3}), ({-0.5F, 0, 1}));
        GIVES((Case{node("Clip", {"x", "", "h"}), 13, {3}, x, {floats("h", {}, {1})}}.run()), ({3}), ({-1, 0, 1}));
        // Slopes: one per channel as [C] (where the last axis is not C as well), as [C, 1, 1], and one for all.
        const Floats p{-1, -2, -3, -4, -5, -6};
        for (const Ints &dims : {Ints{2}, Ints{2, 1}})
            GIVES((Case{node("PRelu", {"x", "s"}), 9, {1, 2, 3}, p, {floats("s", dims, {1, 2})}}.run()), ({1, 2, 3}), ({-1, -2, -3, -8, -10, -12}));
        GIVES((Case{node("PRelu", {"x", "s"}), 9, {1, 2, 3}, p, {floats("s", {3}, {1, 2, 3})}}.run()), ({1, 2, 3}), ({-1, -4, -9, -4, -10, -18}));
    }

    /// Convolutions, pooling and batch-norm of clips [N, C, T, H, W], whose costs are counted as those of pictures.
    void clips()
    {
        // x = 0 ... 7 as 2 x 2 x 2: the sum of all is 28; two frames one by one 6 and 22.
        const Ints cube{1, 1, 2, 2, 2};
        OnnxNode conv = node("Conv", {"x", "w", "b"});
        GIVES((Case{conv, 17, cube, {}, {floats("w", {2, 1, 2, 2, 2}, {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2}), floats("b", {2}, {0.5, -1})}}.run()),
              ({1, 2, 1, 1, 1}), ({28.5, 13}));
        OnnxNode inTime = node("Conv", {"x", "w"});
        inTime.set("strides", Ints{2, 1, 1}).set("pads", Ints{1, 0, 0, 1, 0, 0});
        GIVES((Case{inTime, 17, cube, {}, {floats("w", {1, 1, 3, 1, 1}, {100, 10, 1})}}.run()), ({1, 1, 1, 2, 2}), ({4, 15, 26, 37}));
        OnnxNode most = node("MaxPool", {"x"});
        most.set("kernel_shape", Ints{2, 1, 2}).set("strides", Ints{2, 1, 1});
        GIVES((Case{most, 17, cube}.run()), ({1, 1, 1, 2, 1}), ({5, 7}));
        // A window that begins in the padding sees what there is.
        OnnxNode padded = node("MaxPool", {"x"});
        padded.set("kernel_shape", Ints{3, 3, 3}).set("strides", Ints{2, 2, 2}).set("pads", Ints{1, 1, 1, 1, 1, 1});
        GIVES((Case{padded, 17, cube, {-8, -7, -6, -5, -4, -3, -2, -1}}.run()), ({1, 1, 1, 1, 1}), ({-1}));
        OnnxNode mean = node("AveragePool", {"x"});
        mean.set("kernel_shape", Ints{1, 2, 2});
        GIVES((Case{mean, 17, cube}.run()), ({1, 1, 2, 1, 1}), ({1.5, 5.5}));
        // Uneven padding: the one place behind the last frame counts, or not.
        OnnxNode behind = node("AveragePool", {"x"});
        behind.set("kernel_shape", Ints{3, 2, 2}).set("pads", Ints{0, 0, 0, 1, 0, 0});
        GIVES((Case{behind, 17, cube}.run()), ({1, 1, 1, 1, 1}), ({3.5}));
        GIVES((Case{behind.set("count_include_pad", std::int64_t{1}), 17, cube}.run()), ({1, 1, 1, 1, 1}), ({28 / 12.F}));
        GIVES((Case{node("GlobalAveragePool", {"x"}), 17, {1, 2, 1, 2, 2}}.run()), ({1, 2, 1, 1, 1}), ({1.5, 5.5}));
        GIVES((Case{node("GlobalMaxPool", {"x"}), 17, {1, 2, 1, 2, 2}}.run()), ({1, 2, 1, 1, 1}), ({3, 7}));
        // Two channels of two frames: (x - 1) / 2 + 10, and (x - 2) * 3.
        GIVES((Case{node("BatchNormalization", {"x", "s", "b", "m", "v"}).set("epsilon", 0.F),
                    17,
                    {1, 2, 2, 1, 1},
                    {},
                    {floats("s", {2}, {1, 3}), floats("b", {2}, {10, 0}), floats("m", {2}, {1, 2}), floats("v", {2}, {4, 1})}}
                   .run()),
              ({1, 2, 2, 1, 1}), ({9.5, 10, 0, 3}));
        OnnxNode four = node("MaxPool", {"x"});
        four.set("kernel_shape", Ints{1, 1, 1, 1});
        QVERIFY_THROWS_EXCEPTION(Error, (Case{four, 17, {1, 1, 1, 1, 1, 1}}.run()));
    }

    /// A stem, a block and a head on clips as one graph, beside libtorch layer by layer; and what it costs by hand.
    void clipNetwork()
    {
        at::manual_seed(12);
        const auto weight = [](const char *name, Ints dims) {
            const at::Tensor values = at::randn(dims).contiguous();
            const auto *first = values.const_data_ptr<float>();
            return std::pair(values, floats(name, dims, Floats(first, first + values.numel())));
        };
        const auto [stem, stemWeight] = weight("stem", {8, 3, 3, 3, 3});
        const auto [scale, scaleWeight] = weight("scale", {8});
        const auto [shift, shiftWeight] = weight("shift", {8});
        const auto [body, bodyWeight] = weight("body", {8, 8, 3, 3, 3});
        const auto [head, headWeight] = weight("head", {5, 8});
        OnnxGraph graph;
        graph.opset = 17;
        graph.name = "clips";
        graph.inputs = {{"x", OnnxType::Float, {-1, 3, 4, 8, 8}}};
        graph.outputs = {{"scores", OnnxType::Float, {-1, 5}}};
        for (const OnnxTensor &tensor :
             {stemWeight, scaleWeight, shiftWeight, bodyWeight, headWeight, floats("mean", {8}, Floats(8, 0.5F)), floats("variance", {8}, Floats(8, 2))})
            graph.tensors[tensor.name] = tensor;
        const Ints pads{1, 1, 1, 1, 1, 1};
        graph.nodes = {node("Conv", {"x", "stem"}, {"a"}).set("strides", Ints{1, 2, 2}).set("pads", pads),
                       node("BatchNormalization", {"a", "scale", "shift", "mean", "variance"}, {"b"}),
                       node("Relu", {"b"}, {"c"}),
                       node("MaxPool", {"c"}, {"d"}).set("kernel_shape", Ints{3, 3, 3}).set("strides", Ints{2, 2, 2}).set("pads", pads),
                       node("Conv", {"d", "body"}, {"e"}).set("pads", pads),
                       node("Add", {"e", "d"}, {"f"}),
                       node("Relu", {"f"}, {"g"}),
                       node("GlobalAveragePool", {"g"}, {"h"}),
                       node("Flatten", {"h"}, {"i"}),
                       node("Gemm", {"i", "head"}, {"scores"}).set("transB", std::int64_t{1})};
        OnnxExecutor executor(parseOnnx(onnxBytes(graph), "clips.onnx"), "clips.onnx");
        const at::NoGradGuard guard;
        const at::Tensor x = at::randn({2, 3, 4, 8, 8});
        at::Tensor y = at::conv3d(x, stem, {}, {1, 2, 2}, {1, 1, 1});
        y = at::relu(at::batch_norm(y, scale, shift, at::full({8}, 0.5), at::full({8}, 2.), false, 0, 1e-5, false));
        y = at::max_pool3d(y, {3, 3, 3}, {2, 2, 2}, {1, 1, 1});
        y = at::relu(at::conv3d(y, body, {}, {1, 1, 1}, {1, 1, 1}) + y).mean({2, 3, 4});
        const at::Tensor expected = at::linear(y, head);
        const at::Tensor got = executor.run({x}).front();
        QVERIFY(got.sizes() == expected.sizes());
        QVERIFY((got - expected).abs().max().item<double>() < 1e-5 * expected.abs().max().item<double>());
        Cost cost;
        executor.trace({x.narrow(0, 0, 1)}, cost);
        QCOMPARE(cost.mac, std::int64_t{8} * 3 * 27 * (4 * 4 * 4) + 8 * 8 * 27 * (2 * 2 * 2) + 5 * 8);
    }

    void softmaxBeforeAndSince13()
    {
        // Until 12 over all from the axis on, since 13 over the axis.
        const Floats zeros(8, 0);
        GIVES((Case{node("Softmax", {"x"}).set("axis", std::int64_t{1}), 12, {2, 2, 2}, zeros}.run()), ({2, 2, 2}),
              ({.25F, .25F, .25F, .25F, .25F, .25F, .25F, .25F}));
        GIVES((Case{node("Softmax", {"x"}).set("axis", std::int64_t{1}), 13, {2, 2, 2}, zeros}.run()), ({2, 2, 2}), ({.5F, .5F, .5F, .5F, .5F, .5F, .5F, .5F}));
        GIVES((Case{node("LogSoftmax", {"x"}), 13, {1, 2}, {0, 0}}.run()), ({1, 2}), ({-std::log(2.F), -std::log(2.F)}));
    }

    void reductions()
    {
        const Floats x{1, 2, 3, 4};
        const OnnxTensor axis = ints("a", {1});
        GIVES((Case{node("ReduceSum", {"x", "a"}).set("keepdims", std::int64_t{0}), 13, {2, 2}, x, {axis}}.run()), ({2}), ({3, 7}));
        GIVES((Case{node("ReduceMean", {"x"}).set("axes", Ints{1}), 17, {2, 2}, x}.run()), ({2, 1}), ({1.5F, 3.5F}));
        GIVES((Case{node("ReduceMean", {"x", "a"}), 18, {2, 2}, x, {axis}}.run()), ({2, 1}), ({1.5F, 3.5F}));
        GIVES((Case{node("ReduceProd", {"x", "a"}), 18, {2, 2}, x, {axis}}.run()), ({2, 1}), ({2, 12}));
        GIVES((Case{node("ReduceL1", {"x", "a"}), 18, {2, 2}, {1, -2, 3, -4}, {axis}}.run()), ({2, 1}), ({3, 7}));
        GIVES((Case{node("ReduceL2", {"x", "a"}), 18, {1, 2}, {3, 4}, {axis}}.run()), ({1, 1}), ({5}));
        GIVES((Case{node("ReduceSumSquare", {"x", "a"}), 18, {2, 2}, x, {axis}}.run()), ({2, 1}), ({5, 25}));
        GIVES((Case{node("ReduceLogSumExp", {"x", "a"}), 18, {1, 2}, {0, 0}, {axis}}.run()), ({1, 1}), ({std::log(2.F)}));
        // No axes: all, or none where noop_with_empty_axes says so.
        GIVES((Case{node("ReduceMax", {"x"}), 18, {2, 2}, x}.run()), ({1, 1}), ({4}));
        GIVES((Case{node("ReduceMin", {"x"}).set("noop_with_empty_axes", std::int64_t{1}), 18, {2, 2}, x}.run()), ({2, 2}), ({1, 2, 3, 4}));
        GIVES((Case{node("ArgMax", {"x"}).set("axis", std::int64_t{1}), 13, {2, 2}, {1, 5, 7, 2}}.run()), ({2, 1}), ({1, 0}));
        GIVES((Case{node("CumSum", {"x", "a"}), 14, {2, 2}, x, {axis}}.run()), ({2, 2}), ({1, 3, 3, 7}));
    }

    void placesAndParts()
    {
        // x = 0..5 as [2, 3]
        GIVES((Case{node("Gather", {"x", "i"}).set("axis", std::int64_t{1}), 13, {2, 3}, {}, {ints("i", {2, -3})}}.run()), ({2, 2}), ({2, 0, 5, 3}));
        GIVES((Case{node("GatherElements", {"x", "i"}).set("axis", std::int64_t{1}), 13, {2, 3}, {}, {OnnxTensor::ints("i", {2, 1}, {2, 0})}}.run()), ({2, 1}),
              ({2, 3}));
        GIVES((Case{node("GatherND", {"x", "i"}), 13, {2, 3}, {}, {OnnxTensor::ints("i", {2, 2}, {0, 1, 1, -1})}}.run()), ({2}), ({1, 5}));
        GIVES((Case{node("ScatterND", {"x", "i", "u"}), 16, {2, 3}, {}, {OnnxTensor::ints("i", {1, 1}, {1}), floats("u", {1, 3}, {7, 8, 9})}}.run()), ({2, 3}),
              ({0, 1, 2, 7, 8, 9}));
        GIVES((Case{node("Split", {"x"}, {"y", "z"}).set("axis", std::int64_t{1}).set("num_outputs", std::int64_t{2}), 18, {2, 3}}.run(1)), ({2, 1}), ({2, 5}));
        GIVES((Case{node("Split", {"x", "n"}, {"y", "z"}).set("axis", std::int64_t{1}), 13, {2, 3}, {}, {ints("n", {1, 2})}}.run(1)), ({2, 2}), ({1, 2, 4, 5}));
        GIVES((Case{node("Tile", {"x", "n"}), 13, {1, 2}, {}, {ints("n", {2, 2})}}.run()), ({2, 4}), ({0, 1, 0, 1, 0, 1, 0, 1}));
        GIVES((Case{node("Expand", {"x", "n"}), 13, {2, 1}, {}, {ints("n", {2, 2})}}.run()), ({2, 2}), ({0, 0, 1, 1}));
        GIVES((Case{node("Trilu", {"x"}).set("upper", std::int64_t{0}), 14, {2, 2}, {1, 2, 3, 4}}.run()), ({2, 2}), ({1, 0, 3, 4}));
        GIVES((Case{node("TopK", {"x", "n"}), 11, {1, 3}, {5, 9, 7}, {ints("n", {2})}}.run()), ({1, 2}), ({9, 7}));
        GIVES((Case{node("Reshape", {"x", "n"}), 14, {2, 3}, {}, {ints("n", {0, -1, 1})}}.run()), ({2, 3, 1}), ({0, 1, 2, 3, 4, 5}));
        GIVES((Case{node("DepthToSpace", {"x"}).set("blocksize", std::int64_t{2}), 13, {1, 4, 1, 1}}.run()), ({1, 1, 2, 2}), ({0, 1, 2, 3}));
    }

    void pads()
    {
        const auto pad = [](const char *mode) { return node("Pad", {"x", "p"}).set("mode", std::string(mode)); };
        const OnnxTensor by = ints("p", {0, 2, 0, 1});
        GIVES((Case{pad("constant"), 13, {1, 3}, {}, {by}}.run()), ({1, 6}), ({0, 0, 0, 1, 2, 0}));
        GIVES((Case{pad("edge"), 13, {1, 3}, {}, {by}}.run()), ({1, 6}), ({0, 0, 0, 1, 2, 2}));
        GIVES((Case{pad("reflect"), 13, {1, 3}, {}, {by}}.run()), ({1, 6}), ({2, 1, 0, 1, 2, 1}));
        GIVES((Case{pad("wrap"), 19, {1, 3}, {}, {by}}.run()), ({1, 6}), ({1, 2, 0, 1, 2, 0}));
        // Since 18 for some axes alone.
        GIVES((Case{node("Pad", {"x", "p", "", "a"}), 18, {1, 3}, {}, {ints("p", {1, 1}), ints("a", {-1})}}.run()), ({1, 5}), ({0, 0, 1, 2, 0}));
    }

    void resizes()
    {
        const auto resize = [](const char *mode) { return node("Resize", {"x", "", "", "n"}).set("mode", std::string(mode)); };
        const Ints dims{1, 1, 1, 4};
        const OnnxTensor half = ints("n", {1, 1, 1, 2});
        // Half pixels: entries at .5 and 2.5. With antialias the triangle is twice as wide: weights 1 3 3 1 over 8, of which the first lies beyond the edge
        // and counts as the edge, or not at all.
        GIVES((Case{resize("linear"), 18, dims, {}, {half}}.run()), ({1, 1, 1, 2}), ({0.5F, 2.5F}));
        GIVES((Case{resize("linear").set("antialias", std::int64_t{1}), 18, dims, {}, {half}}.run()), ({1, 1, 1, 2}), ({0.625F, 2.375F}));
        GIVES((Case{resize("linear").set("antialias", std::int64_t{1}).set("exclude_outside", std::int64_t{1}), 18, dims, {}, {half}}.run()), ({1, 1, 1, 2}),
              ({5.F / 7, 16.F / 7}));
        // 10 x 1.3 in float32 is 13.
        GIVES((Case{node("Resize", {"x", "", "f"}), 13, {10}, Floats(10, 4), {floats("f", {1}, {1.3F})}}.run()), ({13}),
              ({4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}));
        GIVES((Case{resize("cubic"), 13, dims, {7, 7, 7, 7}, {half}}.run()), ({1, 1, 1, 2}), ({7, 7}));
        GIVES((Case{resize("nearest").set("coordinate_transformation_mode", std::string("asymmetric")).set("nearest_mode", std::string("floor")),
                    13,
                    dims,
                    {},
                    {half}}
                   .run()),
              ({1, 1, 1, 2}), ({0, 2}));
        // 2 x 4 into 4 x 4, no side larger: the factor is 1.
        GIVES((Case{node("Resize", {"x", "", "", "n"}).set("keep_aspect_ratio_policy", std::string("not_larger")).set("axes", Ints{2, 3}),
                    18,
                    {1, 1, 1, 2},
                    {},
                    {ints("n", {4, 2})}}
                   .run()),
              ({1, 1, 1, 2}), ({0, 1}));
    }

    void arithmetic()
    {
        const auto with = [](const char *type, Floats by) { return Case{node(type, {"x", "b"}), 13, {3}, {-3, 0, 5}, {floats("b", {3}, by)}}; };
        GIVES(with("GreaterOrEqual", {-3, 1, 5}).run(), ({3}), ({1, 0, 1}));
        GIVES(with("LessOrEqual", {-4, 0, 9}).run(), ({3}), ({0, 1, 1}));
        GIVES((Case{node("Mod", {"x", "b"}).set("fmod", std::int64_t{1}), 13, {2}, {-5, 5}, {floats("b", {2}, {3, 3})}}.run()), ({2}), ({-2, 2}));
        GIVES((Case{node("Mean", {"x", "b"}), 13, {2}, {1, 2}, {floats("b", {2}, {3, 8})}}.run()), ({2}), ({2, 5}));
        GIVES((Case{node("Einsum", {"x", "b"}).set("equation", std::string("bij, jk -> bik")), 12, {1, 2, 2}, {1, 2, 3, 4}, {floats("b", {2, 1}, {1, 10})}}
                   .run()),
              ({1, 2, 1}), ({21, 43}));
    }

    /// Two queries on two keys: equal scores give the mean of the values, causal the first value to the first query.
    void attention()
    {
        const OnnxTensor k = floats("k", {1, 1, 2, 1}, {0, 0});
        const OnnxTensor v = floats("v", {1, 1, 2, 1}, {2, 6});
        GIVES((Case{node("Attention", {"x", "k", "v"}), 23, {1, 1, 2, 1}, {1, 1}, {k, v}}.run()), ({1, 1, 2, 1}), ({4, 4}));
        GIVES((Case{node("Attention", {"x", "k", "v"}).set("is_causal", std::int64_t{1}), 23, {1, 1, 2, 1}, {1, 1}, {k, v}}.run()), ({1, 1, 2, 1}), ({2, 4}));
        // Scores 0 and ln 3 of one head, flat: weights 1/4 and 3/4.
        GIVES((Case{node("Attention", {"x", "k", "v"}).set("q_num_heads", std::int64_t{1}).set("kv_num_heads", std::int64_t{1}).set("scale", 1.F),
                    23,
                    {1, 1, 1},
                    {1},
                    {floats("k", {1, 2, 1}, {0, std::log(3.F)}), floats("v", {1, 2, 1}, {4, 8})}}
                   .run()),
              ({1, 1, 1}), ({7}));
    }

    void quantised()
    {
        const OnnxTensor scale = floats("s", {}, {0.5F});
        // 0.25 / 0.5 is a half, which goes to the even 0; 300 is more than a byte.
        const Case q{node("QuantizeLinear", {"x", "s", "z"}), 13, {4}, {0.25F, 0.75F, 300, -9}, {scale, bytes("z", OnnxType::Uint8, {}, {2})}};
        GIVES(q.run(), ({4}), ({2, 4, 255, 0}));
        OnnxGraph graph;
        graph.opset = 13;
        graph.nodes = {node("DequantizeLinear", {"w", "s", "z"}, {"d"}).set("axis", std::int64_t{0}), node("MatMul", {"x", "d"})};
        graph.inputs = {{"x", OnnxType::Float, {1, 2}}};
        graph.outputs = {{"y", OnnxType::Float, {1, 1}}};
        graph.tensors["w"] = bytes("w", OnnxType::Int8, {2, 1}, {-3, 5});
        graph.tensors["s"] = floats("s", {2}, {1, 2});
        graph.tensors["z"] = bytes("z", OnnxType::Int8, {2}, {0, 1});
        OnnxExecutor executor(parseOnnx(onnxBytes(graph), "q.onnx"), "q.onnx");
        QVERIFY(executor.quantised());
        QCOMPARE(executor.parameters(), std::int64_t{2});
        GIVES(executor.run({at::tensor({1.F, 1.F}).reshape({1, 2})}).front(), ({1, 1}), ({5})); // -3 + (5 - 1) 2
        // One place of two channels: (10 - 2) 1 + (4 - 2) 3 = 14 units of 0.5 x 0.1; in units of 0.1 seven.
        graph.nodes = {node("QuantizeLinear", {"x", "xs", "xz"}, {"q"}), node("QLinearConv", {"q", "xs", "xz", "w", "ws", "wz", "ys", "yz"}, {"c"}),
                       node("DequantizeLinear", {"c", "ys", "yz"})};
        graph.inputs = {{"x", OnnxType::Float, {1, 2, 1, 1}}};
        graph.tensors.clear();
        for (const auto &[name, value] : {std::pair("xs", .5F), std::pair("ws", .1F), std::pair("ys", .1F)})
            graph.tensors[name] = floats(name, {}, {value});
        graph.tensors["xz"] = bytes("xz", OnnxType::Uint8, {}, {2});
        graph.tensors["yz"] = bytes("yz", OnnxType::Uint8, {}, {1});
        graph.tensors["w"] = bytes("w", OnnxType::Int8, {1, 2, 1, 1}, {1, 3});
        graph.tensors["wz"] = bytes("wz", OnnxType::Int8, {}, {0});
        OnnxExecutor conv(parseOnnx(onnxBytes(graph), "q.onnx"), "q.onnx");
        GIVES(conv.run({at::tensor({4.F, 1.F}).reshape({1, 2, 1, 1})}).front(), ({1, 1, 1, 1}), ({0.7F}));
        // -1 .. 254: scale 1, zero 1.
        GIVES((Case{node("DynamicQuantizeLinear", {"x"}, {"y", "s", "z"}), 11, {3}, {-1, 0, 254}}.run()), ({3}), ({0, 1, 255}));
        GIVES((Case{node("DynamicQuantizeLinear", {"x"}, {"y", "s", "z"}), 11, {3}, {-1, 0, 254}}.run(2)), ({}), ({1}));
    }

    void whatIsForTrainingIsRefused()
    {
        const std::vector<OnnxTensor> parameters{floats("g", {1}, {1}), floats("b", {1}, {0}), floats("m", {1}, {0}), floats("v", {1}, {1})};
        OnnxNode norm = node("BatchNormalization", {"x", "g", "b", "m", "v"});
        norm.set("training_mode", std::int64_t{1});
        QVERIFY_THROWS_EXCEPTION(FileError, (Case{norm, 15, {1, 1, 2}, {}, parameters}.run()));
    }
};

DSCOPE_TEST(TestOperators)
#include "tst_operators.moc"
