#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

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
/// The same without the tensors' values: they are on the "meta" device, with type and shape. Reads of the file only what says that.
Checkpoint readCheckpointHeader(const std::filesystem::path &path);
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
Checkpoint readSafetensors(const std::filesystem::path &path, bool values);
Checkpoint readTorchZip(const std::filesystem::path &path, bool values);

/// A file of which parts are read. @throws FileError where it cannot be opened, or a part is not there
class PartedFile {
public:
    explicit PartedFile(const std::filesystem::path &path);
    std::uint64_t size() const { return m_size; }
    void read(std::uint64_t offset, void *to, std::uint64_t count);
    std::vector<std::uint8_t> read(std::uint64_t offset, std::uint64_t count);

private:
    std::filesystem::path m_path;
    std::ifstream m_in;
    std::uint64_t m_size = 0;
};
} // namespace detail

} // namespace dscope
