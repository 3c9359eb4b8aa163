// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sets/templates.h"

#include <cstdint>

namespace dscope::test {

struct MadeTemplates {
    TemplateFeatures set;
    TemplatePairs pairs;
};

struct MadeTemplatesOptions {
    std::int64_t templates = 60;
    std::int64_t dim = 16;
    std::int64_t most = 24; ///< faces per template, at most
    std::int64_t subjects = 20;
    double empty = 0.05;      ///< share of templates without a face
    double ties = 0.3;        ///< share of D-scores that are one of a few round numbers
    double nearlyEqual = 0.2; ///< share of templates whose D-scores differ in the last bits only
    std::int64_t pairs = 0;   ///< drawn at random; 0: all templates with all
    std::uint64_t seed = 1;
};

/// Templates of people with good and bad faces, with everything that is rare in life: none, one, equal and nearly equal D-scores.
MadeTemplates madeTemplates(const MadeTemplatesOptions &options);

} // namespace dscope::test
