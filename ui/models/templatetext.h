// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/sets/templates.h"

#include <QString>

#include <cstdint>

namespace dscope {

/// "template 1204 · George Bush", or the number alone where the subject is not known.
QString templateText(const TemplateFeatures &set, std::uint32_t place);

/// Whose tracklet it is: "person 12", a name, "distractor" for MARS's person 0, or "nobody" for junk.
QString personText(const TemplateFeatures &set, std::uint32_t place);

} // namespace dscope
