// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/normalisation.h"

#include "core/base/csv.h"
#include "core/onnx/constants.h"
#include "core/onnx/operators.h"
#include "core/onnx/tensors.h"
#include "core/tasks/task.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>

namespace dscope::onnx {

namespace {

constexpr int s_mostSteps = 32;   ///< nodes that are followed from the input
constexpr int s_mostBranches = 8; ///< that are looked into

using Triple = std::array<double, 3>;

/// Nodes after which a channel's numbers are still its own, on the same scale.
bool passes(const std::string &type)
{
    static const std::set<std::string> passing{"Identity", "Dropout",  "Cast", "CastLike", "Clip",        "Pad",
                                               "Resize",   "Upsample", "Relu", "MaxPool",  "AveragePool", "DepthToSpace"};
    return passing.count(type) > 0;
}

/// Nodes that ask what a value is, without calculating with it.
bool asks(const std::string &type)
{
    static const std::set<std::string> asking{"Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Equal", "IsNaN", "IsInf", "ReduceMax", "ReduceMin"};
    return asking.count(type) > 0;
}

struct Statistics {
    Triple mean{0, 0, 0};
    Triple deviation{1, 1, 1};
};

/// What is known of a value behind the input: x times factor and shift in each channel.
struct State {
    std::int64_t axis = 1; ///< of the channels
    Triple factor{1, 1, 1};
    Triple shift{0, 0, 0};
    std::string steps;
    std::string unclear; ///< a node with large constants that cannot be judged
    std::optional<Statistics> learnt;
    std::optional<std::pair<double, double>> covered; ///< by the first quantisation
};

/// Follows the input as long as each channel is calculated with one constant.
class Follower {
public:
    Follower(const OnnxGraph &graph, const PictureInput &input) : m_graph(graph), m_links(graph), m_constants(graph, m_links)
    {
        m_at.axis = input.channelsFirst ? 1 : 3;
    }

    Preparation follow() { return follow(m_graph.inputs.front().name, 0); }

private:
    Preparation follow(std::string value, int depth)
    {
        for (int i = depth; i < s_mostSteps; ++i) {
            const bool output = std::any_of(m_graph.outputs.begin(), m_graph.outputs.end(), [&](const OnnxValue &given) { return given.name == value; });
            const std::vector<const OnnxNode *> nodes = takersOf(value);
            if (nodes.empty() || output)
                break;
            if (nodes.size() == 3 || nodes.front()->type == "Split")
                if (const std::optional<std::string> joined = channels(value, nodes)) {
                    value = *joined;
                    continue;
                }
            if (nodes.size() > 1)
                return branches(value, nodes, i);
            const OnnxNode &node = *nodes.front();
            try {
                if (node.outputs.empty() || !take(node, value))
                    break;
            } catch (const std::exception &) {
                break; // running it will say what is wrong
            }
            value = node.outputs.front();
        }
        return judged();
    }

    /// Nodes that calculate with a value, each once.
    std::vector<const OnnxNode *> takersOf(const std::string &value) const
    {
        std::vector<const OnnxNode *> nodes;
        if (const auto found = m_links.takers.find(value); found != m_links.takers.end())
            for (const OnnxNode *node : found->second)
                if (!asks(node->type) && std::find(nodes.begin(), nodes.end(), node) == nodes.end())
                    nodes.push_back(node);
        return nodes;
    }

    /// Each branch is judged by itself: one that normalises tells what all of them get.
    Preparation branches(const std::string &value, const std::vector<const OnnxNode *> &nodes, int depth)
    {
        const State before = m_at;
        Preparation best = judged();
        for (std::size_t i = 0; i < nodes.size() && m_branches < s_mostBranches; ++i, ++m_branches) {
            m_at = before;
            Preparation found;
            try {
                if (nodes[i]->outputs.empty() || !take(*nodes[i], value))
                    found = judged();
                else
                    found = follow(nodes[i]->outputs.front(), depth + 1);
            } catch (const std::exception &) {
                continue; // running it will say what is wrong
            }
            const auto tells = [](const Preparation &one) {
                using Takes = Preparation::Takes;
                return one.takes == Takes::Pixels || one.takes == Takes::Shares ? 3 : one.takes == Takes::Unclear ? 2 : one.takes == Takes::Normalised ? 1 : 0;
            };
            if (tells(found) > tells(best))
                best = found;
        }
        return best;
    }

    /// One channel on its way from where the three part to where they are joined.
    struct Channel {
        std::size_t from = 0;
        double factor = 1;
        double shift = 0;
        std::string value;
        std::string steps;
    };

