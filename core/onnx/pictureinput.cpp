#include "core/onnx/pictureinput.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/onnx/operators.h"
#include "core/onnx/tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace dscope::onnx {

namespace {

constexpr std::int64_t s_largestSide = 4096;
constexpr int s_mostSteps = 32; ///< nodes that are followed from the input

using Triple = std::array<double, 3>;

std::string shapeText(const std::vector<std::int64_t> &dims)
{
    std::string text;
    for (const std::int64_t dim : dims)
        text += (text.empty() ? "" : " x ") + (dim > 0 ? std::to_string(dim) : std::string("any"));
    return text.empty() ? "no" : text;
}

/// Who takes and who gives each value.
struct Links {
    std::map<std::string, std::vector<const OnnxNode *>> takers;
    std::map<std::string, const OnnxNode *> giver;

    explicit Links(const OnnxGraph &graph)
    {
        for (const OnnxNode &node : graph.nodes) {
            if (node.type == "Shape" || node.type == "Size")
                for (const std::string &output : node.outputs)
                    giver[output] = &node;
            else
                for (const std::string &input : node.inputs)
                    takers[input].push_back(&node);
            for (const std::string &output : node.outputs)
                giver[output] = &node;
        }
    }

    /// The only node that calculates with it, or null.
    const OnnxNode *onlyTaker(const std::string &value) const
    {
        const auto found = takers.find(value);
        return found != takers.end() && found->second.size() == 1 ? found->second.front() : nullptr;
    }
};

/// Small tensors that depend on nothing but constants.
class Constants {
public:
    Constants(const OnnxGraph &graph, const Links &links) : m_graph(graph), m_links(links) {}

    at::Tensor value(const std::string &name, int depth = 0)
    {
        const auto known = m_known.find(name);
        if (known != m_known.end())
            return known->second;
        m_known[name] = at::Tensor();
        const auto tensor = m_graph.tensors.find(name);
        if (tensor != m_graph.tensors.end()) {
            if (tensor->second.bytes.size() <= s_mostBytes)
                m_known[name] = tensorOf(tensor->second);
        } else if (const auto node = m_links.giver.find(name); node != m_links.giver.end() && depth < s_mostSteps) {
            m_known[name] = calculated(*node->second, name, depth);
        }
        return m_known[name];
    }

    /// The numbers of the only input of a node that is not `from`, or undefined. @param place set to where `from` stands
    at::Tensor beside(const OnnxNode &node, const std::string &from, std::size_t &place)
    {
        if (node.inputs.size() != 2)
            return {};
        place = node.inputs[0] == from ? 0 : 1;
        return value(node.inputs[1 - place]);
    }

private:
    static constexpr std::size_t s_mostBytes = 1 << 18;

    at::Tensor calculated(const OnnxNode &node, const std::string &name, int depth)
    {
        const Operator *what = findOperator(node.type);
        if (what == nullptr || static_cast<int>(node.inputs.size()) < what->fewestInputs || static_cast<int>(node.inputs.size()) > what->mostInputs)
            return {};
        Tensors in;
        for (const std::string &input : node.inputs) {
            in.push_back(input.empty() ? at::Tensor() : value(input, depth + 1));
            if (!input.empty() && !in.back().defined())
                return {};
        }
        try {
            const Bounds bounds(s_mostBytes, s_mostBytes * 16, 1e8, nullptr);
            const Tensors out = what->make(node, m_graph.opset)(in, Run{});
            for (std::size_t i = 0; i < out.size() && i < node.outputs.size(); ++i)
                if (node.outputs[i] == name)
                    return out[i];
        } catch (const std::exception &) {
            // Running the network will say what is wrong with it.
        }
        return {};
    }

