// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/filebytes.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/base/inputfile.h"

#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <map>

namespace dscope {

namespace {

constexpr std::int64_t s_second = 1'000'000'000;
/// A file system's clock moves in steps of up to 10 ms; what was changed longer ago than this cannot change again within the same step.
constexpr std::int64_t s_step = s_second / 10;

FileIdentity identityFrom(const struct stat &status)
{
    return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino), static_cast<std::uint64_t>(status.st_size),
            status.st_mtim.tv_sec * s_second + status.st_mtim.tv_nsec, status.st_ctim.tv_sec * s_second + status.st_ctim.tv_nsec};
}

bool longAgo(const FileIdentity &identity)
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * s_second + now.tv_nsec - identity.changed > s_step;
}

FileIdentity identityOf(const InputFile &file)
{
    struct stat status {};
    if (::fstat(file.descriptor(), &status) != 0)
        throw FileError(file.path(), "cannot be looked at: " + systemReason(errno) + ".");
    return identityFrom(status);
}

struct Held {
    std::mutex mutex;
    std::map<FileIdentity, std::weak_ptr<const FileBytes>> files;
    std::map<FileIdentity, std::string> hashes;
};

Held &held()
{
    static Held all;
    return all;
}

} // namespace

std::optional<FileIdentity> FileIdentity::of(const std::filesystem::path &path)
{
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
        return std::nullopt;
    return identityFrom(status);
}

std::shared_ptr<const FileBytes> FileBytes::read(const std::filesystem::path &path, std::uint64_t limit)
{
    const InputFile file(path);
    const FileIdentity identity = identityOf(file);
    if (identity.size > limit)
        throw FileError(path, "has " + std::to_string(identity.size) + " bytes, more than the " + std::to_string(limit) + " allowed here.");
    Held &all = held();
    {
        const std::lock_guard lock(all.mutex);
        if (const auto found = all.files.find(identity); found != all.files.end())
            if (std::shared_ptr<const FileBytes> same = found->second.lock())
                return same;
    }
    auto made = std::make_shared<FileBytes>();
    made->m_identity = identity;
    made->m_bytes = std::make_unique_for_overwrite<std::uint8_t[]>(static_cast<std::size_t>(identity.size));
    const bool settled = longAgo(identity); // asked before the bytes are read
    file.read(0, made->m_bytes.get(), static_cast<std::size_t>(identity.size));
    made->m_steady = settled && identityOf(file) == identity;
    if (made->m_steady) {
        const std::lock_guard lock(all.mutex);
        std::erase_if(all.files, [](const auto &entry) { return entry.second.expired(); });
        all.files[identity] = made;
    }
    return made;
}

const std::string &FileBytes::sha256() const
{
    std::call_once(m_hashed, [this] { m_sha256 = dscope::sha256(text()); });
    return m_sha256;
}

std::string fileHash(const std::filesystem::path &path)
{
    constexpr std::size_t most = 1024;
    const std::optional<FileIdentity> before = FileIdentity::of(path);
    Held &all = held();
    if (before) {
        const std::lock_guard lock(all.mutex);
        if (const auto found = all.hashes.find(*before); found != all.hashes.end())
            return found->second;
    }
    const bool settled = before && longAgo(*before);
    std::string hash = sha256File(path);
    if (settled && FileIdentity::of(path) == before) {
        const std::lock_guard lock(all.mutex);
        if (all.hashes.size() >= most)
            all.hashes.clear();
        all.hashes[*before] = hash;
    }
    return hash;
}

} // namespace dscope
