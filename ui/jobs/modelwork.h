// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/nets/library.h"
#include "core/nets/network.h"
#include "ui/models/layermodel.h"

#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace dscope {

/// What looking into a model's file brings.
struct ModelInsight {
    std::string name;
    std::shared_ptr<Network> network; ///< null where it cannot be loaded as one
    QString problem;                  ///< why; empty: it can
    std::vector<LayerModel::Row> rows;
    bool tensors = false; ///< the rows are tensors, not layers
    std::string hash;
    std::int64_t parameters = 0;
    std::int64_t fileBytes = 0;
    std::vector<std::string> outputs; ///< of an ONNX file with several: their names
    std::vector<std::string> weights; ///< of a file with several sets of weights: their names
};

/// Looks into a model, on the CPU. Does not throw for what is wrong with the file: that is part of the answer. @throws Cancelled
ModelInsight inspectModel(const ModelSpec &spec, Progress &progress);

/// What a model says of one picture.
struct ModelTrial {
    Picture crop;         ///< the element as it is shown: a face aligned
    Picture prepared;     ///< the part that the network gets
    bool aligned = false; ///< the picture was an element already
    int faces = 0;        ///< found in it
    std::optional<double> norm;
    std::optional<double> dScore;
    std::string ddnet; ///< whose D-score it is
};

/// Finds the strongest element of a picture, cuts it out and runs the model on it: a base gives the length of its embedding, and the D-score where
/// a DDNet for it is there; a DDNet gives the D-score. @throws FileError, Error where there is none, Cancelled
ModelTrial tryModel(const ModelSpec &spec, const ModelStore &store, const std::filesystem::path &picture, Progress &progress);

} // namespace dscope
