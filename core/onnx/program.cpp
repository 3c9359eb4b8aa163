#include "core/onnx/program.h"

#include "core/base/error.h"
#include "core/onnx/fusion.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

namespace dscope::onnx {

namespace {

/// All that is calculated from constants may take so many elements together.
constexpr std::int64_t s_mostFolded = std::int64_t{1} << 28;

/// Calls `work` and says in whose name what it throws is.
template<typename Work>
auto named(const std::filesystem::path &path, const OnnxNode &node, const Work &work)
{
    try {
        return work();
    } catch (const c10::Error &error) {
        throw FileError(path, node.title() + ": " + describe(error));
    } catch (const Error &error) {
        // What reads an attribute names the node itself.
        const std::string what = error.what();
        throw FileError(path, what.rfind(node.title(), 0) == 0 ? what : node.title() + ": " + what);
    }
}

/// The nodes that the outputs need.
std::vector<bool> needed(const OnnxGraph &graph)
{
    std::set<std::string> wanted;
    for (const OnnxValue &output : graph.outputs)
        wanted.insert(output.name);
    std::vector<bool> keep(graph.nodes.size(), false);
    for (std::size_t i = graph.nodes.size(); i-- > 0;) {
        const OnnxNode &node = graph.nodes[i];
        keep[i] = std::any_of(node.outputs.begin(), node.outputs.end(), [&](const std::string &name) { return !name.empty() && wanted.count(name) > 0; });
        if (keep[i])
            wanted.insert(node.inputs.begin(), node.inputs.end());
    }
    return keep;
}

} // namespace

bool movesOnly(const std::string &type)
{
    static const std::set<std::string> names{"Reshape",  "Flatten",         "Transpose", "Concat",      "Split",         "Slice",    "Gather", "Shape",
                                             "Constant", "ConstantOfShape", "Squeeze",   "Unsqueeze",   "Expand",        "Tile",     "Pad",    "Cast",
                                             "Resize",   "Upsample",        "MaxPool",   "AveragePool", "GlobalMaxPool", "Identity", "Dropout"};
    return names.count(type) > 0;
}

void Program::build(OnnxGraph graph, const std::filesystem::path &path, const std::string &wanted)
{
    if (!wanted.empty()) {
        const auto chosen = std::find_if(graph.outputs.begin(), graph.outputs.end(), [&](const OnnxValue &value) { return value.name == wanted; });
        if (chosen == graph.outputs.end())
            throw FileError(path, "has no output '" + wanted + "'.");
        graph.outputs = {*chosen};
    }
    std::map<std::string, std::size_t> slotOf;
    const auto slotFor = [&](const std::string &name) {
        const auto [found, added] = slotOf.emplace(name, slots);
        if (added) {
            ++slots;
            constants.emplace_back();
            weights.push_back(false);
        }
        return found->second;
    };
    for (const OnnxValue &input : graph.inputs)
        inputSlots.push_back(slotFor(input.name));
    for (auto &[name, tensor] : graph.tensors) {
        const std::size_t slot = slotFor(name);
        constants[slot] = tensorOf(tensor);
        weights[slot] = true;
        tensor.bytes = std::string();
    }
    const std::vector<bool> keep = needed(graph);
    std::set<std::size_t> counted;
    std::int64_t folded = 0;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        if (!keep[n])
            continue;
        Step step;
        step.node = std::move(graph.nodes[n]);
        const OnnxNode &node = step.node;
        step.what = findOperator(node.type);
        if (step.what == nullptr)
            throw FileError(path, node.title() + " is an operator that Dscope does not know.");
        const auto given = static_cast<int>(node.inputs.size());
        if (given < step.what->fewestInputs || given > step.what->mostInputs)
            throw FileError(path, node.title() + " has " + std::to_string(given) + " inputs.");
        for (int i = 0; i < step.what->fewestInputs; ++i)
            if (node.inputs[static_cast<std::size_t>(i)].empty())
                throw FileError(path, node.title() + " lacks an input.");
        step.kernel = named(path, node, [&] { return step.what->make(node, graph.opset); });
        for (const std::string &name : node.inputs)
            step.in.push_back(name.empty() ? -1 : static_cast<std::int64_t>(slotFor(name)));
        // A node that does nothing is another name for its input.
        if ((node.type == "Identity" || node.type == "Dropout") && !node.outputs.front().empty()) {
            slotOf[node.outputs.front()] = static_cast<std::size_t>(step.in.front());
            continue;
        }
        for (const std::string &name : node.outputs)
            step.out.push_back(name.empty() ? -1 : static_cast<std::int64_t>(slotFor(name)));
        for (std::size_t i = 0; i < step.in.size(); ++i) {
            const std::int64_t slot = step.in[i];
            if (slot >= 0 && weights[static_cast<std::size_t>(slot)] && step.what->parameters.count(i) == 0
                && counted.insert(static_cast<std::size_t>(slot)).second && constants[static_cast<std::size_t>(slot)].is_floating_point())
                parameters += constants[static_cast<std::size_t>(slot)].numel();
        }
        const bool fixed =
            std::all_of(step.in.begin(), step.in.end(), [&](std::int64_t slot) { return slot < 0 || constants[static_cast<std::size_t>(slot)].defined(); });
        if (!fixed) {
            steps.push_back(std::move(step));
            continue;
        }
        Tensors in;
        for (const std::int64_t slot : step.in)
            in.push_back(slot < 0 ? at::Tensor() : constants[static_cast<std::size_t>(slot)]);
        const Tensors out = named(path, node, [&] { return step.kernel(in, Run{}); });
        for (std::size_t i = 0; i < step.out.size() && i < out.size(); ++i) {
            if (step.out[i] < 0)
                continue;
            folded += out[i].numel();
            if (folded > s_mostFolded)
                throw FileError(path, node.title() + ": its constants take more than " + std::to_string(s_mostFolded) + " elements.");
            constants[static_cast<std::size_t>(step.out[i])] = out[i].contiguous();
        }
    }
    for (const OnnxValue &output : graph.outputs)
        outputSlots.push_back(slotFor(output.name));
    inputs = std::move(graph.inputs);
    outputs = std::move(graph.outputs);
}