    const OnnxGraph &m_graph;
    const Links &m_links;
    std::map<std::string, at::Tensor> m_known;
};

/// Which axis of [N, a, b, c] are the channels, by the first convolution behind the input; 0: nothing tells.
int channelAxisByGraph(const OnnxGraph &graph)
{
    static const std::set<std::string> passing{
        "Identity", "Cast",     "CastLike",       "Dropout",          "Sub",   "Add",    "Mul",   "Div",    "Neg", "Clip", "Pad",
        "Resize",   "Upsample", "QuantizeLinear", "DequantizeLinear", "Slice", "Gather", "Split", "Concat", "Relu"};
    const Links links(graph);
    std::vector<std::int64_t> order{0, 1, 2, 3}; // where each axis was
    std::string value = graph.inputs.front().name;
    for (int i = 0; i < s_mostSteps; ++i) {
        const auto takers = links.takers.find(value);
        if (takers == links.takers.end())
            return 0;
        const OnnxNode &node = *takers->second.front();
        if (node.type == "Conv" || node.type == "QLinearConv" || node.type == "ConvInteger" || node.type == "BatchNormalization" || node.type == "PRelu"
            || node.type == "InstanceNormalization")
            return order[1] == 3 ? 3 : order[1] == 1 ? 1 : 0;
        if (node.type == "Transpose") {
            const std::vector<std::int64_t> perm = node.ints("perm");
            std::vector<std::int64_t> turned;
            for (const std::int64_t axis : perm)
                turned.push_back(axis >= 0 && axis < 4 ? order[static_cast<std::size_t>(axis)] : 0);
            if (turned.size() != 4)
                return 0;
            order = turned;
        } else if (passing.count(node.type) == 0) {
            return 0;
        }
        value = node.outputs.front();
    }
    return 0;
}

/// Follows the input as long as each channel is calculated with one constant.
class Follower {
public:
    Follower(const OnnxGraph &graph, const PictureInput &input)
        : m_graph(graph), m_links(graph), m_constants(graph, m_links), m_axis(input.channelsFirst ? 1 : 3)
    {
    }

    Preparation follow()
    {
        std::string value = m_graph.inputs.front().name;
        for (int i = 0; i < s_mostSteps; ++i) {
            const OnnxNode *node = m_links.onlyTaker(value);
            const bool output = std::any_of(m_graph.outputs.begin(), m_graph.outputs.end(), [&](const OnnxValue &given) { return given.name == value; });
            if (node == nullptr || output || node->outputs.empty())
                break;
            try {
                if (!take(*node, value))
                    break;
            } catch (const std::exception &) {
                break; // running it will say what is wrong
            }
            value = node->outputs.front();
        }
        return judged();
    }

private:
    /// @return false where the node is none of those that are followed
    bool take(const OnnxNode &node, const std::string &from)
    {
        const std::string &type = node.type;
        if (type == "Identity" || type == "Dropout" || type == "Cast" || type == "CastLike" || type == "Clip")
            return node.inputs.front() == from;
        if (type == "QuantizeLinear" || type == "DequantizeLinear")
            return node.inputs.front() == from && takeQuantiser(node);
        if (type == "Transpose")
            return turn(node.ints("perm"));
        if (type == "Gather" || type == "Slice")
            return node.inputs.front() == from && reorder(node);
        if (type == "Neg")
            return apply({-1, -1, -1}, {0, 0, 0}, "Neg");
        if (type == "Sub" || type == "Add" || type == "Mul" || type == "Div" || (type == "Sum" && node.inputs.size() == 2))
            return arithmetic(node, from);
        if (type == "BatchNormalization")
            return node.inputs.front() == from && batchNorm(node);
        return type == "Conv" && node.inputs.front() == from && convolution(node);
    }

    bool turn(const std::vector<std::int64_t> &perm)
    {
        const auto found = std::find(perm.begin(), perm.end(), m_axis);
        if (perm.size() != 4 || found == perm.end())
            return false;
        m_axis = found - perm.begin();
        return true;
    }

