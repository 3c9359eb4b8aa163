// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/onnx/executor.h"
#include "tests/fuzz/target.h"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <algorithm>

// ONNX files: the reader, and the executor on inputs of a few values.

namespace dscope::fuzz {

namespace {

/// The input's shape with every free side set to 1 or 8; nothing where it would be more than a few values.
std::optional<std::vector<std::int64_t>> smallShape(const OnnxValue &input)
{
    std::vector<std::int64_t> shape = input.dims;
    std::int64_t values = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        shape[i] = shape[i] > 0 ? shape[i] : i < 1 ? 1 : 8;
        if (shape[i] > 4096 / values)
            return std::nullopt;
        values *= shape[i];
    }
    return shape;
}

} // namespace

DSCOPE_FUZZ_TARGET(onnx)
{
    refusable([&] {
        const OnnxGraph graph = parseOnnx(textOf(bytes), "a.onnx");
        for (const auto &[name, tensor] : graph.tensors)
            require(tensor.bytes.size() == static_cast<std::size_t>(tensor.elements()) * bytesOf(tensor.type),
                    "a tensor has another number of bytes than its shape says");
    });
}

DSCOPE_FUZZ_TARGET(onnxrun)
{
    refusable([&] {
        OnnxGraph graph = parseOnnx(textOf(bytes), "a.onnx");
        if (graph.nodes.size() > 32)
            return;
        OnnxExecutor executor(std::move(graph), "a.onnx");
        std::vector<at::Tensor> inputs;
        for (const OnnxValue &input : executor.inputs()) {
            const auto shape = smallShape(input);
            if (!shape)
                return;
            inputs.push_back(at::full(*shape, 0.5F));
        }
        try {
            for (const at::Tensor &output : executor.run(inputs))
                (void)output.sum();
        } catch (const c10::Error &error) {
            // Promised for memory that runs out alone.
            requireOwnWords(describe(error));
        }
    });
}

} // namespace dscope::fuzz
