// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/counting.h"
#include "core/nets/facenet.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <string_view>

namespace dscope {

namespace {

/// A module's parameters, until a layer has taken them.
struct Owner {
    std::string module;
    std::int64_t parameters = 0;
    bool taken = false;
};

/// What is gathered during one pass.
struct Counting {
    Counted result;
    std::map<std::string, Owner> owners;         ///< by module
    std::map<const void *, std::string> modules; ///< by the place of a parameter's values: a transposed view has the same
    std::map<std::string, int> unnamed;          ///< by type
    int depth = 0;                               ///< inside an operator that is counted: what it calls is its own doing
};

thread_local Counting *s_counting = nullptr;

/// What the end of an operator needs to know of its beginning.
struct Seen : at::ObserverContext {
    const char *type = "";
    std::int64_t macPerOutput = 0;   ///< multiply-accumulates for one output element
    std::int64_t extraPerOutput = 0; ///< element-wise operations for one output element
    std::int64_t macTotal = 0;       ///< where the count does not follow from the output's size
    std::int64_t extraTotal = 0;
    std::string module; ///< whose parameters it reads; empty: none's
};

std::int64_t elements(const c10::IValue &value)
{
    return value.isTensor() && value.toTensor().defined() ? value.toTensor().numel() : 0;
}

/// Operators of one operation an output element, by what ONNX calls them.
const char *elementwise(std::string_view name)
{
    static const std::map<std::string_view, const char *> types{{"prelu", "PRelu"},
                                                                {"relu", "Relu"},
                                                                {"relu6", "Clip"},
                                                                {"hardtanh", "Clip"},
                                                                {"clamp", "Clip"},
                                                                {"add", "Add"},
                                                                {"sub", "Sub"},
                                                                {"mul", "Mul"},
                                                                {"div", "Div"},
                                                                {"sigmoid", "Sigmoid"},
                                                                {"tanh", "Tanh"},
                                                                {"leaky_relu", "LeakyRelu"},
                                                                {"elu", "Elu"},
                                                                {"hardsigmoid", "HardSigmoid"},
                                                                {"hardswish", "HardSwish"},
                                                                {"silu", "Silu"},
                                                                {"gelu", "Gelu"},
                                                                {"pow", "Pow"},
                                                                {"sqrt", "Sqrt"},
                                                                {"softmax", "Softmax"},
                                                                {"softplus", "Softplus"}};
    const auto found = types.find(name);
    return found == types.end() ? nullptr : found->second;
}

/// Operators that read every input element once.
const char *reduction(std::string_view name)
{
    static const std::map<std::string_view, const char *> types{{"mean", "ReduceMean"},
                                                                {"sum", "ReduceSum"},
                                                                {"adaptive_avg_pool2d", "AveragePool"},
                                                                {"avg_pool2d", "AveragePool"},
                                                                {"max_pool2d", "MaxPool"},
                                                                {"adaptive_max_pool2d", "MaxPool"},
                                                                {"adaptive_avg_pool3d", "AveragePool"},
                                                                {"avg_pool3d", "AveragePool"},
                                                                {"max_pool3d", "MaxPool"},
                                                                {"max_pool1d", "MaxPool"}};
    const auto found = types.find(name);
    return found == types.end() ? nullptr : found->second;
}

void countConvolution(Seen &seen, c10::ArrayRef<const c10::IValue> in)
{
    // One output element costs as many products as the kernel has weights for it; a transposed convolution's is counted by its input.
    const at::Tensor weight = in[1].toTensor();
    const std::int64_t products = weight.size(0) > 0 ? weight.numel() / weight.size(0) : 0;
    if (in.size() > 6 && in[6].isBool() && in[6].toBool())
        seen.macTotal = elements(in[0]) * products;
    else
        seen.macPerOutput = products;
    seen.extraPerOutput = elements(in[2]) > 0 ? 1 : 0; // the bias is one addition more
    seen.type = "Conv";
}

/// The tensors of an operator's argument: itself, or those of a list.
std::vector<at::Tensor> tensorsOf(const c10::IValue &value)
{
    if (value.isTensorList())
        return value.toTensorVector();
    return elements(value) > 0 ? std::vector<at::Tensor>{value.toTensor()} : std::vector<at::Tensor>();
}

/// A recurrent layer (input, beginnings, weights, ...): every step of every sequence meets all weights once. @return false for one of packed sequences
bool countRecurrent(Seen &seen, std::string_view name, c10::ArrayRef<const c10::IValue> in)
{
    if (in.size() < 3 || !in[0].isTensor() || in[0].toTensor().dim() != 3 || !in[2].isTensorList())
        return false;
    const bool lstm = name == "lstm";
    const std::int64_t gates = lstm ? 4 : 3;
    const std::int64_t steps = in[0].toTensor().size(0) * in[0].toTensor().size(1);
    for (const at::Tensor &weight : in[2].toTensorVector()) {
        if (weight.dim() == 2)
            seen.macTotal += steps * weight.numel();
        else
            seen.extraTotal += steps * weight.numel();
    }
    // Beside the biases, for each value kept: an activation a gate and, in an LSTM, of the cell; its products and sums. Two matrices have the same values.
    std::int64_t values = 0;
    for (const at::Tensor &weight : in[2].toTensorVector())
        values += weight.dim() == 2 ? weight.size(0) / gates : 0;
    seen.extraTotal += steps * (values / 2) * (gates + (lstm ? 1 : 0) + 4);
    seen.type = lstm ? "LSTM" : "GRU";
    return true;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction &function)
{
    if (s_counting == nullptr || s_counting->depth > 0)
        return nullptr;
    std::string_view name = function.name();
    if (!name.starts_with("aten::"))
        return nullptr;
    name.remove_prefix(6);
    if (name.ends_with('_')) // in place
        name.remove_suffix(1);
    const c10::ArrayRef<const c10::IValue> in = function.inputs();
    auto seen = std::make_unique<Seen>();
    if (name == "convolution" || name == "_convolution") {
        countConvolution(*seen, in);
    } else if (name == "linear") {
        seen->type = "Gemm";
        seen->macPerOutput = in[1].toTensor().size(-1);
        seen->extraPerOutput = elements(in[2]) > 0 ? 1 : 0;
    } else if (name == "addmm") {
        seen->type = "Gemm";
        seen->macPerOutput = in[1].toTensor().size(-1);
        seen->extraPerOutput = 1;
    } else if (name == "mm" || name == "bmm" || name == "matmul") {
        seen->type = "MatMul";
        seen->macPerOutput = in[0].toTensor().size(-1);
    } else if (name == "lstm" || name == "gru") {
        if (!countRecurrent(*seen, name, in))
            return nullptr;
    } else if (name == "batch_norm" || name == "layer_norm" || name == "instance_norm") {
        seen->type = name == "batch_norm" ? "BatchNormalization" : name == "layer_norm" ? "LayerNormalization" : "InstanceNormalization";
        seen->extraPerOutput = 2;
    } else if (const char *type = elementwise(name)) {
        // Sums of sizes are no layer.
        if (in.empty() || !in[0].isTensor() || in[0].toTensor().dim() < 2)
            return nullptr;
        seen->type = type;
        seen->extraPerOutput = 1;
    } else if (const char *pooling = reduction(name)) {
        seen->type = pooling;
        seen->extraTotal = elements(in[0]);
    } else {
        return nullptr;
    }
    for (std::size_t i = 1; i < in.size() && seen->module.empty(); ++i)
        for (const at::Tensor &tensor : tensorsOf(in[i])) {
            const auto found = s_counting->modules.find(tensor.const_data_ptr());
            if (found != s_counting->modules.end() && seen->module.empty())
                seen->module = found->second;
        }
    ++s_counting->depth;
    return seen;
}

void end(const at::RecordFunction &function, at::ObserverContext *context)
{
    auto *seen = static_cast<Seen *>(context);
    if (seen == nullptr || s_counting == nullptr)
        return;
    --s_counting->depth;
    if (function.outputs().empty() || !function.outputs()[0].isTensor() || !function.outputs()[0].toTensor().defined())
        return;
    const at::Tensor output = function.outputs()[0].toTensor();
    const std::int64_t out = output.numel();
    LayerInfo layer;
    layer.type = seen->type;
    layer.mac = seen->macPerOutput * out + seen->macTotal;
    if (output.dim() > 1)
        layer.output = output.sizes().slice(1).vec();
    if (seen->module.empty()) {
        layer.name = layer.type + ' ' + std::to_string(++s_counting->unnamed[layer.type]);
    } else {
        Owner &owner = s_counting->owners.at(seen->module);
        layer.name = owner.module;
        layer.parameters = owner.taken ? 0 : owner.parameters;
        owner.taken = true;
    }
    s_counting->result.cost.mac += layer.mac;
    s_counting->result.cost.flop += 2 * layer.mac + seen->extraPerOutput * out + seen->extraTotal;
    s_counting->result.layers.push_back(std::move(layer));
}

/// The observer, while it lives.
class Watch {
public:
    explicit Watch(Counting &counting)
        : m_handle(at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION})))
    {
        s_counting = &counting;
    }
    ~Watch()
    {
        s_counting = nullptr;
        at::removeCallback(m_handle);
    }
    Watch(const Watch &) = delete;
    Watch &operator=(const Watch &) = delete;

