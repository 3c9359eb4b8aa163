// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/partfile.h"
#include "core/scores/dscore.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

/// What is kept of a search for the hardest centroids from call to call: the outcomes so far, picture by picture, behind a line that says of what.
class ScoreProgress {
public:
    /// Where outcomes are found, and where they go.
    struct Outcomes {
        DScores &scores; ///< own, hardest and hardestClass of it
        std::vector<double> &otherOwn;
    };

    /// Opens the file and takes up what it has. Does nothing where `path` is empty.
    /// @param identity of all that the outcomes depend on: a file of another is begun anew @param copies of a picture, taken up all or none of them
    /// @return pictures done @throws FileError
    std::int64_t takeUp(const std::filesystem::path &path, const std::string &identity, std::int64_t copies, std::int32_t classes, const Outcomes &to);
    /// Appends the outcomes of `count` pictures. @throws FileError
    void keep(std::int64_t begin, std::int64_t count, const Outcomes &from);
    void close() { m_file.reset(); }

private:
    std::optional<PartFile> m_file;
};

} // namespace dscope
