// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/npyheader.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dscope::detail {

/// Pictures and values of a shape, once axes of one value are left out (stacked outputs [1, d] give [n, 1, d]); nothing where two axes do not remain.
struct FeatureShape {
    std::int64_t count = 0;
    std::int64_t dim = 0;
};
std::optional<FeatureShape> featureShape(std::vector<std::int64_t> sides);

/// "(3, 1, 2)"
std::string shapeInWords(const std::vector<std::int64_t> &shape);

/// The numbers that safetensors calls F16, BF16, F32 or F64, as a header of numpy's would say it; nothing for all others.
std::optional<NpyHeader> safetensorsNumbers(std::string_view dtype);

/// Of the tensors or arrays in one file, the one that holds the embeddings.
class FeatureChoice {
public:
    /// @param kind what the file calls them: "tensor", "array"
    FeatureChoice(std::filesystem::path path, std::string kind) : m_path(std::move(path)), m_kind(std::move(kind)) {}

    /// @param fits whether it could be embeddings: floating-point numbers of two axes, more than one value a row
    void add(const std::string &name, bool fits, std::size_t place);
    std::size_t count() const { return m_count; }
    /// The one called as embeddings are, else the only one that could be embeddings, else the only one.
    /// @param name what it is called @param others the others, in words; empty: there are none
    /// @return its place @throws FileError where there are none or several
    std::size_t chosen(std::string &name, std::string &others) const;

private:
    struct Entry {
        std::string name;
        std::size_t place = 0;
        int rank = 0; ///< place among the usual names; their number: it is none of them
        bool fits = false;
    };
    std::string listed(const Entry *without, bool fitting) const;

    std::filesystem::path m_path;
    std::string m_kind;
    std::vector<Entry> m_entries; ///< those that fit or have a usual name, and the first few of the others
    std::size_t m_count = 0;
    std::size_t m_fitting = 0;
};

} // namespace dscope::detail
