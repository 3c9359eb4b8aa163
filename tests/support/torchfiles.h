// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/checkpoint.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dscope::test {

/// A zip with stored entries, as torch.save writes them. @param packed compressed, as a zip tool writes them
std::string zipOf(const std::vector<std::pair<std::string, std::string>> &entries, bool packed = false);

/// Pieces of a pickle of protocol 2; each leaves one value on the stack.
namespace pickled {
std::string text(std::string_view text);
std::string number(std::int64_t value);
std::string global(const std::string &module, const std::string &name);
std::string tuple(const std::vector<std::string> &items);
std::string list(const std::vector<std::string> &items);
std::string dict(const std::vector<std::pair<std::string, std::string>> &items);          ///< keys are texts
std::string dictOf(const std::vector<std::pair<std::string, std::string>> &items);        ///< keys are pieces
std::string orderedDict(const std::vector<std::pair<std::string, std::string>> &items);   ///< keys are texts
std::string call(const std::string &function, const std::vector<std::string> &arguments); ///< REDUCE
std::string object(const std::string &cls, const std::string &state);                     ///< NEWOBJ, then BUILD
} // namespace pickled

/// A file of torch.save in the making.
class TorchFile {
public:
    /// Adds a storage. @return its key
    std::string addStorage(const std::string &type, std::string bytes, std::int64_t count);
    /// A tensor that is a view of a storage.
    std::string view(const std::string &key, const std::vector<std::int64_t> &sizes, const std::vector<std::int64_t> &strides, std::int64_t offset = 0) const;
    /// A tensor with a storage of its own.
    std::string tensor(const at::Tensor &tensor);
    /// An ordered dictionary of tensors, with something before their names.
    std::string stateDict(const StateDict &tensors, const std::string &prefix = {});

    std::string zip(const std::string &root, bool packed = false) const;
    /// As PyTorch wrote before 1.6.
    std::string old(const std::string &root) const;

private:
    struct Storage {
        std::string type;
        std::string bytes;
        std::int64_t count = 0;
    };
    std::vector<Storage> m_storages;
};

} // namespace dscope::test
