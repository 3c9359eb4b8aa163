// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/damage/families.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dscope {

/// A face drawn by rule, 112 x 112, with the landmarks where alignment brings them: of nobody, for showing what damage does.
Picture drawnFace();

/// A table as a picture: a row per family with its name, the picture itself and damaged copies at each severity, the same numbers drawn for each.
/// @throws Error for a picture of more than 512 pixels a side
Picture damageSheet(const Picture &picture, const std::vector<const DamageFamily *> &families, const std::vector<double> &severities, std::uint64_t seed);

/// The families as a Markdown table: name, group, range.
std::string damageTable(const std::vector<const DamageFamily *> &families);

} // namespace dscope