    std::optional<double> single(const std::string &name)
    {
        const at::Tensor given = m_constants.value(name);
        return given.defined() && given.numel() == 1 ? std::optional(doublesOf(given.reshape({-1})).front()) : std::nullopt;
    }

    /// The channel that a node takes out by itself. @return nothing where it is none
    std::optional<std::size_t> channelOf(const OnnxNode &node)
    {
        const auto within = [](std::optional<double> place) {
            return place && *place >= -3 && *place < 3 ? std::optional(static_cast<std::size_t>(*place + (*place < 0 ? 3 : 0))) : std::nullopt;
        };
        if (node.type == "Gather" && node.inputs.size() == 2 && node.i("axis", 0) == m_at.axis)
            return within(single(node.inputs[1]));
        if (node.type == "Slice" && node.inputs.size() >= 4 && single(node.inputs[3]) == static_cast<double>(m_at.axis)) {
            const std::optional<std::size_t> begin = within(single(node.inputs[1]));
            const std::optional<double> end = single(node.inputs[2]);
            if (begin && end && (*end == static_cast<double>(*begin) + 1 || (*begin == 2 && (*end > 2 || *end == 0))))
                return begin;
        }
        return std::nullopt;
    }

    /// Follows one channel to the node that joins it with others.
    const OnnxNode *toJoin(Channel &channel)
    {
        for (int i = 0; i < s_mostSteps; ++i) {
            const OnnxNode *node = m_links.onlyTaker(channel.value);
            if (node == nullptr || node->outputs.empty() || node->type == "Concat")
                return node;
            const bool arithmetic = node->type == "Sub" || node->type == "Add" || node->type == "Mul" || node->type == "Div";
            if (arithmetic && node->inputs.size() == 2) {
                const bool first = node->inputs[0] == channel.value;
                const std::optional<double> given = single(node->inputs[first ? 1 : 0]);
                if (!given || (node->type == "Div" && (!first || *given == 0)))
                    return nullptr;
                const double f = node->type == "Mul" ? *given : node->type == "Div" ? 1 / *given : node->type == "Sub" && !first ? -1 : 1;
                const double s = node->type == "Add" || (node->type == "Sub" && !first) ? *given : node->type == "Sub" ? -*given : 0;
                channel.shift = channel.shift * f + s;
                channel.factor *= f;
                channel.steps += (channel.steps.empty() ? "" : ", ") + node->type + " " + csvNumber(static_cast<float>(*given));
            } else if (!passes(node->type) && node->type != "Unsqueeze" && node->type != "Squeeze" && node->type != "Reshape") {
                return nullptr;
            }
            channel.value = node->outputs.front();
        }
        return nullptr;
    }

    /// The three channels apart from each other and joined again, as `torch.cat([(x[:, 0:1] - m0) / s0, ...], 1)` is written.
    /// @return where they are one again; nothing where that is not what it is
    std::optional<std::string> channels(const std::string &value, const std::vector<const OnnxNode *> &nodes)
    {
        std::vector<Channel> parts;
        if (nodes.size() == 1 && nodes.front()->type == "Split" && nodes.front()->outputs.size() == 3 && (nodes.front()->i("axis", 0) + 4) % 4 == m_at.axis
            && nodes.front()->inputs.front() == value) {
            for (const std::string &output : nodes.front()->outputs)
                parts.push_back({parts.size(), 1, 0, output, {}});
        } else if (nodes.size() == 3) {
            for (const OnnxNode *node : nodes)
                if (const std::optional<std::size_t> channel = channelOf(*node); channel && node->inputs.front() == value && !node->outputs.empty())
                    parts.push_back({*channel, 1, 0, node->outputs.front(), {}});
        }
        if (parts.size() != 3)
            return std::nullopt;
        const OnnxNode *join = toJoin(parts[0]);
        if (join == nullptr || join->type != "Concat" || join->inputs.size() != 3 || toJoin(parts[1]) != join || toJoin(parts[2]) != join)
            return std::nullopt;
        State joined = m_at;
        std::string steps;
        for (std::size_t place = 0; place < 3; ++place) {
            const auto part = std::find_if(parts.begin(), parts.end(), [&](const Channel &one) { return one.value == join->inputs[place]; });
            if (part == parts.end() || part->factor == 0 || !std::isfinite(part->factor) || !std::isfinite(part->shift))
                return std::nullopt;
            joined.factor[place] = m_at.factor[part->from] * part->factor;
            joined.shift[place] = m_at.shift[part->from] * part->factor + part->shift;
            steps += (place == 0 ? "" : " / ") + part->steps;
        }
        m_at = joined;
        if (parts[0].factor != 1 || parts[0].shift != 0)
            m_at.steps += (m_at.steps.empty() ? "" : ", ") + steps + " channel by channel";
        return join->outputs.front();
    }

