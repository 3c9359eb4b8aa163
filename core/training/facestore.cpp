// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/facestore.h"

#include "core/base/error.h"

namespace dscope {

FaceStore::FaceStore(FaceList &list, Progress &progress, std::int64_t budget) : m_list(list), m_task(progress)
{
    const std::int64_t bytes = std::int64_t{3} * list.shape.width * list.shape.height;
    if (static_cast<std::int64_t>(list.size()) <= budget / bytes)
        m_pictures = readFaces(list, progress);
    else
        m_reader = std::make_unique<FaceReader>(list, progress);
}

FaceStore::~FaceStore()
{
    if (m_reader)
        m_reader->tellDamage(m_task);
}

Picture FaceStore::at(std::size_t i) const
{
    if (!m_reader)
        return m_pictures[i];
    try {
        Picture picture = m_reader->read(i);
        m_reader->tellDamage(m_task, false);
        return picture;
    } catch (const FileError &) {
        throw;
    } catch (const Error &error) {
        throw FileError(m_list.root / m_list.files[i], error.what());
    }
}

} // namespace dscope
