// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/bytesource.h"
#include "core/nets/checkpoint.h"
#include "core/nets/pickle.h"

#include <functional>
#include <optional>

namespace dscope::detail {

/// A part of a file.
struct Place {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;   ///< of the content
    std::uint64_t packed = 0; ///< bytes that it takes in the file where it is compressed (deflate); 0: it is not
};
/// Where the bytes of a storage lie; nothing where the file lacks them.
using FindStorage = std::function<std::optional<Place>(const Pickle::Storage &storage)>;

/// Bytes an element takes in a storage of this class ("FloatStorage"); 0 for a class that is not known. One byte for an untyped one.
std::uint64_t elementBytes(std::string_view storageClass);

/// @param weights asked for by the file's description; empty: none
/// Chooses the dictionary of tensors among what a pickle describes (see readCheckpoint()) and makes its tensors, which share memory where their storages
/// are the same. @throws FileError
Checkpoint chooseTensors(const Pickle &pickle, ByteSource &file, const FindStorage &find, bool values, const std::string &weights);

/// torch.save's zip form, and the one before PyTorch 1.6: pickles of a magic number, a version, the machine, the objects and the storages' keys, then
/// the storages. @throws FileError
Checkpoint readTorchZip(ByteSource &file, bool values, const std::string &weights);
Checkpoint parseOldTorch(std::span<const std::uint8_t> bytes, ByteSource &file, bool values, const std::string &weights);
/// Safetensors. @throws FileError
Checkpoint readSafetensors(ByteSource &file, bool values);

} // namespace dscope::detail
