// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/scoreprogress.h"

#include <iterator>

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

constexpr std::size_t s_atATime = 4096; ///< outcomes read

/// Where the outcome of a picture lies.
std::uint64_t placeOf(const std::string &head, std::int64_t picture)
{
    return head.size() + static_cast<std::uint64_t>(picture) * sizeof(Outcome);
}

} // namespace

std::int64_t ScoreProgress::takeUp(const fs::path &path, const std::string &identity, std::int64_t copies, std::int32_t classes, const Outcomes &to)
{
    if (path.empty())
        return 0;
    PartFile &file = m_file.emplace(path, ""); // it never becomes anything else
    const std::string head = s_magic + identity + '\n';
    std::int64_t done = 0;
    if (file.takeUp(head)) {
        std::vector<Outcome> outcomes(s_atATime);
        for (bool whole = true; whole;) {
            outcomes.resize(file.readSome(placeOf(head, done), outcomes.data(), s_atATime * sizeof(Outcome)) / sizeof(Outcome));
            whole = outcomes.size() == s_atATime;
            for (const Outcome &outcome : outcomes) {
                if (done == std::ssize(to.scores.own) || outcome.hardestClass < 0 || outcome.hardestClass >= classes) {
                    whole = false;
                    break;
                }
                const auto i = static_cast<std::size_t>(done++);
                to.scores.own[i] = outcome.own;
                to.otherOwn[i] = outcome.otherOwn;
                to.scores.hardest[i] = outcome.hardest;
                to.scores.hardestClass[i] = outcome.hardestClass;
            }
        }
    }
    done -= done % copies;
    file.cut(placeOf(head, done));
    return done;
}

void ScoreProgress::keep(std::int64_t begin, std::int64_t count, const Outcomes &from)
{
    if (!m_file)
        return;
    std::vector<Outcome> outcomes(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(begin + i);
        outcomes[static_cast<std::size_t>(i)] = {from.scores.own[at], from.otherOwn[at], from.scores.hardest[at], from.scores.hardestClass[at]};
    }
    m_file->append(outcomes.data(), outcomes.size() * sizeof(Outcome));
}

} // namespace dscope
