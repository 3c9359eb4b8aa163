// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/onnx/graph.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace dscope::onnx {

/// Reads tensors out of a file's bytes, and what of them lies in files beside it.
class TensorReader {
public:
    TensorReader(const std::filesystem::path &path, const OnnxExternal &external) : m_path(path), m_external(external) {}

    /// @param owner whose attribute it is; empty: a weight, called by its own name @throws FileError
    OnnxTensor read(std::string_view bytes, const std::string &owner);
    /// A key and its value. @throws FileError
    std::pair<std::string, std::string> entry(std::string_view bytes) const;

    /// Files beside this one that were read, and how much of them.
    const std::set<std::string> &externalFiles() const { return m_externalFiles; }
    std::uint64_t externalBytes() const { return m_externalBytes; }

private:
    struct Parts;

    [[noreturn]] void damaged() const;
    Parts parts(std::string_view bytes) const;
    std::string external(const Parts &parts, std::uint64_t wanted, const std::string &what);

    std::filesystem::path m_path;
    const OnnxExternal &m_external;
    std::uint64_t m_externalBytes = 0;
    std::set<std::string> m_externalFiles;
};

} // namespace dscope::onnx