    /// The colours in another order; nothing else is taken out.
    bool reorder(const OnnxNode &node)
    {
        std::array<std::size_t, 3> order{2, 1, 0};
        if (node.type == "Gather") {
            const at::Tensor places = m_constants.value(node.inputs.at(1));
            if (!places.defined() || places.numel() != 3 || node.i("axis", 0) != m_axis)
                return false;
            const std::vector<std::int64_t> list = intsOf(places);
            for (std::size_t i = 0; i < 3; ++i)
                order[i] = static_cast<std::size_t>((list[i] + 3) % 3);
        } else {
            const auto single = [&](std::size_t i) {
                const at::Tensor given = i < node.inputs.size() ? m_constants.value(node.inputs[i]) : at::Tensor();
                return given.defined() && given.numel() == 1 ? std::optional(intsOf(given).front()) : std::nullopt;
            };
            const std::optional<std::int64_t> axis = single(3);
            if (single(4) != -1 || !axis || (*axis + 4) % 4 != m_axis)
                return false;
        }
        const auto reordered = [&](const Triple &values) { return Triple{values[order[0]], values[order[1]], values[order[2]]}; };
        m_factor = reordered(m_factor);
        m_shift = reordered(m_shift);
        return true;
    }

    /// y = x f + s on top of what was found
    bool apply(const Triple &f, const Triple &s, const std::string &what)
    {
        for (std::size_t c = 0; c < 3; ++c) {
            if (!std::isfinite(f[c]) || !std::isfinite(s[c]) || f[c] == 0)
                return false;
            m_shift[c] = m_shift[c] * f[c] + s[c];
            m_factor[c] *= f[c];
        }
        m_steps += (m_steps.empty() ? "" : ", ") + what;
        return true;
    }

    static std::string text(const Triple &values)
    {
        const auto number = [](double value) { return csvNumber(static_cast<float>(value)); };
        return values[0] == values[1] && values[1] == values[2] ? number(values[0]) : number(values[0]) + " " + number(values[1]) + " " + number(values[2]);
    }

    /// One number for all channels, or one for each.
    std::optional<Triple> perChannel(const at::Tensor &tensor) const
    {
        if (!tensor.defined() || (tensor.numel() != 1 && tensor.numel() != 3))
            return std::nullopt;
        const std::vector<double> values = doublesOf(tensor.reshape({-1}));
        if (values.size() == 1)
            return Triple{values[0], values[0], values[0]};
        // The axis of three entries must be that of the channels: counted from the back, as it broadcasts.
        for (std::int64_t i = 0; i < tensor.dim(); ++i)
            if (tensor.size(i) == 3)
                return i - tensor.dim() + 4 == m_axis ? std::optional(Triple{values[0], values[1], values[2]}) : std::nullopt;
        return std::nullopt;
    }

    bool arithmetic(const OnnxNode &node, const std::string &from)
    {
        std::size_t place = 0;
        const std::optional<Triple> given = perChannel(m_constants.beside(node, from, place));
        if (!given)
            return false;
        Triple f{1, 1, 1};
        Triple s{0, 0, 0};
        for (std::size_t c = 0; c < 3; ++c) {
            const double value = (*given)[c];
            if (node.type == "Mul" || (node.type == "Div" && place == 0)) {
                f[c] = node.type == "Mul" ? value : 1 / value;
            } else if (node.type == "Div") {
                return false;
            } else {
                s[c] = node.type == "Sub" && place == 0 ? -value : value;
                f[c] = node.type == "Sub" && place == 1 ? -1 : 1;
            }
        }
        return apply(f, s, node.type + " " + text(*given));
    }

    bool batchNorm(const OnnxNode &node)
    {
        std::array<Triple, 4> values;
        for (std::size_t i = 0; i < 4; ++i) {
            const at::Tensor given = m_constants.value(node.inputs.at(i + 1));
            if (m_axis != 1 || !given.defined() || given.numel() != 3)
                return false;
            const std::vector<double> list = doublesOf(given.reshape({-1}));
            values[i] = {list[0], list[1], list[2]};
        }
        const auto &[scale, shift, mean, variance] = values;
        Triple deviation, f, s;
        for (std::size_t c = 0; c < 3; ++c) {
            deviation[c] = std::sqrt(variance[c] + static_cast<double>(node.f("epsilon", 1e-5F)));
            f[c] = scale[c] / deviation[c];
            s[c] = shift[c] - mean[c] * f[c];
        }
        // What it was trained on, in units of the graph's input. A batch-norm that does nothing says nothing.
        const bool idle = mean == Triple{0, 0, 0} && std::abs(deviation[0] - 1) < 1e-3;
        if (!m_learnt && !idle)
            m_learnt = Statistics{};
        if (!idle)
            for (std::size_t c = 0; c < 3; ++c) {
                m_learnt->mean[c] = (mean[c] - m_shift[c]) / m_factor[c];
                m_learnt->deviation[c] = deviation[c] / std::abs(m_factor[c]);
            }
        return apply(f, s, "BatchNormalization of mean " + text(mean) + " and deviation " + text(deviation));
    }