    /// @return false where the node is none of those that are followed
    bool take(const OnnxNode &node, const std::string &from)
    {
        const std::string &type = node.type;
        if (passes(type))
            return node.inputs.front() == from;
        if (type == "Max" || type == "Min" || type == "Where") // a clamp: all else is constant
            return std::all_of(node.inputs.begin() + (type == "Where" ? 1 : 0), node.inputs.end(),
                               [&](const std::string &input) { return input == from || single(input).has_value(); });
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
        const auto found = std::find(perm.begin(), perm.end(), m_at.axis);
        if (perm.size() != 4 || found == perm.end())
            return false;
        m_at.axis = found - perm.begin();
        return true;
    }

    /// The colours in another order; nothing else is taken out.
    bool reorder(const OnnxNode &node)
    {
        std::array<std::size_t, 3> order{2, 1, 0};
        if (node.type == "Gather") {
            const at::Tensor places = m_constants.value(node.inputs.at(1));
            if (!places.defined() || places.numel() != 3 || node.i("axis", 0) != m_at.axis)
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
            if (single(4) != -1 || !axis || (*axis + 4) % 4 != m_at.axis)
                return false;
        }
        const auto reordered = [&](const Triple &values) { return Triple{values[order[0]], values[order[1]], values[order[2]]}; };
        m_at.factor = reordered(m_at.factor);
        m_at.shift = reordered(m_at.shift);
        return true;
    }

    /// y = x f + s on top of what was found
    bool apply(const Triple &f, const Triple &s, const std::string &what)
    {
        for (std::size_t c = 0; c < 3; ++c) {
            if (!std::isfinite(f[c]) || !std::isfinite(s[c]) || f[c] == 0)
                return false;
            m_at.shift[c] = m_at.shift[c] * f[c] + s[c];
            m_at.factor[c] *= f[c];
        }
        m_at.steps += (m_at.steps.empty() ? "" : ", ") + what;
        return true;
    }

    static std::string text(const Triple &values)
    {
        const auto number = [](double value) { return csvNumber(static_cast<float>(value)); };
        return values[0] == values[1] && values[1] == values[2] ? number(values[0]) : number(values[0]) + " " + number(values[1]) + " " + number(values[2]);
    }

    /// One number for all channels, or one for each: of a mean picture, a channel's mean.
    std::optional<Triple> perChannel(const at::Tensor &tensor) const
    {
        if (!tensor.defined() || tensor.numel() == 0 || tensor.dim() > 4)
            return std::nullopt;
        const at::Tensor values = tensor.to(at::kDouble);
        const std::int64_t axis = m_at.axis - 4 + tensor.dim(); // counted from the back, as it broadcasts
        if (axis < 0 || tensor.size(axis) != 3) {
            // Three entries along another axis are no colours, and one for each row or column no mean.
            const double mean = values.mean().item<double>();
            const bool same = (values - mean).abs().max().item<double>() <= 1e-6 * std::max(1.0, std::abs(mean));
            const bool picture = axis < 0 || tensor.size(axis) == 1;
            return same && picture ? std::optional(Triple{mean, mean, mean}) : std::nullopt;
        }
        const at::Tensor means = values.movedim(axis, 0).reshape({3, -1}).mean(1);
        return Triple{means[0].item<double>(), means[1].item<double>(), means[2].item<double>()};
    }

    /// Arithmetic that is not followed: with large constants the network may normalise in a way that cannot be told. @return false
    bool unclear(const OnnxNode &node, const std::string &from)
    {
        constexpr double large = 16;
        std::size_t place = 0;
        const at::Tensor given = m_constants.beside(node, from, place);
        if (given.defined() && given.numel() > 0 && given.abs().max().item<double>() >= large)
            m_at.unclear = node.type + " of numbers up to " + csvNumber(given.abs().max().item<float>());
        return false;
    }

