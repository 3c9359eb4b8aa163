#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace torch::nn {
class Module;
}

namespace dscope {

/// Tensors by name, on the CPU.
using StateDict = std::map<std::string, at::Tensor>;

/// A weights file: its tensors, and for safetensors the `__metadata__` strings.
struct Checkpoint {
    StateDict tensors;
    std::map<std::string, std::string> metadata;
};

/// Reads .safetensors, or a PyTorch zip state dict (.pt, .pth) through a reader that executes nothing: the pickle inside may only build
/// dictionaries of tensors, anything else is refused by name. A dictionary under "state_dict" is taken when there is one.
/// @throws FileError for a file that is damaged, truncated, of the old non-zip form, TorchScript, or that asks for code.
Checkpoint readCheckpoint(const std::filesystem::path &path);
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

namespace detail {
Checkpoint readSafetensors(const std::filesystem::path &path);
Checkpoint readTorchZip(const std::filesystem::path &path);
} // namespace detail

} // namespace dscope
