// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/fusion.h"

#include "core/base/error.h"
#include "core/onnx/packedconv.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace dscope::onnx {

namespace {

/// For each slot, how many steps take it (an output of the graph counts as one) and which step gives it.
struct Uses {
    std::vector<int> takers;
    std::vector<std::int64_t> giver;

    explicit Uses(const Program &program) : takers(program.slots, 0), giver(program.slots, -1)
    {
        for (std::size_t n = 0; n < program.steps.size(); ++n) {
            for (const std::int64_t slot : program.steps[n].in)
                if (slot >= 0)
                    ++takers[static_cast<std::size_t>(slot)];
            for (const std::int64_t slot : program.steps[n].out)
                if (slot >= 0)
                    giver[static_cast<std::size_t>(slot)] = static_cast<std::int64_t>(n);
        }
        for (const std::size_t slot : program.outputSlots)
            ++takers[slot];
    }
};

bool constantAt(const Program &program, const Step &step, std::size_t index)
{
    return index < step.in.size() && step.in[index] >= 0 && program.constants[static_cast<std::size_t>(step.in[index])].defined();
}

at::Tensor constantOf(const Program &program, const Step &step, std::size_t index)
{
    return constantAt(program, step, index) ? program.constants[static_cast<std::size_t>(step.in[index])] : at::Tensor();
}

std::int64_t addConstant(Program &program, const at::Tensor &value)
{
    program.constants.push_back(value);
    program.weights.push_back(true);
    return static_cast<std::int64_t>(program.slots++);
}

/// y = x a + b for each channel.
Tensors scaleAndShift(const Tensors &in, const Run &)
{
    std::vector<std::int64_t> shape(static_cast<std::size_t>(in[0].dim()), 1);
    shape[1] = -1;
    return {at::addcmul(in[2].reshape(shape), in[0], in[1].reshape(shape))};
}

/// Whether the output's channels of this step can be scaled by its weights: which axis of the weights they are, or -1.
std::int64_t channelAxis(const Program &program, const Step &step)
{
    const at::Tensor weight = constantOf(program, step, 1);
    const bool biasFine = step.in.size() < 3 || step.in[2] < 0 || constantAt(program, step, 2);
    if (!weight.defined() || !biasFine || !weight.is_floating_point())
        return -1;
    if (step.node.type == "Conv")
        return weight.dim() >= 3 ? 0 : -1;
    if (step.node.type == "ConvTranspose")
        return weight.dim() >= 3 && step.node.i("group", 1) == 1 ? 1 : -1;
    if (step.node.type == "Gemm" && weight.dim() == 2 && step.node.f("alpha", 1) == 1 && step.node.f("beta", 1) == 1) {
        const at::Tensor bias = constantOf(program, step, 2);
        const std::int64_t axis = step.node.i("transB", 0) != 0 ? 0 : 1;
        return !bias.defined() || (bias.dim() == 1 && bias.numel() == weight.size(axis)) ? axis : -1;
    }
    return -1;
}

/// The activation that oneDNN can do itself. @return false where it cannot
bool activationOf(const Program &program, const Step &step, PackedConv &conv)
{
    const std::string &type = step.node.type;
    if (type == "Relu")
        conv.activation = "relu";
    else if (type == "Sigmoid")
        conv.activation = "sigmoid";
    else if (type == "HardSwish")
        conv.activation = "hardswish";
    else if (type == "LeakyRelu") {
        conv.activation = "leaky_relu";
        conv.parameters = {step.node.f("alpha", 0.01F)};
    } else if (type == "Clip"
               && (step.in.size() > 1 ? constantAt(program, step, 1) && constantAt(program, step, 2) : step.node.has("min") && step.node.has("max"))) {
        conv.activation = "hardtanh";
        if (step.in.size() > 1) {
            const std::vector<double> low = doublesOf(constantOf(program, step, 1));
            const std::vector<double> high = doublesOf(constantOf(program, step, 2));
            if (low.size() != 1 || high.size() != 1)
                return false;
            conv.parameters = {low.front(), high.front()};
        } else {
            conv.parameters = {step.node.f("min", 0), step.node.f("max", 0)};
        }
    } else if (type == "PRelu" && constantAt(program, step, 1)) {
        const at::Tensor slope = constantOf(program, step, 1);
        const std::int64_t channels = conv.weight.size(0);
        // One slope for all, or one per channel as [C, 1, 1].
        if (slope.numel() != 1 && !(slope.dim() >= 3 && slope.size(-3) == channels && slope.numel() == channels))
            return false;
        conv.slopes = slope.reshape({-1}).contiguous();
    } else {
        return false;
    }
    return true;
}

} // namespace

