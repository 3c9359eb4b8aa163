// SPDX-License-Identifier: GPL-3.0-or-later

#include "core/nets/plaintensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

namespace dscope::detail {

namespace {

struct Code {
    std::string_view code;
    at::ScalarType type;
};
constexpr Code s_codes[] = {{"f2", at::kHalf}, {"f4", at::kFloat}, {"f8", at::kDouble}, {"i1", at::kChar}, {"i2", at::kShort},
                            {"i4", at::kInt},  {"i8", at::kLong},  {"u1", at::kByte},   {"b1", at::kBool}};

/// As a pickle has it; texts of protocol 2 hold two bytes for each above 127.
struct Data {
    std::string_view bytes;
    bool isText = false;
};

Data dataOf(const Pickle &pickle, const Pickle::Array &array)
{
    if (array.data.is(PickleKind::Text)) // Python 2's bytes
        return {pickle.text(array.data), false};
    const Pickle::Blob &blob = pickle.blobs[array.data.index()];
    return {blob.bytes, blob.isText};
}

/// How many bytes a text stands for; nothing where it has a character that is none.
std::optional<std::uint64_t> bytesOf(std::string_view text)
{
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i, ++count) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80)
            continue;
        if ((byte != 0xC2 && byte != 0xC3) || ++i == text.size() || (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80)
            return std::nullopt;
    }
    return count;
}

void copyBytes(const Data &data, std::uint8_t *to)
{
    if (!data.isText) {
        std::copy(data.bytes.begin(), data.bytes.end(), to);
        return;
    }
    for (std::size_t i = 0; i < data.bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(data.bytes[i]);
        *to++ = byte < 0x80 ? byte : static_cast<std::uint8_t>((byte & 3) << 6 | (static_cast<unsigned char>(data.bytes[++i]) & 0x3F));
    }
}

/// A tensor's numbers, where those of one channel follow each other `inner` at a time.
template<typename T>
void dequantise(const T *from, float *to, const Scales &scales, std::int64_t outer, std::int64_t inner)
{
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::size_t c = 0; c < scales.scale.size(); ++c)
            for (std::int64_t i = 0; i < inner; ++i)
                *to++ = static_cast<float>((static_cast<double>(*from++) - scales.zeroPoint[c]) * scales.scale[c]);
}

} // namespace

std::optional<at::ScalarType> arrayType(const Pickle &pickle, const Pickle::Tensor &tensor)
{
    const Pickle::Array &array = pickle.arrays[static_cast<std::size_t>(tensor.array)];
    if (!array.dtype.is(PickleKind::Dtype))
        return std::nullopt;
    const Pickle::Dtype &dtype = pickle.dtypes[array.dtype.index()];
    const auto found = std::find_if(std::begin(s_codes), std::end(s_codes), [&](const Code &code) { return code.code == dtype.code; });
    constexpr std::size_t mostAxes = 64;
    const std::span<const PickleValue> sizes = pickle.tuple(tensor.sizes);
    if (found == std::end(s_codes) || sizes.size() > mostAxes
        || !std::all_of(sizes.begin(), sizes.end(), [](PickleValue side) { return side.is(PickleKind::Int); }))
        return std::nullopt;
    return found->type;
}

std::optional<std::uint64_t> arrayBytes(const Pickle &pickle, const Pickle::Tensor &tensor, const std::vector<std::int64_t> &sizes, at::ScalarType type)
{
    const Data data = dataOf(pickle, pickle.arrays[static_cast<std::size_t>(tensor.array)]);
    constexpr std::int64_t largest = std::int64_t{1} << 34;
    std::int64_t product = 1; // of the sides that are not 0: a tensor's strides must be numbers as well
    bool empty = false;
    for (const std::int64_t side : sizes) {
        if (side < 0 || (side > 0 && product > largest / side))
            return std::nullopt;
        product *= std::max<std::int64_t>(1, side);
        empty = empty || side == 0;
    }
    const std::uint64_t bytes = empty ? 0 : static_cast<std::uint64_t>(product) * c10::elementSize(type);
    const std::optional<std::uint64_t> there = data.isText ? bytesOf(data.bytes) : std::optional<std::uint64_t>(data.bytes.size());
    return there == bytes ? there : std::nullopt;
}

at::Tensor arrayTensor(const Pickle &pickle, const Pickle::Tensor &tensor, const std::vector<std::int64_t> &sizes, at::ScalarType type)
{
    const Pickle::Array &array = pickle.arrays[static_cast<std::size_t>(tensor.array)];
    std::vector<std::int64_t> order = sizes;
    if (array.fortran)
        std::reverse(order.begin(), order.end());
    at::Tensor made = at::empty(order, type);
    auto *bytes = static_cast<std::uint8_t *>(made.data_ptr());
    copyBytes(dataOf(pickle, array), bytes);
    if (pickle.dtypes[array.dtype.index()].order == '>') {
        const std::size_t width = c10::elementSize(type);
        for (std::uint8_t *at = bytes; at != bytes + made.nbytes(); at += width)
            std::reverse(at, at + width);
    }
    if (!array.fortran || sizes.size() < 2)
        return made;
    std::vector<std::int64_t> axes(sizes.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        axes[i] = static_cast<std::int64_t>(axes.size() - 1 - i);
    return made.permute(axes);
}

at::Tensor dequantised(const at::Tensor &numbers, const Scales &scales)
{
    const at::Tensor plain = numbers.contiguous();
    at::Tensor made = at::empty(plain.sizes(), at::kFloat);
    const auto channels = static_cast<std::int64_t>(scales.scale.size());
    if (plain.numel() == 0)
        return made;
    std::int64_t inner = plain.numel();
    std::int64_t outer = 1;
    if (scales.axis >= 0) {
        inner = 1;
        for (std::int64_t i = scales.axis + 1; i < plain.dim(); ++i)
            inner *= plain.size(i);
        outer = plain.numel() / (inner * channels);
    }
    float *to = made.mutable_data_ptr<float>();
    switch (plain.scalar_type()) {
    case at::kChar: dequantise(plain.const_data_ptr<std::int8_t>(), to, scales, outer, inner); break;
    case at::kByte: dequantise(plain.const_data_ptr<std::uint8_t>(), to, scales, outer, inner); break;
    default: dequantise(plain.const_data_ptr<std::int32_t>(), to, scales, outer, inner); break;
    }
    return made;
}

std::vector<double> doublesOf(const at::Tensor &vector)
{
    const at::Tensor plain = vector.to(at::kDouble).contiguous();
    return {plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel()};
}

} // namespace dscope::detail