    /// One number for each channel written as a 1 x 1 convolution.
    bool convolution(const OnnxNode &node)
    {
        const at::Tensor weight = node.inputs.size() > 1 ? m_constants.value(node.inputs[1]) : at::Tensor();
        const auto all = [&](const char *name, std::int64_t wanted) {
            const std::vector<std::int64_t> values = node.ints(name);
            return std::all_of(values.begin(), values.end(), [&](std::int64_t value) { return value == wanted; });
        };
        if (m_axis != 1 || !weight.defined() || weight.dim() != 4 || weight.size(0) != 3 || weight.size(2) != 1 || weight.size(3) != 1 || !all("strides", 1)
            || !all("pads", 0))
            return false;
        const std::vector<double> list = doublesOf(weight.reshape({-1}));
        Triple f{0, 0, 0};
        std::array<std::size_t, 3> order{0, 1, 2};
        if (list.size() == 3 && node.i("group", 1) == 3) {
            f = {list[0], list[1], list[2]};
        } else if (list.size() == 9) {
            std::set<std::size_t> taken;
            for (std::size_t row = 0; row < 3; ++row)
                for (std::size_t c = 0; c < 3; ++c)
                    if (list[3 * row + c] != 0) {
                        if (f[row] != 0 || !taken.insert(c).second)
                            return false;
                        f[row] = list[3 * row + c];
                        order[row] = c;
                    }
        }
        Triple s{0, 0, 0};
        if (node.inputs.size() > 2 && !node.inputs[2].empty()) {
            const at::Tensor bias = m_constants.value(node.inputs[2]);
            if (!bias.defined() || bias.numel() != 3)
                return false;
            const std::vector<double> values = doublesOf(bias.reshape({-1}));
            s = {values[0], values[1], values[2]};
        }
        m_factor = {m_factor[order[0]], m_factor[order[1]], m_factor[order[2]]};
        m_shift = {m_shift[order[0]], m_shift[order[1]], m_shift[order[2]]};
        return apply(f, s, "a 1 x 1 convolution by " + text(f));
    }

    /// The first quantisation covers the numbers that the network takes.
    bool takeQuantiser(const OnnxNode &node)
    {
        const at::Tensor scale = m_constants.value(node.inputs.at(1));
        const at::Tensor zero = node.inputs.size() > 2 ? m_constants.value(node.inputs[2]) : at::Tensor();
        if (node.type == "QuantizeLinear" && m_steps.empty() && !m_covered && scale.defined() && scale.numel() == 1) {
            const double step = doublesOf(scale).front();
            const double at = zero.defined() && zero.numel() == 1 ? doublesOf(zero).front() : 0;
            const double least = zero.defined() && zero.scalar_type() == at::kChar ? -128 : 0;
            m_covered = {step * (least - at), step * (least + 255 - at)};
        }
        return true;
    }

    struct Statistics {
        Triple mean{0, 0, 0};
        Triple deviation{1, 1, 1};
    };

    static double middle(const Triple &values) { return (values[0] + values[1] + values[2]) / 3; }

