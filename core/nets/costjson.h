// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"

#include <cstdint>

namespace dscope {

/// A count of multiply-accumulates or operations as JSON: null where it is not known (0), which nobody takes for a network that costs nothing.
inline Json costJson(std::int64_t operations)
{
    return operations > 0 ? Json(operations) : Json(nullptr);
}

} // namespace dscope
