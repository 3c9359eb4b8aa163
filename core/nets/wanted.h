// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace dscope {

/// Names that the user has asked for on the command line, for the whole process, and which of them a file had. Safe from any thread.
class WantedNames {
public:
    void set(std::vector<std::string> names);
    std::vector<std::string> names() const;
    /// A file was asked for them. @param taken the one that it had; empty: none
    void asked(const std::string &taken = {});
    /// Those that no file had, where any was asked.
    std::vector<std::string> untaken() const;

private:
    mutable std::mutex m_mutex;
    std::vector<std::string> m_names;
    std::set<std::string> m_taken;
    bool m_asked = false;
};

/// `--output`: outputs of networks that have several.
WantedNames &wantedOutputs();
/// `--weights`: sets of weights of files that hold several, such as "ema".
WantedNames &wantedWeights();

} // namespace dscope
