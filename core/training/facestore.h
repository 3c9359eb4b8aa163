// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/training/facelist.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace dscope {

/// The faces of a list for training: decoded once and kept where they fit into memory, else decoded whenever they are asked for.
class FaceStore {
public:
    static constexpr std::int64_t usualBudget = std::int64_t{2} << 30;

    /// Faces that are kept and cannot be read are dropped from `list`, with notices. List and task must outlive the store. @param budget bytes
    /// @throws as readFaces and FaceReader do
    FaceStore(FaceList &list, Progress &progress, std::int64_t budget = usualBudget);

    bool kept() const { return !m_pictures.empty(); }
    ~FaceStore();
    FaceStore(const FaceStore &) = delete;
    FaceStore &operator=(const FaceStore &) = delete;
    /// From any thread. @throws FileError naming a face that cannot be read
    Picture at(std::size_t i) const;

private:
    const FaceList &m_list;
    Progress &m_task;
    std::vector<Picture> m_pictures;
    std::unique_ptr<FaceReader> m_reader;
};

} // namespace dscope