    Preparation judged() const
    {
        using Takes = Preparation::Takes;
        Statistics from;
        for (std::size_t c = 0; c < 3; ++c) {
            from.mean[c] = -m_shift[c] / m_factor[c];
            from.deviation[c] = 1 / std::abs(m_factor[c]);
        }
        const bool idle = std::abs(middle(from.mean)) < 1e-3 && std::abs(middle(from.deviation) - 1) < 1e-3;
        if (m_learnt)
            from = *m_learnt;
        const double m = middle(from.mean);
        const double s = middle(from.deviation);
        if (!m_learnt && (m_steps.empty() || idle)) {
            // Calibrated on pixels, a quantisation covers 0 to 255, or 0 to 1.
            if (m_covered && m_covered->second >= 100)
                return {Takes::Pixels, "a quantisation of 0 to " + csvNumber(static_cast<float>(m_covered->second))};
            if (m_covered && m_covered->first > -0.02 && m_covered->second > 0.9 && m_covered->second < 1.1)
                return {Takes::Shares, "a quantisation of 0 to " + csvNumber(static_cast<float>(m_covered->second))};
            return {};
        }
        if (s >= 16 || m >= 8)
            return {Takes::Pixels, m_steps};
        const bool shares = m_learnt ? m >= 0.3 && m <= 0.85 && s <= 0.4 : m >= 0.15 && m <= 0.85 && s <= 1.05;
        if (shares || (s <= 1.0 / 64 && m > -0.1))
            return {Takes::Shares, m_steps};
        return {Takes::Normalised, m_steps};
    }

    const OnnxGraph &m_graph;
    Links m_links;
    Constants m_constants;
    std::int64_t m_axis;
    Triple m_factor{1, 1, 1};
    Triple m_shift{0, 0, 0};
    std::string m_steps;
    std::optional<Statistics> m_learnt;
    std::optional<std::pair<double, double>> m_covered; ///< by the first quantisation
};

} // namespace

PictureInput pictureInput(const OnnxGraph &graph, const std::filesystem::path &path)
{
    if (graph.inputs.size() != 1)
        throw FileError(path, "takes " + std::to_string(graph.inputs.size()) + " inputs; a network on pictures takes one.");
    const OnnxValue &input = graph.inputs.front();
    const auto side = [](std::int64_t dim) { return dim == -1 || (dim > 0 && dim <= s_largestSide); };
    const std::vector<std::int64_t> &dims = input.dims;
    if (input.type != OnnxType::Bool && dims.size() == 4) {
        const bool first = (dims[1] == 3 || dims[1] == -1) && side(dims[2]) && side(dims[3]);
        const bool last = (dims[3] == 3 || dims[3] == -1) && side(dims[1]) && side(dims[2]);
        bool channelsFirst = first;
        if (first && last && (dims[1] == 3) == (dims[3] == 3))
            channelsFirst = channelAxisByGraph(graph) != 3;
        else if (first && last)
            channelsFirst = dims[1] == 3;
        if (first && channelsFirst)
            return {true, dims[2], dims[3], input.type};
        if (last)
            return {false, dims[1], dims[2], input.type};
    }
    throw FileError(path,
                    "takes an input '" + input.name + "' of " + shapeText(dims) + " (" + nameOf(input.type)
                        + "); a network on pictures takes N x 3 x height x width, or N x height x width x 3.");
}

Preparation preparationOf(const OnnxGraph &graph, const PictureInput &input)
{
    if (!isFloating(input.type))
        return {Preparation::Takes::Pixels, {}};
    return Follower(graph, input).follow();
}

void describeInput(const Preparation &preparation, const PictureInput &input, ModelSpec &spec)
{
    using Takes = Preparation::Takes;
    if (preparation.takes == Takes::Unsaid)
        return;
    if (preparation.takes == Takes::Normalised) {
        spec.inputReason = "nothing says how: the usual for networks on faces (the network begins with " + preparation.steps
            + ", which is made for an input that is normalised already)";
        return;
    }
    const bool shares = preparation.takes == Takes::Shares;
    spec.inputSource = InputSource::Network;
    spec.mean = {0, 0, 0};
    spec.scale.fill(shares ? 1 / 255.F : 1.F);
    if (!isFloating(input.type))
        spec.inputReason = "the network takes whole numbers (" + nameOf(input.type) + "): the pixels as they are";
    else
        spec.inputReason =
            "the network normalises by itself: it begins with " + preparation.steps + ", made for an input of " + (shares ? "0 to 1" : "0 to 255");
}

} // namespace dscope::onnx
