// SPDX-License-Identifier: GPL-3.0-or-later
// An ONNX file on disk, with the files of weights beside it.
#include "core/onnx/graph.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t s_largestFile = (std::uint64_t{1} << 31U) - 1; ///< what the format's own lengths reach

/// The files of one folder that hold weights, opened once each.
class ExternalFiles {
public:
    ExternalFiles(fs::path folder, Sha256 &hash) : m_folder(std::move(folder)), m_hash(hash) {}
    ~ExternalFiles()
    {
        for (const auto &[name, file] : m_files)
            ::close(file.descriptor);
    }
    ExternalFiles(const ExternalFiles &) = delete;
    ExternalFiles &operator=(const ExternalFiles &) = delete;

    std::string read(const std::string &name, std::uint64_t offset, std::uint64_t length)
    {
        File &file = open(name);
        if (offset > file.size || length > file.size - offset)
            throw Error("has " + std::to_string(file.size) + " bytes; " + std::to_string(length) + " from " + std::to_string(offset) + " on are asked for.");
        // Weights that all name the same bytes would take any amount of memory.
        file.taken += length;
        if (file.taken > 2 * file.size)
            throw Error("has " + std::to_string(file.size) + " bytes, of which the weights ask for more than twice as many.");
        std::string bytes(static_cast<std::size_t>(length), '\0');
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t got = ::pread(file.descriptor, bytes.data() + at, bytes.size() - at, static_cast<off_t>(offset + at));
            if (got < 0 && errno == EINTR)
                continue;
            if (got <= 0)
                throw Error("cannot be read.");
            at += static_cast<std::size_t>(got);
        }
        m_hash.add(bytes);
        return bytes;
    }

private:
    struct File {
        int descriptor = -1;
        std::uint64_t size = 0;
        std::uint64_t taken = 0;
    };

    File &open(const std::string &name)
    {
        const auto found = m_files.find(name);
        if (found != m_files.end())
            return found->second;
        if (m_files.size() >= 64)
            throw Error("is one of more than 64.");
        File file;
        file.descriptor = ::open((m_folder / name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file.descriptor < 0)
            throw Error(errno == ELOOP        ? "is a link, which is not followed."
                            : errno == ENOENT ? "is not beside it. Copy both files together."
                                              : "cannot be opened.");
        File &kept = m_files[name] = file;
        struct stat status {};
        if (::fstat(file.descriptor, &status) != 0 || !S_ISREG(status.st_mode))
            throw Error("is no regular file.");
        kept.size = static_cast<std::uint64_t>(status.st_size);
        return kept;
    }

    fs::path m_folder;
    Sha256 &m_hash;
    std::map<std::string, File> m_files;
};

} // namespace

OnnxGraph readOnnx(const fs::path &path, std::string *sha256)
{
    const std::vector<std::uint8_t> bytes = readBytes(path, s_largestFile);
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    const std::string own = sha256 != nullptr ? dscope::sha256(text) : std::string();
    Sha256 all;
    all.add(own);
    ExternalFiles files(path.parent_path(), all);
    OnnxGraph graph =
        parseOnnx(text, path, [&](const std::string &name, std::uint64_t offset, std::uint64_t length) { return files.read(name, offset, length); });
    if (sha256 != nullptr)
        *sha256 = graph.externalFiles.empty() ? own : all.hex();
    return graph;
}

} // namespace dscope
