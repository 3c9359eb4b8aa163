// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sets/templates.h"

#include <cstdint>
#include <vector>

namespace dscope::test {

struct MadeRetrieval {
    TemplateFeatures set;
    std::vector<std::uint32_t> queries;
    std::vector<std::uint32_t> gallery;
};

struct MadeRetrievalOptions {
    std::int64_t people = 12;
    std::int32_t cameras = 3;
    std::int64_t most = 9; ///< elements per tracklet, at most
    std::int64_t dim = 16;
    std::uint64_t seed = 1;
};
/// A tracklet a person and camera, those of the first camera being queries, with good elements of high and bad ones of low D-score; then two tracklets of junk
/// (subject -1) and two of nobody that is looked for.
MadeRetrieval madeRetrieval(const MadeRetrievalOptions &options = {});

/// Eight tracklets of one value an element, whose ranks can be told by hand: see the test of GalleryRanking. Tracklets 0 and 7 are queries.
MadeRetrieval handRetrieval();

} // namespace dscope::test
