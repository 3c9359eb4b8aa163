#include "ui/projectrecovery.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "ui/convert.h"

#include <QFileInfo>
#include <QUuid>

#include <algorithm>
#include <vector>

namespace dscope {

namespace fs = std::filesystem;

namespace {
constexpr const char *markKey = "recovery";

fs::path lockOf(const fs::path &copy)
{
    fs::path lock = copy;
    lock += ".lock";
    return lock;
}
} // namespace

fs::path ProjectRecovery::folder()
{
    return cacheDir() / "recovery";
}

ProjectRecovery::ProjectRecovery() : m_copy(folder() / (QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString() + ".dscope")) {}

ProjectRecovery::~ProjectRecovery() = default;

void ProjectRecovery::write(const Project &project, const fs::path &file)
{
    Json json = toJson(project, {});
    json[markKey] = {{"file", file.string()}};
    const std::string text = jsonText(json);
    const std::lock_guard guard(m_mutex);
    if (m_closed)
        return;
    if (!m_lock) {
        std::error_code problem;
        fs::create_directories(folder(), problem);
        m_lock = std::make_unique<QLockFile>(toQString(lockOf(m_copy)));
        m_lock->setStaleLockTime(0); // it is held for as long as the program runs
        m_lock->tryLock(0);
    }
    writeAtomically(m_copy, text);
}

void ProjectRecovery::remove()
{
    const std::lock_guard guard(m_mutex);
    std::error_code problem;
    fs::remove(m_copy, problem);
    m_lock.reset();
}

void ProjectRecovery::close()
{
    remove();
    const std::lock_guard guard(m_mutex);
    m_closed = true;
    std::error_code problem;
    fs::remove(m_copy, problem); // written in between
    m_lock.reset();
}

std::optional<ProjectRecovery::Left> ProjectRecovery::findLeft()
{
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
        left.lock = std::make_shared<QLockFile>(toQString(lockOf(copy)));
        left.lock->setStaleLockTime(0);
        if (!left.lock->tryLock(0))
            continue; // its program runs
        left.written = QFileInfo(toQString(copy)).lastModified();
        try {
            const Project project = readProject(copy);
            if (project.stored && project.stored->contains(markKey)) {
                const Json &mark = (*project.stored)[markKey];
                if (mark.is_object() && mark.contains("file") && mark["file"].is_string())
                    left.file = mark["file"].get<std::string>();
            }
            return left;
        } catch (const Error &) {
            continue;
        }
    }
    return std::nullopt;
}

Project ProjectRecovery::read(const Left &left)
{
    Project project = readProject(left.copy);
    Json stored = project.stored ? *project.stored : Json::object();
    stored.erase(markKey);
    project.stored = std::make_shared<const Json>(std::move(stored));
    return project;
}

void ProjectRecovery::remove(const Left &left)
{
    std::error_code problem;
    fs::remove(left.copy, problem);
    left.lock->unlock();
}

} // namespace dscope
