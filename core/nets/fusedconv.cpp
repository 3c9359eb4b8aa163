// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nets/fusedconv.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <array>
#include <string_view>
#include <vector>

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

namespace {

/// Whether two neighbouring results of a row are computed as one of twice the channels. Where channels lie last it lies in memory as the two do, so nothing is
/// moved. Eight channels leave half of a vector of 16 idle; for a kernel that is wider by the stride, with zeros in its further columns, all of it works.
bool takesPairs(const at::Tensor &weight, const SolidWindow &window)
{
#if defined(__x86_64__)
    constexpr std::int64_t half = 8;
    static const bool wide = __builtin_cpu_supports("avx512f");
    const std::int64_t columns = weight.size(4);
    return wide && weight.size(0) == half && 3 * (columns + window.stride[2]) <= 5 * columns; // 5/3 of the products in half of the time
#else
    return false;
#endif
}

at::Tensor pairedWeight(const at::Tensor &weight, std::int64_t stride)
{
    const std::int64_t out = weight.size(0);
    std::vector<std::int64_t> sizes = weight.sizes().vec();
    sizes[0] *= 2;
    sizes[4] += stride;
    at::Tensor both = at::zeros(sizes, weight.options());
    both.narrow(0, 0, out).narrow(4, 0, weight.size(4)).copy_(weight);
    both.narrow(0, out, out).narrow(4, stride, weight.size(4)).copy_(weight);
    return both;
}

/// [N, C, T, H, W] that lies channels last, as [N, C times, T, H, W / times].
at::Tensor columnsJoined(const at::Tensor &x, std::int64_t times)
{
    return x.permute({0, 2, 3, 4, 1}).reshape({x.size(0), x.size(2), x.size(3), x.size(4) / times, x.size(1) * times}).permute({0, 4, 1, 2, 3});
}

at::Tensor columnsParted(const at::Tensor &x, std::int64_t times)
{
    return x.permute({0, 2, 3, 4, 1}).reshape({x.size(0), x.size(2), x.size(3), x.size(4) * times, x.size(1) / times}).permute({0, 4, 1, 2, 3});
}

/// fusedConv3d() of weights that were made for pairs.
at::Tensor pairedConv3d(const at::Tensor &x, const at::Tensor &packed, const at::Tensor &bias, SolidWindow window, bool relu, const at::Tensor &added)
{
    const std::int64_t stride = window.stride[2];
    const std::int64_t columns = (x.size(4) + 2 * window.padding[2] - (packed.size(4) - stride)) / stride + 1;
    if (columns % 2 != 0) { // one more is computed
        const at::Tensor more = added.defined() ? at::constant_pad_nd(added, {0, 1}) : added;
        return pairedConv3d(at::constant_pad_nd(x, {0, stride}), packed, bias, window, relu, more)
            .narrow(4, 0, columns)
            .contiguous(at::MemoryFormat::ChannelsLast3d);
    }
    window.stride[2] = 2 * stride;
    const at::Tensor plus = added.defined() ? columnsJoined(added.contiguous(at::MemoryFormat::ChannelsLast3d), 2) : added;
    return columnsParted(fusedConv3d(x, packed, at::cat({bias, bias}), window, relu, plus), 2);
}

} // namespace

at::Tensor packedConv3d(const at::Tensor &weight, const SolidWindow &window, at::IntArrayRef sizes)
{
    SolidWindow own = window;
    at::Tensor wanted = weight.detach();
    if (takesPairs(weight, window)) {
        wanted = pairedWeight(wanted, window.stride[2]);
        own.stride[2] *= 2;
    }
    return at::mkldnn_reorder_conv3d_weight(wanted.contiguous().to_mkldnn(), own.padding, own.stride, std::array<std::int64_t, 3>{1, 1, 1}, 1, sizes);
}

at::Tensor fusedConv3d(const at::Tensor &x, const at::Tensor &packed, const at::Tensor &bias, const SolidWindow &window, bool relu, const at::Tensor &added)
{
    if (bias.defined() && packed.size(0) == 2 * bias.size(0))
        return pairedConv3d(x, packed, bias, window, relu, added);
    constexpr std::array<std::int64_t, 3> dilation{1, 1, 1};
    const std::optional<at::Tensor> offset = bias.defined() ? std::optional(bias) : std::nullopt;
    const at::Tensor from = x.contiguous(at::MemoryFormat::ChannelsLast3d);
    const c10::List<std::optional<at::Scalar>> none;
    const auto alone = [&](bool last) {
        return operatorHandle()->call(from, packed, offset, window.padding, window.stride, dilation, 1, last ? "relu" : "none", none, std::nullopt);
    };
    if (!added.defined())
        return alone(relu);
    if (added.size(2) * added.size(3) * added.size(4) == 1) { // oneDNN cannot add to a map of one place: its strides say nothing of where channels lie
        const at::Tensor sum = alone(false) + added;
        return relu ? at::relu(sum) : sum;
    }
    return addingHandle()->call(from, added.contiguous(at::MemoryFormat::ChannelsLast3d), packed, offset, window.padding, window.stride, dilation, 1, "add",
                                std::nullopt, relu ? std::optional<std::string_view>("relu") : std::nullopt, none, std::nullopt);
}

at::Tensor winogradConv(const Winograd &conv, const at::Tensor &x, const at::Tensor &slopes, const at::Tensor &added)
{
    const at::Tensor from = x.contiguous(at::MemoryFormat::ChannelsLast);
    at::Tensor to = at::empty({x.size(0), conv.out(), x.size(2), x.size(3)}, from.options(), at::MemoryFormat::ChannelsLast);
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
