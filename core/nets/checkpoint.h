// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope {

class FileBytes;

/// Tensors by name, on the CPU. They may share memory and have any strides: `contiguous()` before pointers are taken.
using StateDict = std::map<std::string, at::Tensor>;

/// A weights file: its tensors, and for safetensors the `__metadata__` strings.
struct Checkpoint {
    StateDict tensors;
    std::map<std::string, std::string> metadata;
    std::string kind;                 ///< "safetensors", "PyTorch", "PyTorch before 1.6"
    std::string chosen;               ///< of a PyTorch file: the way to the dictionary that was taken, such as "model.backbone"; empty: the outermost
    std::vector<std::string> notes;   ///< sentences on what was chosen and which tensors were left out
    std::vector<std::string> sets;    ///< the ways to all dictionaries that could have been taken, where there are several
    bool asked = false;               ///< whether what was taken is the set that was asked for by name
    std::vector<std::string> skipped; ///< what else a PyTorch file holds: "epoch", "args (argparse.Namespace)"
};

/// Reads .safetensors, or what torch.save wrote (.pt, .pth, .tar; the zip form and the one before PyTorch 1.6), by content and through a reader that
/// executes nothing: dictionaries of tensors become what they are, Python objects beside them are passed over by name, and one that can only run code
/// ends the reading. The dictionary that holds the network's tensors is looked for at any depth and under any name:
/// first one whose tensors are a known network's, then one that is no average or teacher ("ema", "swa", "teacher"), then the one with the most tensors,
/// then the first; but before all of that one that wantedWeights() or `weights` names. What else there was stands in the notes.
/// @throws FileError for a file that is damaged, truncated, TorchScript, holds no tensors, or asks for code
Checkpoint readCheckpoint(const std::filesystem::path &path);
/// The same without the tensors' values: they are on the "meta" device, with type and shape. Reads of the file only what says that (a file from before
/// PyTorch 1.6 is read whole).
Checkpoint readCheckpointHeader(const std::filesystem::path &path);
/// The same out of a file that was read before. The tensors point into it, and keep it: nobody may write to them.
/// @param weights the set of weights that a description asks for; empty: none
Checkpoint parseCheckpoint(std::shared_ptr<const FileBytes> file, const std::filesystem::path &name, const std::string &weights = {});
/// The same out of bytes in hand, copied.
Checkpoint parseCheckpoint(std::span<const std::uint8_t> bytes, const std::filesystem::path &name);
/// Only the tensors of readCheckpoint.
StateDict readStateDict(const std::filesystem::path &path);

/// Writes safetensors, atomically. Tensors are made contiguous and moved to the CPU; their types are kept.
void writeSafetensors(const std::filesystem::path &path, const StateDict &tensors, const std::map<std::string, std::string> &metadata);

/// Puts tensors into a module's parameters and buffers, strictly: every tensor of the module must be there with its shape and none may be
/// left over; the message names each. A common prefix "module." is taken off, `num_batches_tracked` may be missing or left over, and
/// half-precision tensors are widened. @throws FileError naming `path`
void loadStateDict(torch::nn::Module &module, const StateDict &tensors, const std::filesystem::path &path);
/// All parameters and buffers of a module, detached, without `num_batches_tracked`.
StateDict stateDict(const torch::nn::Module &module);

} // namespace dscope
