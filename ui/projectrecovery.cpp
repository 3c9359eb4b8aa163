// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/projectrecovery.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/inputfile.h"
#include "ui/convert.h"

#include <QFileInfo>
#include <QUuid>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

/// Holds a file that belongs to one program at a time. Unlike a number of a process in the file, it cannot outlive its program, and a number that is
/// given twice (in containers it often is) does no harm.
class FileLock {
public:
    explicit FileLock(fs::path file) : m_file(std::move(file)) {}
    ~FileLock()
    {
        if (m_handle >= 0)
            ::close(m_handle);
    }
    FileLock(const FileLock &) = delete;
    FileLock &operator=(const FileLock &) = delete;

    /// @return false when another one has it, or the file cannot be made
    bool take()
    {
        constexpr int tries = 10;
        for (int i = 0; i < tries; ++i) {
            m_handle = ::open(m_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            if (m_handle < 0)
                return false;
            if (::flock(m_handle, LOCK_EX | LOCK_NB) == 0 && isInPlace())
                return true;
            const bool taken = errno == EWOULDBLOCK;
            ::close(m_handle);
            m_handle = -1;
            if (taken)
                return false;
        }
        return false;
    }
    /// Gives it up and leaves no file.
    void remove()
    {
        if (m_handle < 0)
            return;
        std::error_code problem;
        fs::remove(m_file, problem);
        ::close(m_handle);
        m_handle = -1;
    }

private:
    /// Between opening and taking it, its last holder may have removed it.
    bool isInPlace() const
    {
        struct stat mine {};
        struct stat there {};
        errno = 0;
        return ::fstat(m_handle, &mine) == 0 && ::stat(m_file.c_str(), &there) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
    }

    fs::path m_file;
    int m_handle = -1;
};

namespace {
constexpr const char *markKey = "recovery";

fs::path lockOf(const fs::path &copy)
{
    fs::path lock = copy;
    lock += ".lock";
    return lock;
}

std::int64_t numberOf(fs::file_time_type time)
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

fs::file_time_type timeOf(std::int64_t number)
{
    return fs::file_time_type(std::chrono::duration_cast<fs::file_time_type::duration>(std::chrono::nanoseconds(number)));
}

/// Takes the mark out of a copy that was read.
void readMark(Project &project, ProjectRecovery::Left &left)
{
    Json stored = project.stored ? *project.stored : Json::object();
    if (const auto mark = stored.find(markKey); mark != stored.end() && mark->is_object()) {
        if (const auto file = mark->find("file"); file != mark->end() && file->is_string())
            left.file = pathFromText(file->get<std::string>());
        if (const auto at = mark->find("written"); at != mark->end() && at->is_number_integer())
            left.at = timeOf(at->get<std::int64_t>());
    }
    stored.erase(markKey);
    project.stored = std::make_shared<const Json>(std::move(stored));
}

/// What is of no copy any more: half-written ones and locks of programs that are gone.
void tidy(const fs::path &folder)
{
    std::error_code problem;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, problem); !problem && entry != fs::directory_iterator(); entry.increment(problem))
        files.push_back(entry->path());
    for (const fs::path &file : files) {
        const std::string name = file.filename().string();
        const std::size_t end = name.find(".dscope.");
        if (end == std::string::npos)
            continue;
        const fs::path copy = folder / name.substr(0, end + std::string_view(".dscope").size());
        FileLock lock(lockOf(copy));
        if (!lock.take())
            continue; // its program runs
        if (name.find(".part", end) != std::string::npos)
            fs::remove(file, problem);
        if (!fs::exists(copy, problem))
            lock.remove();
    }
}
} // namespace

fs::path ProjectRecovery::folder()
{
    return cacheDir() / "recovery";
}

ProjectRecovery::ProjectRecovery() : m_copy(folder() / (QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString() + ".dscope")) {}

ProjectRecovery::~ProjectRecovery() = default;

void ProjectRecovery::write(const Project &project, const fs::path &file, std::optional<fs::file_time_type> at, const Progress &progress)
{
    const std::lock_guard writing(m_writing);
    std::uint64_t removed = 0;
    bool locked = false;
    {
        const std::lock_guard guard(m_mutex);
        if (m_closed)
            return;
        removed = m_removed;
        locked = m_lock != nullptr;
    }
    Json json = toJson(project, {});
    json[markKey] = {{"file", pathText(file)}};
    if (at)
        json[markKey]["written"] = numberOf(*at);
    const std::string text = jsonText(json);
    json = {};
    progress.throwIfCancelled();
    std::unique_ptr<FileLock> lock;
    if (!locked) {
        std::error_code problem;
        fs::create_directories(folder(), problem);
        lock = std::make_unique<FileLock>(lockOf(m_copy));
        // Another program that starts may be looking whether it is free. Where locks do not exist the copy is worth more than the lock.
        for (int i = 0; i < 20 && !lock->take(); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    // Beside the copy first: that may take its time, and putting it in place does not.
    fs::path beside = m_copy;
    beside += ".part";
    writeAtomically(beside, text);
    const std::lock_guard guard(m_mutex);
    std::error_code problem;
    if (m_closed || m_removed != removed) {
        fs::remove(beside, problem);
        if (lock)
            lock->remove();
        return;
    }
    if (lock)
        m_lock = std::move(lock);
    fs::rename(beside, m_copy, problem);
    if (problem)
        throw FileError(m_copy, "could not be put in place: " + systemReason(problem.value()) + ".");
}

void ProjectRecovery::remove()
{
    const std::lock_guard guard(m_mutex);
    drop();
}

void ProjectRecovery::close()
{
    const std::lock_guard guard(m_mutex);
    m_closed = true;
    drop();
}

void ProjectRecovery::drop()
{
    ++m_removed;
    std::error_code problem;
    fs::remove(m_copy, problem);
    if (m_lock)
        m_lock->remove();
    m_lock.reset();
}

std::optional<ProjectRecovery::Left> ProjectRecovery::findLeft(Progress &progress, std::vector<std::string> *unreadable)
{
    tidy(folder());
    std::vector<std::pair<fs::file_time_type, fs::path>> copies;
    std::error_code problem;
    for (fs::directory_iterator entry(folder(), problem); !problem && entry != fs::directory_iterator(); entry.increment(problem)) {
        std::error_code none;
        if (isProject(entry->path()))
            copies.emplace_back(fs::last_write_time(entry->path(), none), entry->path());
    }
    std::sort(copies.rbegin(), copies.rend());
    for (const auto &[time, copy] : copies) {
        Left left;
        left.copy = copy;
        left.lock = std::make_shared<FileLock>(lockOf(copy));
        if (!left.lock->take())
            continue; // its program runs
        left.written = QFileInfo(toQString(copy)).lastModified();
        try {
            Project project = readProject(copy, progress);
            readMark(project, left);
            left.project = std::make_shared<const Project>(std::move(project));
            return left;
        } catch (const Error &error) {
            if (!fs::exists(copy, problem)) // gone meanwhile
                left.lock->remove();
            else if (unreadable != nullptr)
                unreadable->emplace_back(error.what());
        }
    }
    return std::nullopt;
}

void ProjectRecovery::remove(const Left &left)
{
    std::error_code problem;
    fs::remove(left.copy, problem);
    left.lock->remove();
}

} // namespace dscope
