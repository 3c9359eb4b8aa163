// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/recorder.h"

#include "core/base/error.h"
#include "core/nets/fusedconv.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

namespace dscope::onnx {

namespace {

using Values = c10::ArrayRef<const c10::IValue>;

/// Where a tensor comes from: a value of the graph, of which only every so many rows and columns may be meant.
struct Origin {
    std::string name;
    std::array<std::int64_t, 2> every{1, 1};
    bool turned = false; ///< its transpose is meant

    bool plain() const { return every == std::array<std::int64_t, 2>{1, 1} && !turned; }
};

/// What is gathered during one pass.
struct Recording {
    OnnxGraph graph;
    std::map<const void *, Origin> origins;    ///< by the tensor's identity
    std::map<const void *, std::string> named; ///< weights, by their identity
    std::vector<at::Tensor> alive;             ///< every tensor met, so that no identity is given twice
    std::string problem;                       ///< the first operator that could not be written down
    int depth = 0;                             ///< inside an operator that is written down: what it calls is its own doing
    int constants = 0;
};

thread_local Recording *s_recording = nullptr;

/// What an operator takes; the observer sees it at the beginning only.
struct Inside : at::ObserverContext {
    std::vector<c10::IValue> in;
};

/// Operators that give the same values under another identity.
bool passes(std::string_view name)
{
    static const std::set<std::string_view> names{"contiguous", "to", "_to_copy", "alias", "detach", "dropout", "clone"};
    return names.count(name) > 0;
}

std::string_view plainName(const at::RecordFunction &function)
{
    std::string_view name = function.name();
    return name.starts_with("aten::") ? name.substr(6) : std::string_view();
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction &function)
{
    // Only the outermost operator is written down; begin and end come in pairs where a context is given.
    if (s_recording == nullptr || s_recording->depth > 0 || plainName(function).empty())
        return nullptr;
    ++s_recording->depth;
    auto inside = std::make_unique<Inside>();
    inside->in.assign(function.inputs().begin(), function.inputs().end());
    return inside;
}

/// Writes one operator down.
class Writer {
public:
    Writer(Recording &recording, std::string_view operation, Values in, const at::Tensor &out)
        : m_recording(recording), m_operation(operation), m_in(in), m_out(out)
    {
    }

    void write()
    {
        if (passes(m_operation)) {
            remember(origin(0));
        } else if (m_operation == "slice") {
            writeSlice();
        } else if (m_operation == "conv2d") {
            writeConvolution();
        } else if (m_operation == "linear") {
            if (optionalInput(2).empty())
                refuse("without a bias");
            node("Gemm", {input(0), input(1), input(2)}).set("transB", std::int64_t{1});
        } else if (m_operation == "matmul") {
            writeProduct();
        } else if (m_operation == "t") {
            Origin from = origin(0);
            from.turned = !from.turned;
            remember(from);
        } else if (m_operation == "addmm") {
            const Origin weight = origin(2);
            node("Gemm", {input(1), weight.name, input(0)}).set("transB", std::int64_t{weight.turned ? 1 : 0});
        } else if (m_operation == "batch_norm") {
            if (m_in[5].toBool())
                refuse("in training");
            node("BatchNormalization", {input(0), input(1), input(2), input(3), input(4)}).set("epsilon", static_cast<float>(m_in[7].toDouble()));
        } else if (m_operation == "prelu") {
            writePRelu();
        } else if (m_operation == "relu" || m_operation == "sigmoid") {
            node(m_operation == "relu" ? "Relu" : "Sigmoid", {input(0)});
        } else if (m_operation == "relu6") {
            node("Clip", {input(0)}).set("min", 0.F).set("max", 6.F);
        } else if (m_operation == "add") {
            if (m_in.size() > 2 && m_in[2].toScalar().to<double>() != 1)
                refuse("with a factor");
            node("Add", {input(0), input(1)});
        } else if (m_operation == "mul") {
            node("Mul", {input(0), m_in[1].isScalar() ? constant(at::tensor({m_in[1].toScalar().to<float>()})) : input(1)});
        } else if (m_operation == "max_pool2d") {
            writeMaxPool();
        } else if (m_operation == "avg_pool2d") {
            writeMeanPool();
        } else if (m_operation == "constant_pad_nd" || m_operation == "replication_pad2d") {
            writePads();
        } else if (m_operation == "cat") {
            std::vector<std::string> parts;
            for (const at::Tensor &part : m_in[0].toTensorVector())
                parts.push_back(nameOf(part));
            node("Concat", parts).set("axis", m_in[1].toInt());
        } else if (m_operation == "flatten") {
            if (m_in[1].toInt() != 1 || (m_in[2].toInt() != -1 && m_in[2].toInt() != m_in[0].toTensor().dim() - 1))
                refuse("of other dimensions than all but the first");
            node("Flatten", {input(0)}).set("axis", std::int64_t{1});
        } else if (m_operation == "mean") {
            writeMean();
        } else {
            refuse("");
        }
    }

private:
    [[noreturn]] void refuse(const std::string &why) const
    {
        throw Error("The operator '" + std::string(m_operation) + "' " + (why.empty() ? "" : why + " ") + "cannot be written as an ONNX node.");
    }

