// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/realfaces.h"

#include "core/analysis/madeset.h"
#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/training/augment.h"

#include <cmath>
#include <utility>

namespace dscope {

RealFaces::RealFaces(const SynthOptions &options, std::int64_t people, std::size_t each, Progress &progress)
    : m_list(readFaceList(options.pictures, options.people, progress))
{
    std::vector<std::vector<std::size_t>> own(m_list.people.size());
    for (std::size_t i = 0; i < m_list.size(); ++i)
        own[static_cast<std::size_t>(m_list.labels[i])].push_back(i);
    for (std::size_t p = 0; p < own.size(); ++p)
        if (own[p].size() >= each) {
            m_own.push_back(std::move(own[p]));
            m_names.push_back(m_list.people[p]);
        }
    if (static_cast<std::int64_t>(m_own.size()) < people) {
        // Rounded down, so that what is proposed does work.
        const double most = std::floor(1e4 * options.scale * static_cast<double>(m_own.size()) / static_cast<double>(people)) / 1e4;
        throw Error(options.pictures.string() + " has " + std::to_string(m_own.size()) + " people with " + std::to_string(each)
                    + " faces or more; at this scale " + std::to_string(people) + " are needed."
                    + (most > 0 ? " Choose a --scale of " + csvNumber(most) + " or less." : ""));
    }
    m_reader = std::make_unique<FaceReader>(m_list, progress);
}

std::vector<std::uint8_t> RealFaces::face(std::int64_t person, std::int64_t part, std::int64_t parts, std::int64_t face, bool bad, std::uint64_t seed,
                                          std::int64_t number) const
{
    const std::vector<std::size_t> &own = m_own[static_cast<std::size_t>(person)];
    std::vector<std::size_t> mine;
    for (std::size_t i = 0; i < own.size(); ++i)
        if (static_cast<std::int64_t>(i) % parts == part % parts)
            mine.push_back(own[i]);
    const std::vector<std::size_t> &from = mine.empty() ? own : mine;
    Picture picture = m_reader->read(from[static_cast<std::size_t>(face) % from.size()]);
    Random random = madeRandom(seed, MadeStream::Picture, number);
    picture = bad ? randomlyDegraded(picture, random) : relit(picture, random);
    return encodeJpeg(picture, 95);
}

void writeJpegFile(const std::filesystem::path &file, const std::vector<std::uint8_t> &bytes)
{
    writeAtomically(file, {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
}

} // namespace dscope
