// SPDX-License-Identifier: GPL-3.0-or-later
// Matrix products of several axes and what transformers are made of.
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/onnx/operators.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dscope::onnx {

namespace {

Kernel makeMatMul(const OnnxNode &, int)
{
    return [](const Tensors &in, const Run &) -> Tensors {
        checkProduct(in[0], in[1]);
        const at::Tensor b = in[1].to(in[0].device());
        return {at::matmul(in[0].to(b.scalar_type()), b)};
    };
}

/// The equation without blanks.
std::string plainEquation(const std::string &given)
{
    std::string equation;
    for (const char c : given)
        if (c != ' ')
            equation += c;
    if (equation.size() > 256)
        throw Error("its equation is too long.");
    for (const char c : equation)
        if (!(isLetterOrDigit(c) && !isDigit(c)) && c != ',' && c != '-' && c != '>' && c != '.')
            throw Error("its equation '" + given + "' is not understood.");
    return equation;
}

Kernel makeEinsum(const OnnxNode &node, int)
{
    const std::string equation = plainEquation(node.s("equation", ""));
    return [equation](const Tensors &in, const Run &) -> Tensors {
        // Every letter's size, for what the product costs; an ellipsis counts as the axes that its operand has besides.
        const std::string left = equation.substr(0, equation.find("->"));
        std::map<char, std::int64_t> sizes;
        std::size_t begin = 0;
        double rest = 1;
        std::vector<at::Tensor> operands;
        for (const at::Tensor &x : in) {
            if (begin > left.size())
                throw Error("its equation has fewer terms than it has inputs.");
            const std::size_t end = std::min(left.find(',', begin), left.size());
            const std::string term = left.substr(begin, end - begin);
            const auto letters = std::count_if(term.begin(), term.end(), [](char c) { return c != '.'; });
            if (letters > x.dim())
                throw Error("its equation does not fit its inputs.");
            std::int64_t axis = 0;
            for (std::size_t i = 0; i < term.size(); ++i) {
                if (term[i] == '.') {
                    for (std::int64_t more = x.dim() - letters; more > 0; --more)
                        rest *= static_cast<double>(x.size(axis++));
                    while (i + 1 < term.size() && term[i + 1] == '.')
                        ++i;
                } else {
                    std::int64_t &size = sizes[term[i]];
                    size = std::max(size, x.size(axis++));
                }
            }
            operands.push_back(x.to(in[0].device(), in[0].scalar_type()));
            begin = end + 1;
        }
        double work = rest;
        for (const auto &[letter, size] : sizes)
            work *= static_cast<double>(size);
        Bounds::charge(work);
        // The largest thing made on the way: of two operands every letter that is kept.
        const std::size_t arrow = equation.find("->");
        if (arrow != std::string::npos) {
            std::vector<std::int64_t> dims{static_cast<std::int64_t>(std::min(rest, 9e15))};
            for (const char c : equation.substr(arrow + 2))
                if (c != '.')
                    dims.push_back(sizes[c]);
            checkedDims(dims);
        } else if (work > static_cast<double>(Bounds::elements()) * 64) {
            throw Error("its equation '" + equation + "' does not say what it keeps, and is too large.");
        }
        if (in.size() > 2 && work > static_cast<double>(Bounds::elements()))
            throw Error("its product of more than two tensors is too large.");
        return {at::einsum(equation, operands)};
    };
}

/// [N, L, heads x d] as [N, heads, L, d]; what has four axes is so already.
at::Tensor inHeads(const at::Tensor &x, std::int64_t heads)
{
    if (x.dim() == 4)
        return x;
    if (x.dim() != 3 || heads < 1 || x.size(2) % heads != 0)
        throw Error("its input cannot be cut into " + std::to_string(heads) + " heads.");
    return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

/// y = softmax(q k' scale + mask) v, each head by itself (operator set 23), without a cache of earlier keys.
Kernel makeAttention(const OnnxNode &node, int)
{
    const std::int64_t queryHeads = node.i("q_num_heads", 0);
    const std::int64_t keyHeads = node.i("kv_num_heads", 0);
    const bool causal = node.i("is_causal", 0) != 0;
    const float scale = node.f("scale", 0);
    const float cap = node.f("softcap", 0);
    for (std::size_t i = 1; i < node.outputs.size(); ++i)
        if (!node.outputs[i].empty())
            throw Error("its output " + std::to_string(i + 1) + " is asked for, which is not understood.");
    return [=](const Tensors &in, const Run &) -> Tensors {
        if ((in.size() > 4 && in[4].defined()) || (in.size() > 5 && in[5].defined()))
            throw Error("it has keys of an earlier step, which are not understood.");
        const bool flat = in[0].dim() == 3;
        const at::Tensor q = inHeads(in[0], queryHeads);
        at::Tensor k = inHeads(in[1], keyHeads);
        at::Tensor v = inHeads(in[2], keyHeads);
        if (k.size(1) < 1 || q.size(1) % k.size(1) != 0 || v.size(1) != k.size(1))
            throw Error("its heads do not fit one another.");
        if (q.size(1) != k.size(1)) { // several heads of the query share one of the keys
            checkedDims({k.numel(), q.size(1) / k.size(1)});
            k = k.repeat_interleave(q.size(1) / k.size(1), 1);
            v = v.repeat_interleave(q.size(1) / v.size(1), 1);
        }
        const double factor = scale != 0 ? static_cast<double>(scale) : 1 / std::sqrt(static_cast<double>(q.size(3)));
        const at::Tensor turned = k.transpose(2, 3);
        checkProduct(q, turned);
        at::Tensor weights = at::matmul(q * factor, turned);
        if (cap > 0)
            weights = at::tanh(weights / cap) * cap;
        const double least = -std::numeric_limits<double>::infinity();
        if (causal) {
            const at::Tensor later = at::ones({weights.size(2), weights.size(3)}, weights.options().dtype(at::kBool)).triu(1);
            weights = weights.masked_fill(later, least);
        }
        if (in.size() > 3 && in[3].defined()) {
            const at::Tensor mask = together(in[3], weights).first;
            weights = mask.scalar_type() == at::kBool ? weights.masked_fill(mask.logical_not(), least) : weights + mask.to(weights.scalar_type());
        }
        weights = at::softmax(weights, -1);
        checkProduct(weights, v);
        const at::Tensor y = at::matmul(weights, v);
        return {flat ? y.transpose(1, 2).reshape({y.size(0), y.size(2), y.size(1) * y.size(3)}) : y};
    };
}

} // namespace

void addAttention(std::map<std::string, Operator> &t)
{
    t["MatMul"] = {2, 2, {}, makeMatMul};
    t["Einsum"] = {1, 8, {}, makeEinsum};
    t["Attention"] = {3, 6, {}, makeAttention};
}

} // namespace dscope::onnx
