// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/facethumbnails.h"

#include "ui/convert.h"

#include <utility>

namespace dscope {

FaceThumbnails::FaceThumbnails(LabelSetPtr set, Progress &progress) : m_set(std::move(set)), m_reader(m_set->faces(), progress) {}

bool FaceThumbnails::has(int item) const
{
    return item >= 0 && item < m_set->size();
}

QImage FaceThumbnails::image(int item) const
{
    return toQImage(m_reader.read(static_cast<std::size_t>(item)));
}

} // namespace dscope
