// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/program.h"

#include "core/base/error.h"
#include "core/onnx/fusion.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

namespace dscope::onnx {

namespace {

/// What is calculated from constants may take so many bytes together: room for what quantised weights become in float32.
std::int64_t mostFolded(std::uint64_t fileBytes)
{
    return (std::int64_t{32} << 20) + 9 * static_cast<std::int64_t>(fileBytes);
}

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

/// All that a node takes, in its branches as well.
void addTaken(const OnnxNode &node, std::set<std::string> &names)
{
    names.insert(node.inputs.begin(), node.inputs.end());
    for (const auto &[name, attribute] : node.attributes)
        if (attribute.graph) {
            for (const OnnxNode &inner : attribute.graph->nodes)
                addTaken(inner, names);
            for (const OnnxValue &output : attribute.graph->outputs)
                names.insert(output.name);
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
            addTaken(node, wanted);
    }
    return keep;
}

/// Puts a graph's nodes into a program, one after another.
class Builder {
public:
    Builder(Program &program, const std::filesystem::path &path, int opset) : m_program(program), m_path(path), m_opset(opset) {}

    std::size_t slotFor(const std::string &name)
    {
        const auto [found, added] = m_slotOf.emplace(name, m_program.slots);
        if (added) {
            ++m_program.slots;
            m_program.constants.emplace_back();
            m_program.weights.push_back(false);
        }
        return found->second;
    }

    void takeTensors(OnnxGraph &graph)
    {
        for (auto &[name, tensor] : graph.tensors) {
            const std::size_t slot = slotFor(name);
            m_program.constants[slot] = tensorOf(tensor);
            m_program.weights[slot] = true;
            tensor.bytes = std::string();
        }
    }

    void take(OnnxNode given, int depth)
    {
        if (given.type == "If")
            return takeBranch(given, depth);
        Step step;
        step.node = std::move(given);
        const OnnxNode &node = step.node;
        step.what = findOperator(node.type);
        if (step.what == nullptr)
            throw FileError(m_path, node.title() + " is an operator that Dscope does not know.");
        const auto count = static_cast<int>(node.inputs.size());
        if (count < step.what->fewestInputs || count > step.what->mostInputs)
            throw FileError(m_path, node.title() + " has " + std::to_string(count) + " inputs.");
        for (int i = 0; i < step.what->fewestInputs; ++i)
            if (node.inputs[static_cast<std::size_t>(i)].empty())
                throw FileError(m_path, node.title() + " lacks an input.");
        step.kernel = named(m_path, node, [&] { return step.what->make(node, m_opset); });
        for (const std::string &name : node.inputs)
            step.in.push_back(name.empty() ? -1 : existing(name, node));
        m_program.quantised = m_program.quantised || isQuantised(node.type);
        // A node that does nothing is another name for its input.
        if ((node.type == "Identity" || node.type == "Dropout") && !node.outputs.front().empty()) {
            m_slotOf[node.outputs.front()] = static_cast<std::size_t>(step.in.front());
            return;
        }
        for (const std::string &name : node.outputs)
            step.out.push_back(name.empty() ? -1 : static_cast<std::int64_t>(slotFor(name)));
        countParameters(step);
        if (std::all_of(step.in.begin(), step.in.end(), [&](std::int64_t slot) { return slot < 0 || constant(slot).defined(); }))
            fold(step);
        else
            m_program.steps.push_back(std::move(step));
    }

    /// What only folded nodes took is not kept.
    void dropUnused()
    {
        std::vector<bool> used(m_program.slots, false);
        for (const Step &step : m_program.steps)
            for (const std::int64_t slot : step.in)
                if (slot >= 0)
                    used[static_cast<std::size_t>(slot)] = true;
        for (const std::size_t slot : m_program.outputSlots)
            used[slot] = true;
        for (std::size_t slot = 0; slot < m_program.slots; ++slot)
            if (!used[slot])
                m_program.constants[slot] = at::Tensor();
    }

private:
    const at::Tensor &constant(std::int64_t slot) const { return m_program.constants[static_cast<std::size_t>(slot)]; }

    std::int64_t existing(const std::string &name, const OnnxNode &node) const
    {
        const auto found = m_slotOf.find(name);
        if (found == m_slotOf.end())
            throw FileError(m_path, node.title() + " takes '" + name + "', which nothing gives.");
        return static_cast<std::int64_t>(found->second);
    }

    /// An If whose condition is known already, as exporters write it for a shape: the nodes of its branch take its place.
    void takeBranch(const OnnxNode &node, int depth)
    {
        const std::int64_t condition = node.inputs.size() == 1 && !node.inputs[0].empty() ? existing(node.inputs[0], node) : -1;
        if (condition < 0 || !constant(condition).defined() || constant(condition).numel() != 1)
            throw FileError(m_path, node.title() + " depends on the picture, which is not understood. Export the network without it.");
        if (depth > 8)
            throw FileError(m_path, node.title() + " lies too deep in other nodes.");
        const bool holds = constant(condition).ne(0).item<bool>();
        const auto branch = node.attributes.find(holds ? "then_branch" : "else_branch");
        if (branch == node.attributes.end() || !branch->second.graph || branch->second.graph->outputs.size() != node.outputs.size())
            throw FileError(m_path, node.title() + " lacks a branch.");
        OnnxGraph &graph = *branch->second.graph;
        takeTensors(graph);
        for (OnnxNode &inner : graph.nodes)
            take(std::move(inner), depth + 1);
        for (std::size_t i = 0; i < node.outputs.size(); ++i)
            m_slotOf[node.outputs[i]] = static_cast<std::size_t>(existing(graph.outputs[i].name, node));
    }

