// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace dscope {

/// The search for the hardest centroid in float32, on a device: of each sample what may be the nearest of all other classes, to be compared in double.
class HardestSearch {
public:
    /// Of each sample classes and products with them.
    using Candidates = std::vector<std::vector<std::pair<std::int32_t, float>>>;

    HardestSearch();
    ~HardestSearch();
    HardestSearch(const HardestSearch &) = delete;
    HardestSearch &operator=(const HardestSearch &) = delete;

    /// Puts the centroids onto a device; where a GPU has no room, into memory. @param fill writes the centroids [classes, dim] and, for distances, minus half
    /// their squared lengths [classes], which makes the nearest the largest of x c - c c / 2
    void place(std::int64_t classes, std::int64_t dim, bool cosine, const Device &device, const std::function<void(float *rows, float *halves)> &fill);
    /// Where they are.
    const Device &device() const { return m_device; }

    /// For each sample the best product with another class's centroid, and all that come within its margin of the best at the time. From several threads.
    /// @param rows [n, dim] @param own [n], the sample's class, which is none of the others @param columns centroids a block @param part products of which the
    /// highest stands for all until it comes near the best; 0: what suits the device @param candidates [at least n], those found are put behind
    std::vector<float> run(const float *rows, std::span<const std::int32_t> own, std::span<const float> margins, std::int64_t columns, std::int64_t part,
                           Candidates &candidates);

private:
    struct Placed;
    std::unique_ptr<Placed> m_placed;
    Device m_device;
    std::mutex m_gpu;
};

} // namespace dscope
