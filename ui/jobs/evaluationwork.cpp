// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/evaluationwork.h"

#include "core/base/error.h"
#include "core/image/reader.h"
#include "core/tasks/elements.h"
#include "ui/convert.h"

namespace dscope {

namespace fs = std::filesystem;

bool EvaluationPictures::has(int item) const
{
    const std::vector<std::string> &names = m_set->features->names;
    const auto faces = static_cast<int>(m_set->features->faces());
    const int face = item >= faces ? item - faces : item;
    return face >= 0 && static_cast<std::size_t>(face) < names.size() && !names[static_cast<std::size_t>(face)].empty();
}

int EvaluationPictures::itemOf(const EvaluationSet &set, int face, bool whole)
{
    return whole ? face + static_cast<int>(set.features->faces()) : face;
}

QImage EvaluationPictures::image(int item) const
{
    const auto faces = static_cast<int>(m_set->features->faces());
    const bool whole = item >= faces;
    const auto face = static_cast<std::size_t>(whole ? item - faces : item);
    const fs::path file = m_set->features->names[face];
    std::error_code problem;
    if (!fs::exists(file, problem))
        return missingThumbnail(tr("picture not found"), tr("There is no such file: %1").arg(toQString(file)));
    Picture picture;
    try {
        picture = readPicture(file);
    } catch (const std::exception &error) {
        return missingThumbnail(tr("picture cannot be read"), toQString(describe(error)));
    }
    if (!whole)
        cutFace(face, picture);
    return toQImage(picture, maxSide);
}

void EvaluationPictures::cutFace(std::size_t face, Picture &picture) const
{
    const std::vector<std::uint32_t> &places = m_set->features->pictures;
    if (face >= places.size())
        return;
    const std::size_t at = places[face];
    try {
        FoundElement place;
        if (at < m_set->landmarks.size())
            place.landmarks = m_set->landmarks[at];
        if (at < m_set->boxes.size())
            place.box = m_set->boxes[at];
        if (place.landmarks || place.box)
            picture = elementSource(taskNamed(m_set->benchmark->task)).cut(PicturePixels(picture), place, {}).shown;
    } catch (const Error &) {
        // Landmarks or a box of no use: the whole picture says more than none.
    }
}

} // namespace dscope
