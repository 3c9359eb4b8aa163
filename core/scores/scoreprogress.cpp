// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/scoreprogress.h"

#include "core/base/error.h"
#include "core/base/inputfile.h"

#include <iterator>
#include <system_error>

namespace dscope {

namespace fs = std::filesystem;

namespace {

constexpr const char *s_magic = "dscope.progress/2 ";

#pragma pack(push, 1)
/// One picture's outcome, as the progress file holds it.
struct Outcome {
    double own;
    double otherOwn;
    double hardest;
    std::int32_t hardestClass;
};
#pragma pack(pop)

} // namespace

std::int64_t ScoreProgress::takeUp(const fs::path &path, const std::string &identity, std::int64_t copies, std::int32_t classes, const Outcomes &to)
{
    m_path = path;
    if (path.empty())
        return 0;
    std::error_code missing;
    if (fs::exists(path, missing))
        checkReadable(path); // a pipe would block, a device would be replaced
    const std::string head = s_magic + identity + '\n';
    std::int64_t done = 0;
    {
        std::ifstream in(path, std::ios::binary);
        std::string found(head.size(), '\0');
        if (in.read(found.data(), static_cast<std::streamsize>(found.size())) && found == head) {
            Outcome outcome{};
            while (done < std::ssize(to.scores.own) && in.read(reinterpret_cast<char *>(&outcome), sizeof outcome)) {
                if (outcome.hardestClass < 0 || outcome.hardestClass >= classes)
                    break;
                const auto i = static_cast<std::size_t>(done++);
                to.scores.own[i] = outcome.own;
                to.otherOwn[i] = outcome.otherOwn;
                to.scores.hardest[i] = outcome.hardest;
                to.scores.hardestClass[i] = outcome.hardestClass;
            }
        }
    }
    done -= done % copies;
    std::error_code problem;
    if (path.has_parent_path())
        fs::create_directories(path.parent_path(), problem);
    if (done > 0)
        fs::resize_file(path, head.size() + static_cast<std::uintmax_t>(done) * sizeof(Outcome), problem);
    m_file.open(path, done > 0 && !problem ? std::ios::binary | std::ios::app : std::ios::binary | std::ios::trunc);
    if (done > 0 && problem)
        done = 0;
    if (done == 0)
        m_file << head;
    if (!m_file.flush())
        throw FileError(path, "cannot be written: the work could not be taken up later.");
    return done;
}

void ScoreProgress::keep(std::int64_t begin, std::int64_t count, const Outcomes &from)
{
    if (m_path.empty())
        return;
    std::vector<Outcome> outcomes(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(begin + i);
        outcomes[static_cast<std::size_t>(i)] = {from.scores.own[at], from.otherOwn[at], from.scores.hardest[at], from.scores.hardestClass[at]};
    }
    m_file.write(reinterpret_cast<const char *>(outcomes.data()), static_cast<std::streamsize>(outcomes.size() * sizeof(Outcome)));
    if (!m_file.flush())
        throw FileError(m_path, "cannot be written: is the disk full? What it holds stays, and a later call resumes there.");
}

} // namespace dscope
