#pragma once

#include "core/io/project.h"

#include <QDateTime>
#include <QLockFile>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

namespace dscope {

/// A copy of unsaved work in cacheDir()/recovery: a file for each running program, locked while it runs, so that what a program left behind that
/// ended without saying so can be told from what another one is working on.
class ProjectRecovery {
public:
    /// What a program left behind.
    struct Left {
        std::filesystem::path copy;
        std::filesystem::path file; ///< the project that it belongs to; empty: it was not saved yet
        QDateTime written;
        std::shared_ptr<QLockFile> lock; ///< held until it is decided about
    };

    ProjectRecovery();
    ~ProjectRecovery();
    ProjectRecovery(const ProjectRecovery &) = delete;
    ProjectRecovery &operator=(const ProjectRecovery &) = delete;

    /// Writes the copy, atomically; from any thread. Does nothing after close(). @throws FileError
    void write(const Project &project, const std::filesystem::path &file);
    /// Nothing is unsaved any more.
    void remove();
    /// The same, for good.
    void close();
    const std::filesystem::path &copy() const { return m_copy; }

    /// The newest that was left behind. One that cannot be read is not offered.
    static std::optional<Left> findLeft();
    /// The project of a copy, without the mark that it is one. @throws FileError
    static Project read(const Left &left);
    static void remove(const Left &left);
    static std::filesystem::path folder();

private:
    std::mutex m_mutex;
    std::filesystem::path m_copy;
    std::unique_ptr<QLockFile> m_lock;
    bool m_closed = false;
};

} // namespace dscope
