// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/network.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace dscope {

class FaceNet;

/// What a forward pass consists of.
struct Counted {
    Cost cost;
    std::vector<LayerInfo> layers; ///< convolutions, linear and recurrent layers, batch-norms, activations, element-wise operations, poolings, as they ran
};

/// Watches the operators that `forward` runs in this thread, which should be of one picture. Operators whose MAC or element-wise operations
/// are not known (shapes, copies) are passed over. A layer is named after the module whose parameters it reads; one without parameters is
/// named by its type and number. Every parameter is counted with the first layer that reads it, those that none read in layers of their own.
/// @param parameters by full name, such as "layer1.0.conv1.weight"
Counted countOperators(const std::map<std::string, at::Tensor> &parameters, const std::function<void()> &forward);

/// One forward pass of `net`, not folded, for one element of this shape. The layers' parameters add up to the net's.
Counted countNetwork(FaceNet &net, const ElementShape &shape);
Counted countNetwork(FaceNet &net, int height, int width);

} // namespace dscope
