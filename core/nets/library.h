// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"
#include "core/base/progress.h"
#include "core/nets/model.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// Where the description of a weights file lies that the user has written or changed: FILE.json beside it.
std::filesystem::path sidecarOf(const std::filesystem::path &weights);
/// That description. It may say a part alone, such as `output_name`, or `colour` of the input: the rest is as in `known`, else as the file says by itself.
/// Nothing where there is none. @throws FileError naming the description
std::optional<ModelSpec> readSidecar(const std::filesystem::path &weights, const ModelSpec *known = nullptr);
/// Writes the description beside the weights (spec.path). Atomic. @throws FileError
void writeSidecar(const ModelSpec &spec);

/// What is known of a weights file by itself: its sidecar, else what a safetensors of ours says inside, else the architecture that the names
/// and shapes of its tensors tell (recogniseWeights()) with its usual input, else for an ONNX or TorchScript file a base network of aligned faces in RGB with
/// the usual mean and scale, to be corrected by the user. Weights are not read for it. @throws FileError where nothing says what it is
ModelSpec describeFile(const std::filesystem::path &weights);
/// What a file of one kind says of itself, put into a description that has the usual input.
using FileDescriber = std::function<void(const std::filesystem::path &weights, ModelSpec &spec)>;
/// Teaches describeFile() to look into files of this extension (".onnx"), which a library above this one can read. Safe from any thread.
/// @param hasher where the weights may lie in more than the one file; null: they do not
using FileHasher = std::function<std::string(const std::filesystem::path &weights)>;
void registerFileDescriber(const std::string &extension, FileDescriber describer, FileHasher hasher = {});
/// What Network::hash() of these weights is: the SHA-256 of the file, and of what lies beside it where an ONNX file names it. @throws FileError
std::string modelHash(const std::filesystem::path &weights);
/// True for a TorchScript archive, which can run code when it is loaded: told by its table of contents, without loading anything.
bool isTorchScript(const std::filesystem::path &file);

/// A weights file that the user has added to the list of models; it stays where it is.
struct AddedModel {
    std::filesystem::path path;
    std::string trusted; ///< SHA-256 of a TorchScript file that the user has said to trust; another content is not trusted
};

/// The list of them: added.json in the user's data folder. Where others can write that, nothing on it counts as trusted.
/// @throws FileError if it is damaged
std::vector<AddedModel> addedModels();
/// Puts a file on the list (again: its trust is renewed). @param trusted whether the user trusts a file that can run code
/// @throws FileError if the file cannot be described or is TorchScript and not trusted
ModelSpec addModel(const std::filesystem::path &weights, bool trusted = false);
/// Takes a file off the list. The file itself stays. @return false where it was not on it
bool removeModel(const std::filesystem::path &weights);

/// How fast a network is on one device.
struct ModelTiming {
    DeviceInfo device;
    int batch = 0;
    int runs = 0;
    double medianMs = 0; ///< of one run of the whole batch
    std::string problem; ///< why it could not be timed; empty: it was
};

/// Times a network on each device with batches of 1 and 32 pictures of noise: a few runs to warm up, then the median of as many as fit into
/// about `seconds`, at least five. The preparation of the pictures is part of a run. @throws Cancelled
std::vector<ModelTiming> timeModel(const ModelSpec &spec, const std::vector<DeviceInfo> &devices, double seconds, Progress &progress);

} // namespace dscope
