#include "core/nets/facenet.h"

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <string_view>

namespace dscope {

namespace {

thread_local Cost *s_counting = nullptr;

/// What the end of an operator needs to know of its beginning.
struct Seen : at::ObserverContext {
    std::int64_t macPerOutput = 0;   ///< multiply-accumulates for one output element
    std::int64_t extraPerOutput = 0; ///< element-wise operations for one output element
    std::int64_t macTotal = 0;       ///< where the count does not follow from the output's size
    std::int64_t extraTotal = 0;
};

std::int64_t elements(const c10::IValue &value)
{
    return value.isTensor() && value.toTensor().defined() ? value.toTensor().numel() : 0;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction &function)
{
    if (s_counting == nullptr)
        return nullptr;
    const std::string_view name = function.name();
    const c10::ArrayRef<const c10::IValue> in = function.inputs();
    auto seen = std::make_unique<Seen>();
    if (name == "aten::convolution") {
        // One output element costs as many products as the kernel has weights for it; the bias is one addition more.
        const at::Tensor weight = in[1].toTensor();
        seen->macPerOutput = weight.numel() / weight.size(0);
        seen->extraPerOutput = elements(in[2]) > 0 ? 1 : 0;
    } else if (name == "aten::addmm") {
        // What linear layers come down to; the added bias is one operation an output.
        seen->macPerOutput = in[1].toTensor().size(-1);
        seen->extraPerOutput = 1;
    } else if (name == "aten::mm" || name == "aten::bmm") {
        seen->macPerOutput = in[0].toTensor().size(-1);
    } else if (name == "aten::batch_norm") {
        seen->extraPerOutput = 2;
    } else if (name == "aten::prelu" || name == "aten::relu" || name == "aten::hardtanh" || name == "aten::add" || name == "aten::sigmoid"
               || name == "aten::mul" || name == "aten::leaky_relu" || name == "aten::softmax") {
        seen->extraPerOutput = 1;
    } else if (name == "aten::mean" || name == "aten::adaptive_avg_pool2d") {
        seen->extraTotal = elements(in[0]);
    } else {
        return nullptr;
    }
    return seen;
}

void end(const at::RecordFunction &function, at::ObserverContext *context)
{
    auto *seen = static_cast<Seen *>(context);
    if (seen == nullptr || s_counting == nullptr || function.outputs().empty())
        return;
    const std::int64_t out = elements(function.outputs()[0]);
    const std::int64_t mac = seen->macPerOutput * out + seen->macTotal;
    s_counting->mac += mac;
    s_counting->flop += 2 * mac + seen->extraPerOutput * out + seen->extraTotal;
}

} // namespace

Cost countCost(FaceNet &net, int height, int width)
{
    const at::NoGradGuard guard;
    Cost cost;
    const bool training = net.is_training();
    net.eval();
    const auto parameters = net.parameters();
    const at::Tensor picture = at::zeros({1, 3, height, width}, parameters.empty() ? at::TensorOptions() : parameters.front().options().requires_grad(false));
    const at::CallbackHandle handle =
        at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end).needsInputs(true).needsOutputs(true).scopes({at::RecordScope::FUNCTION}));
    s_counting = &cost;
    try {
        net.forward(picture);
    } catch (...) {
        s_counting = nullptr;
        at::removeCallback(handle);
        net.train(training);
        throw;
    }
    s_counting = nullptr;
    at::removeCallback(handle);
    net.train(training);
    return cost;
}

} // namespace dscope
