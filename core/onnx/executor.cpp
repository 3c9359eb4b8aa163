// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/executor.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/onnx/program.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace dscope {

using namespace onnx;

namespace {

/// What a node costs: multiply-accumulates, and element-wise operations.
Cost costOf(const std::string &type, const Tensors &in, const at::Tensor &out)
{
    Cost cost;
    std::int64_t extra = 0;
    const bool bias = in.size() > 2 && in[2].defined();
    if (type == "Conv") {
        cost.mac = out.numel() * (in[1].size(0) > 0 ? in[1].numel() / in[1].size(0) : 0);
        extra = bias ? out.numel() : 0;
    } else if (type == "ConvTranspose") {
        cost.mac = in[0].numel() * (in[1].size(0) > 0 ? in[1].numel() / in[1].size(0) : 0);
        extra = bias ? out.numel() : 0;
    } else if (type == "Gemm" || type == "MatMul") {
        const std::int64_t rows = in[0].dim() > 1 ? in[0].size(-2) : 1;
        const std::int64_t depth = type == "Gemm" ? (out.size(0) > 0 ? in[0].numel() / out.size(0) : 0) : in[0].size(-1);
        cost.mac = rows >= 0 ? out.numel() * depth : 0;
        extra = bias ? out.numel() : 0;
    } else if (type == "QLinearConv" || type == "ConvInteger") {
        const at::Tensor &weight = in[type == "QLinearConv" ? 3 : 1];
        cost.mac = out.numel() * (weight.size(0) > 0 ? weight.numel() / weight.size(0) : 0);
    } else if (type == "QLinearMatMul" || type == "MatMulInteger" || type == "com.microsoft::QGemm") {
        cost.mac = out.numel() * in[0].size(-1);
    } else if (type == "Attention") {
        // q k' and the weights times v, for each query of the N x L x (heads d) numbers
        const std::int64_t keys = in[1].dim() > 2 ? in[1].size(-2) : 0;
        cost.mac = keys * (in[0].numel() + out.numel());
    } else if (type == "Einsum") {
        // The letters of matrix products: what is kept times what is summed over, which is all that the first operand has and the result has not.
        const std::int64_t shared = in.size() > 1 ? std::max<std::int64_t>(1, in[0].numel() * in[1].numel() / std::max<std::int64_t>(1, out.numel())) : 1;
        cost.mac = in.size() > 1 ? out.numel() * static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(shared)))) : 0;
    } else if (type == "LayerNormalization" || type == "GroupNormalization" || type == "RMSNormalization") {
        extra = 4 * out.numel();
    } else if (type == "BatchNormalization" || type == "InstanceNormalization") {
        extra = 2 * out.numel();
    } else if (type == "GlobalAveragePool" || type.rfind("Reduce", 0) == 0) {
        extra = in[0].numel();
    } else if (movesOnly(type)) {
        extra = 0;
    } else {
        extra = out.numel();
    }
    cost.flop = 2 * cost.mac + extra;
    return cost;
}

/// Counts the bytes of what is alive, each piece of memory once, however many tensors look at it.
class Living {
public:
    void add(const at::Tensor &tensor)
    {
        Piece &piece = m_pieces[tensor.storage().unsafeGetStorageImpl()];
        if (piece.holders++ > 0)
            return;
        piece.bytes = static_cast<std::int64_t>(tensor.storage().nbytes());
        count(piece.bytes);
    }
    void drop(const at::Tensor &tensor)
    {
        const auto found = tensor.defined() ? m_pieces.find(tensor.storage().unsafeGetStorageImpl()) : m_pieces.end();
        if (found == m_pieces.end() || --found->second.holders > 0)
            return;
        count(-found->second.bytes);
        m_pieces.erase(found);
    }
    std::int64_t peak() const { return m_peak; }

private:
    struct Piece {
        std::int64_t bytes = 0;
        int holders = 0;
    };

    void count(std::int64_t bytes)
    {
        m_now += bytes;
        m_peak = std::max(m_peak, m_now);
        Bounds::alive(bytes);
    }

    std::unordered_map<const void *, Piece> m_pieces;
    std::int64_t m_now = 0;
    std::int64_t m_peak = 0;
};

/// What a node costs besides its products, in multiply-accumulates that take as long: so much itself, and for each number it gives.
constexpr double s_nodeWork = 1e5;
constexpr double s_numberWork = 32;

} // namespace

struct OnnxExecutor::Private {
    std::filesystem::path path;
    OnnxOptions options;
    Program program;
    Plan plan;
    Plan plain; ///< as the file says, for trace()
    bool fixedBatch = false;
    bool batched = true;
    std::int64_t peak = 0;

