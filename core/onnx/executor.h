// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/progress.h"
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
    bool half = false;                  ///< calculate in float16 (CUDA) or bfloat16 (CPU)
    bool optimise = true;               ///< fold batch-norm, fuse activations; off only to compare with
    std::string output;                 ///< the only output wanted; empty: all
    const Progress *progress = nullptr; ///< asked between the nodes whether to go on while the graph is made ready and tried; null: nobody
};

/// Runs an ONNX graph on ATen: what depends on constants alone is calculated once, batch-norm goes into the convolution or product before it, nodes that
/// do nothing (Identity, Dropout) or that no output needs are left out, and what is calculated is freed after its last use.
///
/// Files exported for one picture run on any number of them: see tryBatch(). Quantised files are calculated in float32, with the roundings that they have.
///
/// What a run may take is bounded in proportion to the file's size, for each picture: the size of a tensor, of all that are alive at once, and the
/// arithmetic. What asks for more is refused before it is done.
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
    /// @param progress asked between the nodes whether to go on; null: nobody
    std::vector<at::Tensor> run(const std::vector<at::Tensor> &inputs, const Progress *progress = nullptr);
    /// The same in the plain way, node by node, telling of each node that works on more than shapes.
    std::vector<LayerInfo> trace(const std::vector<at::Tensor> &inputs, Cost &cost);

    /// Tries with inputs of this shape (the first dimension of each is the batch) whether two pictures at once give the same as each alone, to 1e-3 of
    /// the largest value; run() takes several at once only where this is so. @return what was found
    bool tryBatch(const std::vector<std::vector<std::int64_t>> &shapes);
    /// Bytes of all that was alive at once for one picture when trace() ran.
    std::int64_t peakBytes() const;
    /// Pictures that may go through at a time without more memory than the bounds give a single one. @throws nothing; at least 1
    std::size_t picturesAtATime() const;
    /// Whether the file calculates with whole numbers and scales.
    bool quantised() const;
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
