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

const c10::TypedOperatorHandle<FusedConv> *operatorHandle()
{
    static const std::optional<c10::TypedOperatorHandle<FusedConv>> handle = []() -> std::optional<c10::TypedOperatorHandle<FusedConv>> {
        const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_convolution_pointwise", ""});
        if (!found || !found->hasKernelForDispatchKey(c10::DispatchKey::CPU))
            return std::nullopt;
        return found->typed<FusedConv>();
    }();
    return handle ? &*handle : nullptr;
}

} // namespace

bool haveFusedConv()
{
    return !PlainOperators::wanted() && operatorHandle() != nullptr;
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