    Run runOf(const std::vector<at::Tensor> &inputs, at::ScalarType floats) const
    {
        Run run;
        run.batch = !inputs.empty() && inputs.front().dim() > 0 ? inputs.front().size(0) : 1;
        run.fixedBatch = fixedBatch;
        run.floats = floats;
        return run;
    }

    void prepare()
    {
        const at::ScalarType half = options.device.isCuda() ? at::kHalf : at::kBFloat16;
        plan = program.planFor(torchDevice(options.device), options.half ? half : at::kFloat, options.optimise);
    }

    /// Calls `work` and says in which node's name what it throws is.
    template<typename Work>
    void inTheNameOf(const PlanStep &step, const Work &work) const
    {
        try {
            work();
        } catch (const c10::Error &error) {
            if (isOutOfMemory(error))
                throw;
            throw FileError(path, step.title + ": " + describe(error));
        } catch (const FileError &) {
            throw;
        } catch (const Cancelled &) {
            throw;
        } catch (const std::exception &error) {
            throw FileError(path, step.title + ": " + error.what());
        }
    }

    Tensors valuesFor(const Plan &plan_, const std::vector<at::Tensor> &inputs) const
    {
        Tensors values(program.slots);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            at::Tensor x = inputs[i];
            if (x.is_floating_point()) {
                x = x.to(plan_.device, plan_.floats);
                if (plan_.channelsLast && x.dim() == 4)
                    x = x.contiguous(at::MemoryFormat::ChannelsLast);
            }
            values[program.inputSlots[i]] = std::move(x);
        }
        return values;
    }

    /// @param most where not null: the most bytes that were alive at once
    template<typename Seen>
    Tensors execute(const Plan &plan_, const std::vector<at::Tensor> &inputs, const Progress *progress, const Seen &seen, std::int64_t *most = nullptr) const
    {
        if (inputs.size() != program.inputs.size())
            throw FileError(path, "takes " + std::to_string(program.inputs.size()) + " inputs, " + std::to_string(inputs.size()) + " were given.");
        const at::NoGradGuard guard;
        const Run run = runOf(inputs, plan_.floats);
        const std::int64_t pictures = std::max<std::int64_t>(1, run.batch);
        const Bounds bounds(Bounds::elementsFor(program.bytes) * pictures, Bounds::bytesFor(program.bytes) * pictures,
                            Bounds::workFor(program.bytes) * static_cast<double>(pictures), progress);
        Tensors values = valuesFor(plan_, inputs);
        Living living;
        Tensors in;
        for (const PlanStep &step : plan_.steps) {
            in.clear();
            for (const Source &source : step.in)
                in.push_back(source.slot < 0 ? source.fixed : values[static_cast<std::size_t>(source.slot)]);
            inTheNameOf(step, [&] {
                Bounds::charge(s_nodeWork);
                Tensors out = step.kernel(in, run);
                if (out.size() < step.out.size())
                    throw Error("it gives fewer tensors than it has outputs.");
                seen(step, in, out);
                for (std::size_t i = 0; i < step.out.size(); ++i) {
                    if (step.out[i] < 0)
                        continue;
                    Bounds::charge(s_numberWork * static_cast<double>(out[i].numel()));
                    living.add(out[i]);
                    values[static_cast<std::size_t>(step.out[i])] = std::move(out[i]);
                }
            });
            for (const std::size_t slot : step.frees) {
                living.drop(values[slot]);
                values[slot] = at::Tensor();
            }
        }
        if (most != nullptr)
            *most = living.peak();
        Tensors outputs;
        for (const Source &source : plan_.outputs) {
            const at::Tensor &value = source.slot < 0 ? source.fixed : values[static_cast<std::size_t>(source.slot)];
            outputs.push_back(value.is_floating_point() ? value.to(at::kFloat) : value);
        }
        return outputs;
    }
};

OnnxExecutor::OnnxExecutor(OnnxGraph graph, const std::filesystem::path &path, const OnnxOptions &options) : d(std::make_unique<Private>())
{
    d->path = path;
    d->options = options;
    for (const OnnxValue &input : graph.inputs)
        d->fixedBatch = d->fixedBatch || (!input.dims.empty() && input.dims.front() == 1);
    const at::NoGradGuard guard;
    d->program.build(std::move(graph), path, options.output, options.progress);
    d->prepare();
}

OnnxExecutor::~OnnxExecutor() = default;

const std::vector<OnnxValue> &OnnxExecutor::inputs() const
{
    return d->program.inputs;
}

