// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/synth.h"
#include "core/training/facelist.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace dscope {

/// Pictures of people for a made set, and what makes bad ones of them.
class RealFaces {
public:
    /// Those of options.pictures with at least `each` faces. @throws FileError, Error with fewer than `people` of them, Cancelled
    RealFaces(const SynthOptions &options, std::int64_t people, std::size_t each, Progress &progress);

    const std::string &name(std::int64_t person) const { return m_names[static_cast<std::size_t>(person)]; }
    /// A person's faces are dealt to `parts`, so that two of its templates have no picture in common; face number `face` of part `part`, degraded when bad,
    /// else relit a little. As a JPEG. @param number of all faces of the set, for the random numbers
    std::vector<std::uint8_t> face(std::int64_t person, std::int64_t part, std::int64_t parts, std::int64_t face, bool bad, std::uint64_t seed,
                                   std::int64_t number) const;

private:
    FaceList m_list;
    std::vector<std::vector<std::size_t>> m_own;
    std::vector<std::string> m_names;
    std::unique_ptr<FaceReader> m_reader;
};

/// Writes the file atomically.
void writeJpegFile(const std::filesystem::path &file, const std::vector<std::uint8_t> &bytes);

} // namespace dscope
