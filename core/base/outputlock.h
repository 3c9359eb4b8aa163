// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/halfwritten.h"

#include <filesystem>
#include <optional>

namespace dscope {

/// While it lives, no other process (and nothing else in this one) holds the same output: a command that works for minutes or days takes it before the
/// work, so that the second of two says so at once. It is a lock on a file `path`.lock, which ends with the process however that ends; the file itself goes
/// with the lock and does no harm where a killed process left it. Where no such file can be made there is no lock: what cannot be written says so itself.
class OutputLock {
public:
    /// @throws FileError where another holds it
    explicit OutputLock(const std::filesystem::path &path);
    ~OutputLock();
    OutputLock(const OutputLock &) = delete;
    OutputLock &operator=(const OutputLock &) = delete;

private:
    std::filesystem::path m_file;
    int m_descriptor = -1;
    std::optional<HalfWritten> m_listed; ///< of a process that ends by a signal nothing is left
};

/// Locks a file that is written piece by piece and renamed in the end, such as X.part, without waiting.
/// @return false where another holds it, or has renamed it since it was opened as `descriptor`
bool lockPart(int descriptor, const std::filesystem::path &part);

} // namespace dscope