    bool arithmetic(const OnnxNode &node, const std::string &from)
    {
        std::size_t place = 0;
        const std::optional<Triple> given = perChannel(m_constants.beside(node, from, place));
        if (!given)
            return unclear(node, from);
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
            if (m_at.axis != 1 || !given.defined() || given.numel() != 3)
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
        if (!m_at.learnt && !idle)
            m_at.learnt = Statistics{};
        if (!idle)
            for (std::size_t c = 0; c < 3; ++c) {
                m_at.learnt->mean[c] = (mean[c] - m_at.shift[c]) / m_at.factor[c];
                m_at.learnt->deviation[c] = deviation[c] / std::abs(m_at.factor[c]);
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
        if (m_at.axis != 1 || !weight.defined() || weight.dim() != 4 || weight.size(0) != 3 || weight.size(2) != 1 || weight.size(3) != 1 || !all("strides", 1)
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
        m_at.factor = {m_at.factor[order[0]], m_at.factor[order[1]], m_at.factor[order[2]]};
        m_at.shift = {m_at.shift[order[0]], m_at.shift[order[1]], m_at.shift[order[2]]};
        return apply(f, s, "a 1 x 1 convolution by " + text(f));
    }

    /// The first quantisation covers the numbers that the network takes.
    bool takeQuantiser(const OnnxNode &node)
    {
        const at::Tensor scale = m_constants.value(node.inputs.at(1));
        const at::Tensor zero = node.inputs.size() > 2 ? m_constants.value(node.inputs[2]) : at::Tensor();
        if (node.type == "QuantizeLinear" && m_at.steps.empty() && !m_at.covered && scale.defined() && scale.numel() == 1) {
            const double step = doublesOf(scale).front();
            const double at = zero.defined() && zero.numel() == 1 ? doublesOf(zero).front() : 0;
            const double least = zero.defined() && zero.scalar_type() == at::kChar ? -128 : 0;
            m_at.covered = {step * (least - at), step * (least + 255 - at)};
        }
        return true;
    }

    static double middle(const Triple &values) { return (values[0] + values[1] + values[2]) / 3; }

    Preparation judged() const
    {
        using Takes = Preparation::Takes;
        Statistics from;
        for (std::size_t c = 0; c < 3; ++c) {
            from.mean[c] = -m_at.shift[c] / m_at.factor[c];
            from.deviation[c] = 1 / std::abs(m_at.factor[c]);
        }
        const bool idle = std::abs(middle(from.mean)) < 1e-3 && std::abs(middle(from.deviation) - 1) < 1e-3;
        if (m_at.learnt)
            from = *m_at.learnt;
        const double m = middle(from.mean);
        const double s = middle(from.deviation);
        if (!m_at.learnt && (m_at.steps.empty() || idle)) {
            if (!m_at.unclear.empty())
                return {Takes::Unclear, m_at.unclear};
            // Calibrated on pixels, a quantisation covers 0 to 255, or 0 to 1.
            if (m_at.covered && m_at.covered->second >= 100)
                return {Takes::Pixels, "a quantisation of 0 to " + csvNumber(static_cast<float>(m_at.covered->second))};
            if (m_at.covered && m_at.covered->first > -0.02 && m_at.covered->second > 0.9 && m_at.covered->second < 1.1)
                return {Takes::Shares, "a quantisation of 0 to " + csvNumber(static_cast<float>(m_at.covered->second))};
            return {};
        }
        if (s >= 16 || m >= 8)
            return {Takes::Pixels, m_at.steps};
        const bool shares = m_at.learnt ? m >= 0.3 && m <= 0.85 && s <= 0.4 : m >= 0.15 && m <= 0.85 && s <= 1.05;
        if (shares || (s <= 1.0 / 64 && m > -0.1))
            return {Takes::Shares, m_at.steps};
        return {Takes::Normalised, m_at.steps};
    }

    const OnnxGraph &m_graph;
    Links m_links;
    Constants m_constants;
    State m_at;
    int m_branches = 0;
};

} // namespace

Preparation preparationOf(const OnnxGraph &graph, const PictureInput &input)
{
    if (!isFloating(input.type))
        return {Preparation::Takes::Pixels, {}};
    return Follower(graph, input).follow();
}

void describeInput(const Preparation &preparation, const PictureInput &input, ModelSpec &spec)
{
    using Takes = Preparation::Takes;
    const std::string usual = "nothing says how: the usual for networks on " + std::string(taskNamed(spec.task).elements);
    if (preparation.takes == Takes::Unsaid)
        return;
    if (preparation.takes == Takes::Unclear) {
        spec.inputReason = usual + " (the network begins with " + preparation.steps
            + ", which may be a normalisation of its own; say in a description beside it what it takes)";
        return;
    }
    if (preparation.takes == Takes::Normalised) {
        spec.inputReason = usual + " (the network begins with " + preparation.steps + ", which is made for an input that is normalised already)";
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