    void countParameters(const Step &step)
    {
        const bool scales = isQuantised(step.node.type); // of which only what they scale counts
        for (std::size_t i = 0; i < step.in.size(); ++i) {
            const std::int64_t slot = step.in[i];
            if (slot < 0 || scales || !m_program.weights[static_cast<std::size_t>(slot)] || step.what->parameters.count(i) > 0)
                continue;
            if (constant(slot).is_floating_point() && m_counted.insert(slot).second)
                m_program.parameters += constant(slot).numel();
        }
    }

    void fold(const Step &step)
    {
        Tensors in;
        for (const std::int64_t slot : step.in)
            in.push_back(slot < 0 ? at::Tensor() : constant(slot));
        const Tensors out = named(m_path, step.node, [&] {
            Bounds::charge(1e5);
            return step.kernel(in, Run{});
        });
        const bool weight = step.node.type == "DequantizeLinear" && m_program.weights[static_cast<std::size_t>(step.in.front())];
        for (std::size_t i = 0; i < step.out.size() && i < out.size(); ++i) {
            if (step.out[i] < 0)
                continue;
            m_folded += static_cast<std::int64_t>(out[i].numel() * static_cast<std::int64_t>(out[i].element_size()));
            if (m_folded > mostFolded(m_program.bytes))
                throw FileError(m_path,
                                step.node.title() + ": what it calculates from constants takes more than " + std::to_string(mostFolded(m_program.bytes) >> 20)
                                    + " MiB, more than a network of this size needs.");
            m_program.constants[static_cast<std::size_t>(step.out[i])] = out[i].contiguous();
            m_program.weights[static_cast<std::size_t>(step.out[i])] = weight;
        }
    }

    Program &m_program;
    const std::filesystem::path &m_path;
    int m_opset;
    std::map<std::string, std::size_t> m_slotOf;
    std::set<std::int64_t> m_counted;
    std::int64_t m_folded = 0;
};

} // namespace

bool movesOnly(const std::string &type)
{
    static const std::set<std::string> names{"Reshape",      "Flatten",  "Transpose",       "Concat",   "Split",     "Slice",           "Gather",
                                             "Shape",        "Constant", "ConstantOfShape", "Squeeze",  "Unsqueeze", "Expand",          "Tile",
                                             "Pad",          "Cast",     "Resize",          "Upsample", "MaxPool",   "AveragePool",     "GlobalMaxPool",
                                             "Identity",     "Dropout",  "GatherElements",  "GatherND", "ScatterND", "ScatterElements", "DepthToSpace",
                                             "SpaceToDepth", "Size",     "Range",           "Trilu",    "OneHot",    "EyeLike",         "NonZero",
                                             "CastLike"};
    return names.count(type) > 0;
}

bool isQuantised(const std::string &type)
{
    static const std::set<std::string> names{"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger",
                                             "MatMulInteger",  "QLinearConv",      "QLinearMatMul"};
    constexpr std::string_view domain = "com.microsoft::";
    if (type.rfind(domain, 0) == 0)
        return type.rfind("com.microsoft::Q", 0) == 0 || type == "com.microsoft::DequantizeLinear";
    return names.count(type) > 0;
}

void Program::build(OnnxGraph graph, const std::filesystem::path &path, const std::string &wanted, const Progress *progress)
{
    if (!wanted.empty()) {
        const auto chosen = std::find_if(graph.outputs.begin(), graph.outputs.end(), [&](const OnnxValue &value) { return value.name == wanted; });
        if (chosen == graph.outputs.end())
            throw FileError(path, "has no output '" + wanted + "'.");
        graph.outputs = {*chosen};
    }
    bytes = graph.bytes;
    if (bytes == 0)
        for (const auto &[name, tensor] : graph.tensors)
            bytes += tensor.bytes.size();
    const Bounds bounds(Bounds::elementsFor(bytes), Bounds::bytesFor(bytes), Bounds::workFor(bytes), progress);
    Builder builder(*this, path, graph.opset);
    for (const OnnxValue &input : graph.inputs)
        inputSlots.push_back(builder.slotFor(input.name));
    builder.takeTensors(graph);
    const std::vector<bool> keep = needed(graph);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        if (keep[n])
            builder.take(std::move(graph.nodes[n]), 0);
    for (const OnnxValue &output : graph.outputs)
        outputSlots.push_back(builder.slotFor(output.name));
    builder.dropUnused();
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