void foldBatchNorm(Program &program)
{
    const Uses uses(program);
    std::vector<bool> gone(program.steps.size(), false);
    for (std::size_t n = 0; n < program.steps.size(); ++n) {
        Step &step = program.steps[n];
        if (step.node.type != "BatchNormalization")
            continue;
        bool constant = step.what != nullptr && step.in.size() == 5 && step.out.front() >= 0;
        for (std::size_t i = 1; i < 5 && constant; ++i)
            constant = constantAt(program, step, i);
        if (!constant)
            continue;
        const std::int64_t channels = constantOf(program, step, 1).numel();
        for (std::size_t i = 2; i < 5; ++i)
            constant = constant && constantOf(program, step, i).numel() == channels;
        if (!constant)
            continue; // running it will say what is wrong
        const auto flat = [&](std::size_t i) { return constantOf(program, step, i).reshape({-1}).to(at::kDouble); };
        const at::Tensor scale = flat(1) / at::sqrt(flat(4) + static_cast<double>(step.node.f("epsilon", 1e-5F)));
        const at::Tensor shift = flat(2) - flat(3) * scale;
        const std::int64_t from = step.in.front() >= 0 ? uses.giver[static_cast<std::size_t>(step.in.front())] : -1;
        Step *before = from >= 0 ? &program.steps[static_cast<std::size_t>(from)] : nullptr;
        const std::int64_t axis = before != nullptr && uses.takers[static_cast<std::size_t>(step.in.front())] == 1 ? channelAxis(program, *before) : -1;
        if (axis >= 0 && constantOf(program, *before, 1).size(axis) == channels) {
            const at::Tensor weight = constantOf(program, *before, 1).to(at::kDouble);
            std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
            shape[static_cast<std::size_t>(axis)] = channels;
            const at::Tensor bias = constantOf(program, *before, 2);
            before->in.resize(3, -1);
            before->in[1] = addConstant(program, (weight * scale.reshape(shape)).to(at::kFloat));
            before->in[2] = addConstant(program, (bias.defined() ? bias.to(at::kDouble) * scale + shift : shift).to(at::kFloat));
            before->out.front() = step.out.front();
            gone[n] = true;
            continue;
        }
        step.in = {step.in.front(), addConstant(program, scale.to(at::kFloat)), addConstant(program, shift.to(at::kFloat))};
        step.kernel = [channels](const Tensors &in, const Run &run) -> Tensors {
            if (in[0].dim() < 2 || in[0].size(1) != channels)
                throw Error("it has " + std::to_string(channels) + " parameters for another number of channels.");
            return scaleAndShift(in, run);
        };
        step.out.resize(1);
    }
    std::vector<Step> kept;
    for (std::size_t n = 0; n < program.steps.size(); ++n)
        if (!gone[n])
            kept.push_back(std::move(program.steps[n]));
    program.steps = std::move(kept);
}

void fuse(const Program &ready, Plan &plan)
{
    if (!canPack())
        return;
    const Uses uses(ready);
    std::vector<bool> gone(plan.steps.size(), false);
    const auto onlyTaker = [&](std::int64_t slot) -> std::int64_t {
        if (slot < 0 || uses.takers[static_cast<std::size_t>(slot)] != 1)
            return -1;
        for (std::size_t n = 0; n < ready.steps.size(); ++n)
            if (!gone[n] && std::find(ready.steps[n].in.begin(), ready.steps[n].in.end(), slot) != ready.steps[n].in.end())
                return static_cast<std::int64_t>(n);
        return -1;
    };
    for (std::size_t n = 0; n < ready.steps.size(); ++n) {
        const Step &step = ready.steps[n];
        if (step.node.type != "Conv" || gone[n] || !constantAt(ready, step, 1) || constantOf(ready, step, 1).dim() != 4
            || (step.in.size() > 2 && step.in[2] >= 0 && !constantAt(ready, step, 2)))
            continue;
        PackedConv conv;
        conv.weight = constantOf(ready, step, 1).contiguous();
        conv.bias = constantOf(ready, step, 2);
        conv.groups = step.node.i("group", 1);
        conv.window = Window::of(step.node, {});
        const bool sound =
            conv.weight.numel() > 0 && conv.weight.size(0) % conv.groups == 0 && (!conv.bias.defined() || conv.bias.numel() == conv.weight.size(0));
        if (!sound)
            continue; // the plain way says what is wrong
        PlanStep &made = plan.steps[n];
        made.in.resize(1);
        std::int64_t out = step.out.front();
        std::int64_t next = onlyTaker(out);
        if (next >= 0 && ready.steps[static_cast<std::size_t>(next)].node.type == "Add") {
            const Step &sum = ready.steps[static_cast<std::size_t>(next)];
            const std::int64_t other = sum.in[0] == out ? sum.in[1] : sum.in[0];
            const bool calculated = other >= 0 && other != out && !ready.constants[static_cast<std::size_t>(other)].defined();
            // The other summand must be there before this convolution runs.
            if (calculated && uses.giver[static_cast<std::size_t>(other)] < static_cast<std::int64_t>(n)) {
                conv.adds = true;
                Source source;
                source.slot = other;
                made.in.push_back(source);
                gone[static_cast<std::size_t>(next)] = true;
                out = sum.out.front();
                next = onlyTaker(out);
            }
        }
        if (next >= 0 && ready.steps[static_cast<std::size_t>(next)].in.front() == out
            && activationOf(ready, ready.steps[static_cast<std::size_t>(next)], conv)) {
            gone[static_cast<std::size_t>(next)] = true;
            out = ready.steps[static_cast<std::size_t>(next)].out.front();
        }
        made.out = {out};
        made.kernel = makePacked(std::move(conv));
    }
    std::vector<PlanStep> kept;
    for (std::size_t n = 0; n < plan.steps.size(); ++n)
        if (!gone[n])
            kept.push_back(std::move(plan.steps[n]));
    plan.steps = std::move(kept);
}

} // namespace dscope::onnx
