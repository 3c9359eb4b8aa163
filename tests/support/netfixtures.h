// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/checkpoint.h"
#include "core/nets/counting.h"
#include "core/nets/tensorlist.h"
#include "tests/support/support.h"

#include <cstdint>
#include <filesystem>
#include <string>

// What tests of networks know them by.

namespace dscope::test {

/// Where a fixture of a network lies.
inline std::filesystem::path netFixture(const std::string &name)
{
    return sharedDir() / "golden_nets" / name;
}

/// Of the layers of a type.
inline std::int64_t macOf(const Counted &counted, const std::string &type)
{
    std::int64_t mac = 0;
    for (const LayerInfo &layer : counted.layers)
        mac += layer.type == type ? layer.mac : 0;
    return mac;
}

/// What a file of these tensors says of itself.
inline WeightsInfo infoOf(const StateDict &tensors, const std::string &prefix = {})
{
    WeightsInfo info;
    for (const auto &[name, tensor] : tensors)
        info.tensors.push_back({prefix + name, "float32", tensor.sizes().vec()});
    return info;
}

} // namespace dscope::test
