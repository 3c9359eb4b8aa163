// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/facelist.h"
#include "ui/jobs/thumbnailcache.h"
#include "ui/models/labelstate.h"

#include <memory>

namespace dscope {

/// The pictures of a labelled set, read from where the set lies.
class FaceThumbnails final : public ThumbnailSource {
public:
    /// Reads the index of a record file, so not on the window's thread. @throws FileError, Cancelled
    FaceThumbnails(LabelSetPtr set, Progress &progress);
    bool has(int item) const override;
    QImage image(int item) const override;

private:
    LabelSetPtr m_set;
    FaceReader m_reader;
};

} // namespace dscope
