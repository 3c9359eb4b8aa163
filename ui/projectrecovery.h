// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/report/project.h"

#include <QDateTime>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace dscope {

class FileLock;

/// A copy of unsaved work in cacheDir()/recovery: a file for each running program, locked while it runs, so that what a program left behind that
/// ended without saying so can be told from what another one is working on. The lock is the kernel's, which ends with the program however that ends.
class ProjectRecovery {
public:
    /// What a program left behind.
    struct Left {
        std::filesystem::path copy;
        std::filesystem::path file;                        ///< the project that it belongs to; empty: it was not saved yet
        std::optional<std::filesystem::file_time_type> at; ///< when that file was written as the program knew it
        QDateTime written;
        std::shared_ptr<const Project> project; ///< without the mark that it is a copy
        std::shared_ptr<FileLock> lock;         ///< held until it is decided about
    };

    ProjectRecovery();
    ~ProjectRecovery();
    ProjectRecovery(const ProjectRecovery &) = delete;
    ProjectRecovery &operator=(const ProjectRecovery &) = delete;

    /// Writes the copy, atomically; from any thread. Nothing comes of it when remove() or close() is called meanwhile. @throws FileError, Cancelled
    /// @param at when `file` was written, as far as it is known here
    void write(const Project &project, const std::filesystem::path &file, std::optional<std::filesystem::file_time_type> at, const Progress &progress);
    /// Nothing is unsaved any more. Never waits for a write() that is under way.
    void remove();
    /// The same, for good.
    void close();
    const std::filesystem::path &copy() const { return m_copy; }

    /// The newest that was left behind. One that cannot be read is not offered, and stays. Reads all of it: for a worker. @throws Cancelled
    /// @param unreadable gets what is wrong with each newer one that cannot be read, with its name; may be null
    static std::optional<Left> findLeft(Progress &progress, std::vector<std::string> *unreadable = nullptr);
    static void remove(const Left &left);
    static std::filesystem::path folder();

private:
    void drop();

    std::filesystem::path m_copy;
    std::mutex m_writing; ///< one at a time
    std::mutex m_mutex;   ///< held for moments, for what follows
    std::unique_ptr<FileLock> m_lock;
    std::uint64_t m_removed = 0; ///< how often remove() was called
    bool m_closed = false;
};

} // namespace dscope
