#pragma once

#include "core/base/device.h"
#include "core/nets/network.h"
#include "core/onnx/graph.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <vector>

namespace dscope {

/// How a graph is made ready.
struct OnnxOptions {
    Device device;
    bool half = false;    ///< calculate in float16 (CUDA) or bfloat16 (CPU)
    bool optimise = true; ///< fold batch-norm, fuse activations; off only to compare with
    std::string output;   ///< the only output wanted; empty: all
};

/// Runs an ONNX graph on ATen: what depends on constants alone is calculated once, batch-norm goes into the convolution or product before it, nodes that
/// do nothing (Identity, Dropout) or that no output needs are left out, and what is calculated is freed after its last use.
///
/// Files exported for one picture run on any number of them: see batchFree().
class OnnxExecutor {
public:
    /// @param path for messages. @throws FileError naming the node for an operator that is unknown or has attributes that are not understood
    OnnxExecutor(OnnxGraph graph, const std::filesystem::path &path, const OnnxOptions &options = {});
    ~OnnxExecutor();

    /// Inputs and outputs in the order of the file (of the one output wanted).
    const std::vector<OnnxValue> &inputs() const;
    const std::vector<OnnxValue> &outputs() const;

    /// Runs it. Inputs may lie on any device, outputs are on the executor's, in float32 where they are not whole numbers. Not to be called by two
    /// threads at a time. @throws FileError naming the node that failed; c10::Error where memory runs out
    std::vector<at::Tensor> run(const std::vector<at::Tensor> &inputs);
    /// The same in the plain way, node by node, telling of each node that works on more than shapes.
    std::vector<LayerInfo> trace(const std::vector<at::Tensor> &inputs, Cost &cost);

    /// Tries with inputs of this shape (the first dimension of each is the batch) whether two pictures at once give the same as each alone, to 1e-3 of
    /// the largest value; run() takes several at once only where this is so. @return what was found
    bool tryBatch(const std::vector<std::vector<std::int64_t>> &shapes);
    /// Elements of all weights in use.
    std::int64_t parameters() const;
    Device device() const;
    /// Makes it ready on another device.
    void moveTo(const Device &device, bool half);
    void moveTo(const Device &device); ///< in the type it has

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace dscope
