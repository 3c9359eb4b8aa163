// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/scores/labelset.h"

#include <filesystem>
#include <memory>

namespace dscope::test {

/// A labelled set made up.
struct MadeLabels {
    int people = 4;
    int perPerson = 5;
    int copies = 1;
    bool cosine = true;
    bool single = false;           ///< one more person with a single picture
    std::filesystem::path files{}; ///< where the pictures are written; empty: there are none
};

/// Scores in a grid: picture j of person p has own 0.9 - 0.1 j (cosine) and hardest 0.3 + 0.1 p, so that D falls with j and with p; the
/// person it is confused with is the next one. With distances own and hardest change places.
Targets madeTargets(const MadeLabels &wish = {});
/// Many pictures in a cloud such as a real set has.
std::shared_ptr<const LabelSet> madeCloud(int pictures);

} // namespace dscope::test
