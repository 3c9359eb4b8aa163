// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/fusedconv.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <string_view>

namespace dscope {

namespace {

using FusedConv = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef,
                             std::int64_t, std::string_view, c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

/// The same with a tensor that is added (x, added, weight, bias, padding, stride, dilation, groups, "add", its factor, what follows and its numbers).
using AddingConv = at::Tensor(const at::Tensor &, const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, at::IntArrayRef, at::IntArrayRef,
                              at::IntArrayRef, std::int64_t, std::string_view, std::optional<at::Scalar>, std::optional<std::string_view>,
                              c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

template<typename Function>
std::optional<c10::TypedOperatorHandle<Function>> found(const char *overload)
{
    const auto schema = c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", overload});
    if (!schema || !schema->hasKernelForDispatchKey(c10::DispatchKey::CPU))
        return std::nullopt;
    return schema->typed<Function>();
}

const c10::TypedOperatorHandle<FusedConv> *operatorHandle()
{
    static const std::optional<c10::TypedOperatorHandle<FusedConv>> handle = found<FusedConv>("");
    return handle ? &*handle : nullptr;
}

const c10::TypedOperatorHandle<AddingConv> *addingHandle()
{
    static const std::optional<c10::TypedOperatorHandle<AddingConv>> handle = found<AddingConv>("binary");
    return handle ? &*handle : nullptr;
}

} // namespace

bool haveFusedConv()
{
    return !PlainOperators::wanted() && operatorHandle() != nullptr && addingHandle() != nullptr;
}

at::Tensor fusedConv(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, const ConvWindow &window, std::optional<double> slope)
{
    c10::List<std::optional<at::Scalar>> scalars;
    if (slope)
        scalars.push_back(at::Scalar(*slope));
    const std::optional<at::Tensor> offset = bias.defined() ? std::optional(bias) : std::nullopt;
    return operatorHandle()->call(x, weight, offset, std::array<std::int64_t, 2>{window.padding, window.padding},
                                  std::array<std::int64_t, 2>{window.stride, window.stride}, std::array<std::int64_t, 2>{1, 1}, window.groups,
                                  slope ? "leaky_relu" : "none", scalars, std::nullopt);
}

at::Tensor packedConv3d(const at::Tensor &weight, const SolidWindow &window, at::IntArrayRef sizes)
{
    return at::mkldnn_reorder_conv3d_weight(weight.detach().contiguous().to_mkldnn(), window.padding, window.stride, std::array<std::int64_t, 3>{1, 1, 1}, 1,
                                            sizes);
}

at::Tensor fusedConv3d(const at::Tensor &x, const at::Tensor &packed, const at::Tensor &bias, const SolidWindow &window, bool relu, const at::Tensor &added)
{
    constexpr std::array<std::int64_t, 3> dilation{1, 1, 1};
    const std::optional<at::Tensor> offset = bias.defined() ? std::optional(bias) : std::nullopt;
    const at::Tensor from = x.contiguous(at::MemoryFormat::ChannelsLast3d);
    const c10::List<std::optional<at::Scalar>> none;
    if (!added.defined())
        return operatorHandle()->call(from, packed, offset, window.padding, window.stride, dilation, 1, relu ? "relu" : "none", none, std::nullopt);
    return addingHandle()->call(from, added.contiguous(at::MemoryFormat::ChannelsLast3d), packed, offset, window.padding, window.stride, dilation, 1, "add",
                                std::nullopt, relu ? std::optional<std::string_view>("relu") : std::nullopt, none, std::nullopt);
}

at::Tensor winogradConv(const Winograd &conv, const at::Tensor &x, const at::Tensor &slopes, const at::Tensor &added)
{
    const at::Tensor from = x.contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor to = at::empty({x.size(0), conv.out(), x.size(2), x.size(3)}, from.options(), at::MemoryFormat::ChannelsLast);
    const at::Tensor plus = added.defined() ? added.contiguous(at::MemoryFormat::ChannelsLast) : at::Tensor();
    const at::Tensor steep = slopes.defined() ? slopes.contiguous() : at::Tensor();
    Winograd::Work work{};
    work.pictures = from.const_data_ptr<float>();
    work.count = static_cast<int>(x.size(0));
    work.height = static_cast<int>(x.size(2));
    work.width = static_cast<int>(x.size(3));
    work.slopes = steep.defined() ? steep.const_data_ptr<float>() : nullptr;
    work.added = plus.defined() ? plus.const_data_ptr<float>() : nullptr;
    work.results = to.data_ptr<float>();
    at::parallel_for(0, Winograd::blocks(work.count, work.height, work.width), 1, [&](std::int64_t begin, std::int64_t end) { conv.run(work, begin, end); });
    return to;
}

} // namespace dscope