private:
    at::CallbackHandle m_handle;
};

} // namespace

Counted countOperators(const std::map<std::string, at::Tensor> &parameters, const std::function<void()> &forward)
{
    Counting counting;
    for (const auto &[name, tensor] : parameters) {
        const std::size_t dot = name.rfind('.');
        const std::string module = dot == std::string::npos ? name : name.substr(0, dot);
        Owner &owner = counting.owners[module];
        owner.module = module;
        owner.parameters += tensor.numel();
        if (tensor.numel() > 0)
            counting.modules[tensor.const_data_ptr()] = module;
    }
    {
        const Watch watch(counting);
        forward();
    }
    for (const auto &[module, owner] : counting.owners)
        if (!owner.taken && owner.parameters > 0)
            counting.result.layers.push_back({module, "Parameters", {}, owner.parameters, 0});
    return std::move(counting.result);
}

at::Tensor blankElement(const ElementShape &shape, const at::TensorOptions &options)
{
    return shape.frames > 1 ? at::zeros({1, 3, shape.frames, shape.height, shape.width}, options) : at::zeros({1, 3, shape.height, shape.width}, options);
}

Counted countNetwork(FaceNet &net, const ElementShape &shape)
{
    const at::NoGradGuard guard;
    std::map<std::string, at::Tensor> parameters;
    for (const auto &item : net.named_parameters())
        parameters[item.key()] = item.value();
    const at::Tensor element = blankElement(shape, parameters.empty() ? at::TensorOptions() : parameters.begin()->second.options().requires_grad(false));
    const bool training = net.is_training();
    net.eval();
    try {
        Counted counted = countOperators(parameters, [&] { net.forward(element); });
        net.train(training);
        return counted;
    } catch (...) {
        net.train(training);
        throw;
    }
}

Counted countNetwork(FaceNet &net, int height, int width)
{
    return countNetwork(net, {1, height, width});
}

Cost countCost(FaceNet &net, int height, int width)
{
    return countNetwork(net, height, width).cost;
}

} // namespace dscope
