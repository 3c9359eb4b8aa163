#include "core/nets/fusedconv.h"

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

} // namespace dscope
