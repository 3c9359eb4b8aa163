// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/graph.h"
#include "core/onnx/operators.h"

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

namespace dscope::onnx {

/// Where an input of a step comes from.
struct Source {
    std::int64_t slot = -1; ///< of the values calculated; -1: `fixed`, which is undefined for an input left out
    at::Tensor fixed;
    bool weight = false; ///< a weight of the file, not a number calculated from constants
};

/// A node ready to run on one device.
struct PlanStep {
    std::string title, name, type;
    Kernel kernel;
    std::vector<Source> in;
    std::vector<std::int64_t> out;  ///< slots; -1: not wanted
    std::vector<std::size_t> frees; ///< slots that nothing needs after this step
};

struct Plan {
    std::vector<PlanStep> steps;
    std::vector<Source> outputs;
    c10::Device device{c10::kCPU};
    at::ScalarType floats = at::kFloat;
    bool channelsLast = false;
};

/// A node of the graph with its names resolved into slots.
struct Step {
    OnnxNode node;
    const Operator *what = nullptr;
    Kernel kernel;
    std::vector<std::int64_t> in; ///< slots; -1: left out
    std::vector<std::int64_t> out;
};

/// Operators that calculate nothing.
bool movesOnly(const std::string &type);
/// Operators of quantised networks.
bool isQuantised(const std::string &type);

/// A graph with everything that is the same on every device done: names resolved, dead nodes gone, constants folded.
struct Program {
    std::vector<OnnxValue> inputs;
    std::vector<OnnxValue> outputs;
    std::vector<std::size_t> inputSlots;
    std::vector<std::size_t> outputSlots;
    std::vector<Step> steps;
    std::vector<at::Tensor> constants; ///< by slot, on the CPU; undefined where the slot is calculated
    std::vector<bool> weights;         ///< by slot: a weight of the file
    std::size_t slots = 0;
    std::int64_t parameters = 0;
    std::uint64_t bytes = 0; ///< of the file: what a run may take is in proportion
    bool quantised = false;  ///< has nodes that calculate with whole numbers and scales

    /// @param wanted the only output; empty: all. @param progress asked whether to go on; null: nobody. @throws FileError as OnnxExecutor says
    void build(OnnxGraph graph, const std::filesystem::path &path, const std::string &wanted, const Progress *progress = nullptr);
    /// @param optimise fold batch-norm, fuse on the CPU
    Plan planFor(c10::Device device, at::ScalarType floats, bool optimise) const;
};

/// Folds batch-norm into what goes before it, and makes what is left of it one multiplication and addition. Changes steps and constants.
void foldBatchNorm(Program &program);

} // namespace dscope::onnx