    const at::Tensor &tensor(std::size_t i) const
    {
        if (i >= m_in.size() || !m_in[i].isTensor() || !m_in[i].toTensor().defined())
            refuse("without a tensor for input " + std::to_string(i));
        return m_in[i].toTensor();
    }

    std::string constant(const at::Tensor &value)
    {
        const std::string name = "constant_" + std::to_string(++m_recording.constants);
        m_recording.graph.tensors[name] = fileTensor(name, value);
        return name;
    }

    Origin origin(std::size_t i) { return originOf(tensor(i)); }

    /// Where a tensor comes from. One that no operator gave is a weight.
    Origin originOf(const at::Tensor &value)
    {
        const void *identity = value.unsafeGetTensorImpl();
        const auto found = m_recording.origins.find(identity);
        if (found != m_recording.origins.end())
            return found->second;
        Origin made;
        const auto weight = m_recording.named.find(identity);
        if (weight != m_recording.named.end()) {
            made.name = weight->second;
            m_recording.graph.tensors[made.name] = fileTensor(made.name, value);
        } else {
            made.name = constant(value);
        }
        m_recording.alive.push_back(value);
        m_recording.origins[identity] = made;
        return made;
    }

    /// The name of input i with the rows and columns that are meant.
    std::string input(std::size_t i) { return nameOf(tensor(i)); }

    std::string nameOf(const at::Tensor &value)
    {
        const Origin from = originOf(value);
        if (from.plain())
            return from.name;
        if (from.turned)
            refuse("of a transposed tensor");
        const std::string name = from.name + "_every_" + std::to_string(from.every[0]) + "_" + std::to_string(from.every[1]);
        OnnxNode &made = m_recording.graph.nodes.emplace_back();
        made.type = "Slice";
        made.name = name;
        const auto list = [&](std::vector<std::int64_t> values) { return constant(at::tensor(values, at::kLong)); };
        constexpr std::int64_t end = (std::int64_t{1} << 31) - 1;
        made.inputs = {from.name, list({0, 0}), list({end, end}), list({2, 3}), list({from.every[0], from.every[1]})};
        made.outputs = {name};
        return name;
    }

    std::string optionalInput(std::size_t i) { return i < m_in.size() && m_in[i].isTensor() && m_in[i].toTensor().defined() ? input(i) : std::string(); }

    void remember(Origin from)
    {
        m_recording.alive.push_back(m_out);
        m_recording.origins[m_out.unsafeGetTensorImpl()] = std::move(from);
    }

    OnnxNode &node(const std::string &type, std::vector<std::string> inputs)
    {
        while (!inputs.empty() && inputs.back().empty())
            inputs.pop_back();
        OnnxNode &made = m_recording.graph.nodes.emplace_back();
        made.type = type;
        made.name = type + "_" + std::to_string(m_recording.graph.nodes.size());
        made.inputs = std::move(inputs);
        made.outputs = {made.name};
        remember({made.name});
        return made;
    }