const std::vector<OnnxValue> &OnnxExecutor::outputs() const
{
    return d->program.outputs;
}

std::vector<at::Tensor> OnnxExecutor::run(const std::vector<at::Tensor> &inputs, const Progress *progress)
{
    const auto ignore = [](const PlanStep &, const Tensors &, const Tensors &) {};
    const std::int64_t batch = d->runOf(inputs, at::kFloat).batch;
    if (d->batched || batch < 2)
        return d->execute(d->plan, inputs, progress, ignore);
    std::vector<Tensors> columns(d->program.outputs.size());
    for (std::int64_t i = 0; i < batch; ++i) {
        Tensors one;
        for (const at::Tensor &input : inputs)
            one.push_back(input.narrow(0, i, 1));
        const Tensors outputs = d->execute(d->plan, one, progress, ignore);
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            // An output without a batch gets one.
            const at::Tensor &output = outputs[k];
            columns[k].push_back(output.dim() > 0 && output.size(0) == 1 ? output : output.unsqueeze(0));
        }
    }
    Tensors joined;
    for (const Tensors &column : columns)
        joined.push_back(at::cat(column, 0));
    return joined;
}

std::vector<LayerInfo> OnnxExecutor::trace(const std::vector<at::Tensor> &inputs, Cost &cost)
{
    const at::NoGradGuard guard;
    if (d->plain.steps.empty())
        d->plain = d->program.planFor(at::kCPU, at::kFloat, false);
    std::vector<LayerInfo> layers;
    cost = {};
    const auto count = [&](const PlanStep &step, const Tensors &in, const Tensors &out) {
        if (!out.front().is_floating_point() && !isQuantised(step.type))
            return;
        LayerInfo layer;
        layer.name = step.name;
        layer.type = step.type;
        layer.output = out.front().sizes().slice(out.front().dim() > 0 ? 1 : 0).vec();
        for (std::size_t i = 0; i < in.size(); ++i)
            if (step.in[i].slot < 0 && step.in[i].weight)
                layer.parameters += in[i].numel();
        const Cost one = costOf(step.type, in, out.front());
        layer.mac = one.mac;
        cost.mac += one.mac;
        cost.flop += one.flop;
        layers.push_back(std::move(layer));
    };
    d->execute(d->plain, inputs, d->options.progress, count, &d->peak);
    d->plain = {};
    return layers;
}

bool OnnxExecutor::tryBatch(const std::vector<std::vector<std::int64_t>> &shapes)
{
    d->batched = false;
    Tensors two;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        std::vector<std::int64_t> shape = shapes[i];
        shape[0] = 2;
        const bool floats = i >= d->program.inputs.size() || isFloating(d->program.inputs[i].type);
        const at::Tensor waves = at::sin(at::arange(at::empty(checkedDims(shape), at::kMeta).numel(), at::kFloat) * 12.9898).reshape(shape);
        two.push_back(floats ? waves : ((waves + 1) * 127.5).to(typeOf(d->program.inputs[i].type)));
    }
    const Tensors singly = run(two, d->options.progress);
    try {
        const Tensors together = d->execute(d->plan, two, d->options.progress, [](const PlanStep &, const Tensors &, const Tensors &) {});
        d->batched = true;
        const double tolerance = d->options.half ? 0.05 : 1e-3;
        for (std::size_t i = 0; i < together.size(); ++i) {
            const bool alike = together[i].sizes() == singly[i].sizes();
            d->batched = d->batched && alike
                && (together[i].numel() == 0
                    || (together[i] - singly[i]).abs().max().item().toDouble() <= tolerance * singly[i].abs().max().item().toDouble() + 1e-12);
        }
    } catch (const Error &) {
        d->batched = false; // a shape in it holds for one picture alone
    }
    return d->batched;
}

std::int64_t OnnxExecutor::peakBytes() const
{
    return d->peak;
}

std::size_t OnnxExecutor::picturesAtATime() const
{
    return static_cast<std::size_t>(std::max<std::int64_t>(1, d->peak > 0 ? Bounds::bytesFor(d->program.bytes) / d->peak : 1024));
}

bool OnnxExecutor::quantised() const
{
    return d->program.quantised;
}

std::int64_t OnnxExecutor::parameters() const
{
    return d->program.parameters;
}

Device OnnxExecutor::device() const
{
    return d->options.device;
}

void OnnxExecutor::moveTo(const Device &device, bool half)
{
    d->options.half = half;
    moveTo(device);
}

void OnnxExecutor::moveTo(const Device &device)
{
    const at::NoGradGuard guard;
    d->options.device = device;
    d->plan = {};
    d->prepare();
}

} // namespace dscope