Plan Program::planFor(c10::Device device, at::ScalarType floats, bool optimise) const
{
    Program ready = *this; // tensors are shared
    if (optimise)
        foldBatchNorm(ready);
    Plan plan;
    plan.device = device;
    plan.floats = floats;
    plan.channelsLast = optimise && (device.is_cpu() || floats != at::kFloat);
    // A constant that calculates with pictures goes to their device and type, once; what says sizes stays as it is.
    std::vector<at::Tensor> moved(ready.slots);
    const auto fixed = [&](std::size_t slot, bool parameter) {
        const at::Tensor &constant = ready.constants[slot];
        if (parameter || !constant.is_floating_point())
            return constant;
        if (!moved[slot].defined()) {
            moved[slot] = constant.to(device, floats);
            if (plan.channelsLast && constant.dim() == 4)
                moved[slot] = moved[slot].contiguous(at::MemoryFormat::ChannelsLast);
        }
        return moved[slot];
    };
    const auto source = [&](std::int64_t slot, bool parameter) {
        Source made;
        if (slot >= 0 && ready.constants[static_cast<std::size_t>(slot)].defined()) {
            made.fixed = fixed(static_cast<std::size_t>(slot), parameter);
            made.weight = ready.weights[static_cast<std::size_t>(slot)];
        } else {
            made.slot = slot;
        }
        return made;
    };
    for (const Step &step : ready.steps) {
        PlanStep made;
        made.title = step.node.title();
        made.name = !step.node.name.empty() ? step.node.name : step.node.outputs.front();
        made.type = step.node.type;
        made.kernel = step.kernel;
        made.out = step.out;
        for (std::size_t i = 0; i < step.in.size(); ++i)
            made.in.push_back(source(step.in[i], step.what != nullptr && step.what->parameters.count(i) > 0));
        plan.steps.push_back(std::move(made));
    }
    for (const std::size_t slot : ready.outputSlots)
        plan.outputs.push_back(source(static_cast<std::int64_t>(slot), false));
    if (optimise && device.is_cpu() && floats == at::kFloat)
        fuse(ready, plan);
    // Free each value after the step that uses it last.
    std::set<std::int64_t> alive;
    for (const Source &output : plan.outputs)
        alive.insert(output.slot);
    for (std::size_t n = plan.steps.size(); n-- > 0;) {
        PlanStep &step = plan.steps[n];
        for (const std::int64_t slot : step.out)
            if (slot >= 0 && alive.count(slot) == 0)
                step.frees.push_back(static_cast<std::size_t>(slot)); // nobody takes this output at all
        for (const Source &in : step.in)
            if (in.slot >= 0 && alive.insert(in.slot).second)
                step.frees.push_back(static_cast<std::size_t>(in.slot));
    }
    return plan;
}

} // namespace dscope::onnx