    /// Every so many rows or columns of all: kept in mind, because the 1x1 convolution that follows can take them by its stride.
    void writeSlice()
    {
        Origin from = origin(0);
        const at::Tensor &x = tensor(0);
        const std::int64_t axis = m_in[1].toInt();
        if (x.dim() != 4 || (axis != 2 && axis != 3))
            refuse("of other dimensions than height and width");
        const std::int64_t begin = m_in[2].isNone() ? 0 : m_in[2].toInt();
        const std::int64_t end = m_in[3].isNone() ? x.size(axis) : m_in[3].toInt();
        if (begin != 0 || end < x.size(axis)) {
            if (m_in[4].toInt() != 1 || begin < 0 || end < 0)
                refuse("of a part with steps, or counted from its end");
            const auto list = [&](std::int64_t value) { return constant(at::tensor(std::vector<std::int64_t>{value}, at::kLong)); };
            node("Slice", {input(0), list(begin), list(end), list(axis)});
            return;
        }
        from.every[static_cast<std::size_t>(axis - 2)] *= m_in[4].toInt();
        remember(from);
    }

    void writeConvolution()
    {
        const at::Tensor &weight = tensor(1);
        if (!m_in[4].isIntList())
            refuse("with a padding by name");
        std::vector<std::int64_t> stride = m_in[3].toIntVector();
        const std::vector<std::int64_t> padding = m_in[4].toIntVector();
        const Origin from = origin(0);
        std::string x = from.name;
        if (weight.size(2) == 1 && weight.size(3) == 1 && padding[0] == 0 && padding[1] == 0) {
            stride = {stride[0] * from.every[0], stride[1] * from.every[1]};
        } else {
            x = input(0);
        }
        const std::vector<std::string> inputs{x, input(1), optionalInput(2)};
        node("Conv", inputs)
            .set("kernel_shape", std::vector<std::int64_t>{weight.size(2), weight.size(3)})
            .set("strides", stride)
            .set("pads", std::vector<std::int64_t>{padding[0], padding[1], padding[0], padding[1]})
            .set("dilations", m_in[5].toIntVector())
            .set("group", m_in[6].toInt());
    }

    void writeMaxPool()
    {
        // One value stands for both dimensions.
        const auto both = [this](std::size_t i) {
            std::vector<std::int64_t> values = m_in[i].toIntVector();
            if (values.size() == 1)
                values.push_back(values.front());
            return values;
        };
        const std::vector<std::int64_t> kernel = both(1);
        std::vector<std::int64_t> stride = both(2);
        const std::vector<std::int64_t> padding = both(3);
        for (const std::int64_t dilation : m_in[4].toIntVector())
            if (dilation != 1)
                refuse("with holes");
        if (kernel.size() != 2 || padding.size() != 2)
            refuse("of other dimensions than height and width");
        if (stride.empty())
            stride = kernel;
        node("MaxPool", {input(0)})
            .set("kernel_shape", kernel)
            .set("strides", stride)
            .set("pads", std::vector<std::int64_t>{padding[0], padding[1], padding[0], padding[1]})
            .set("ceil_mode", std::int64_t{m_in[5].toBool() ? 1 : 0});
    }

    /// A linear layer without a bias. Until operator set 11 Gemm has to have one.
    void writeProduct()
    {
        const Origin weight = origin(1);
        if (tensor(0).dim() != 2 || tensor(1).dim() != 2 || !weight.turned)
            refuse("of anything but rows and a layer's weights");
        const std::string none = constant(at::zeros({tensor(1).size(1)}));
        node("Gemm", {input(0), weight.name, none}).set("transB", std::int64_t{1});
    }

    void writeMeanPool()
    {
        const std::vector<std::int64_t> kernel = m_in[1].toIntVector();
        const std::vector<std::int64_t> stride = m_in[2].toIntVector();
        const std::vector<std::int64_t> padding = m_in[3].toIntVector();
        if (kernel.size() != 2 || stride.size() != 2 || std::any_of(padding.begin(), padding.end(), [](std::int64_t side) { return side != 0; })
            || m_in[4].toBool())
            refuse("with padding");
        node("AveragePool", {input(0)}).set("kernel_shape", kernel).set("strides", stride);
    }

    /// torch names them from the last dimension on, each before and behind; ONNX all that lie before, then all behind.
    void writePads()
    {
        const std::vector<std::int64_t> pads = m_in[1].toIntVector();
        const std::size_t dimensions = static_cast<std::size_t>(tensor(0).dim());
        std::vector<std::int64_t> all(2 * dimensions);
        for (std::size_t i = 0; i < pads.size() / 2; ++i) {
            all.at(dimensions - 1 - i) = pads[2 * i];
            all.at(2 * dimensions - 1 - i) = pads[2 * i + 1];
        }
        const bool edge = m_operation == "replication_pad2d";
        if (!edge && m_in[2].toScalar().to<double>() != 0)
            refuse("of other values than zeros");
        node("Pad", {input(0)}).set("mode", std::string(edge ? "edge" : "constant")).set("pads", all);
    }

    void writePRelu()
    {
        // ONNX spreads the slopes as any other operand: from the last dimension on.
        const Origin slopes = origin(1);
        OnnxTensor &file = m_recording.graph.tensors.at(slopes.name);
        if (tensor(0).dim() == 4)
            file.dims = {file.elements(), 1, 1};
        node("PRelu", {input(0), slopes.name});
    }

    void writeMean()
    {
        if (tensor(0).dim() != 4 || m_in.size() < 3 || !m_in[1].isIntList() || m_in[1].toIntVector() != std::vector<std::int64_t>{2, 3})
            refuse("over other dimensions than height and width");
        node("GlobalAveragePool", {input(0)});
        if (m_in[2].toBool())
            return;
        const std::string pooled = m_recording.graph.nodes.back().name;
        node("Flatten", {pooled}).set("axis", std::int64_t{1});
    }

    Recording &m_recording;
    std::string_view m_operation;
    Values m_in;
    at::Tensor m_out;
};

void end(const at::RecordFunction &function, at::ObserverContext *context)
{
    const auto *inside = static_cast<const Inside *>(context);
    if (inside == nullptr || s_recording == nullptr)
        return;
    // What is called here is no part of the network, so `depth` is taken back only afterwards; nothing may be thrown into torch.
    try {
        const bool gives = !function.outputs().empty() && function.outputs()[0].isTensor() && function.outputs()[0].toTensor().defined();
        if (gives && s_recording->problem.empty())
            Writer(*s_recording, plainName(function), Values(inside->in.data(), inside->in.size()), function.outputs()[0].toTensor()).write();
    } catch (const c10::Error &error) {
        s_recording->problem = describe(error);
    } catch (const std::exception &error) {
        s_recording->problem = error.what();
    }
    --s_recording->depth;
}

/// The observer, while it lives.
class Watch {
public:
    explicit Watch(Recording &recording)
        : m_handle(at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION})))
    {
        s_recording = &recording;
    }
    ~Watch()
    {
        s_recording = nullptr;
        at::removeCallback(m_handle);
    }
    Watch(const Watch &) = delete;
    Watch &operator=(const Watch &) = delete;

private:
    at::CallbackHandle m_handle;
};

} // namespace

OnnxGraph recordGraph(const at::Tensor &input, const std::map<std::string, at::Tensor> &named, const std::function<at::Tensor(const at::Tensor &)> &forward,
                      const std::string &outputName)
{
    const at::NoGradGuard guard;
    Recording recording;
    recording.graph.opset = 10; // the last one whose Clip every reader takes: OpenCV 4.6 knows it with attributes alone
    for (const auto &[name, tensor] : named)
        recording.named[tensor.unsafeGetTensorImpl()] = name;
    recording.alive.push_back(input);
    recording.origins[input.unsafeGetTensorImpl()] = {"input"};
    at::Tensor output;
    {
        const PlainOperators plain;
        const Watch watch(recording);
        output = forward(input);
    }
    if (!recording.problem.empty())
        throw Error(recording.problem);
    const auto found = recording.origins.find(output.unsafeGetTensorImpl());
    if (found == recording.origins.end() || !found->second.plain())
        throw Error("What the network puts out comes from no operator that was seen.");
    for (OnnxNode &node : recording.graph.nodes) {
        for (std::string &name : node.inputs)
            if (name == found->second.name)
                name = outputName;
        for (std::string &name : node.outputs)
            if (name == found->second.name)
                name = outputName;
    }
    const auto value = [](const std::string &name, const at::Tensor &tensor) {
        OnnxValue made{name, OnnxType::Float, tensor.sizes().vec()};
        made.dims.at(0) = -1;
        return made;
    };
    recording.graph.inputs = {value("input", input)};
    recording.graph.outputs = {value(outputName, output)};
    return std::move(recording.graph);
}

} // namespace dscope::onnx
