// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/scores/hardestsearch.h"

#include "core/base/torchdevice.h"
#include "core/nets/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace dscope {

namespace {

constexpr std::int64_t s_gpuPart = 256; ///< products of which the highest stands for all, until it comes near the best; on the CPU a whole block's

/// A sample's own class is none of the others. @param products rows of which the first `width` values are those of the classes from `first` on
void maskOwn(const at::Tensor &products, std::int64_t width, std::span<const std::int32_t> own, std::int64_t first)
{
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < products.size(0); ++i) {
        const std::int64_t column = own[static_cast<std::size_t>(i)] - first;
        if (column >= 0 && column < width)
            places.push_back(i * products.size(1) + column);
    }
    if (places.empty())
        return;
    const at::Tensor at_ = at::from_blob(places.data(), {static_cast<std::int64_t>(places.size())}, at::kLong).to(products.device());
    products.view({-1}).index_fill_(0, at_, -std::numeric_limits<float>::infinity());
}

} // namespace

struct HardestSearch::Placed {
    at::Tensor centroids; ///< [dim, K] on the device
    at::Tensor halves;    ///< [K]
    bool cosine = true;
};

HardestSearch::HardestSearch() = default;
HardestSearch::~HardestSearch() = default;

void HardestSearch::place(std::int64_t classes, std::int64_t dim, bool cosine, const Device &device,
                          const std::function<void(float *rows, float *halves)> &fill)
{
    m_device = device;
    const at::Tensor centroids = at::empty({classes, dim}, at::kFloat);
    const at::Tensor halves = at::zeros({classes}, at::kFloat);
    fill(centroids.data_ptr<float>(), halves.data_ptr<float>());
    try {
        m_placed = std::make_unique<Placed>(Placed{centroids.to(torchDevice(device)).t(), halves.to(torchDevice(device)), cosine});
    } catch (const c10::Error &error) {
        if (!isOutOfMemory(error) || !device.isCuda())
            throw;
        m_placed = std::make_unique<Placed>(Placed{centroids.t(), halves, cosine});
        m_device = Device{};
    }
}

std::vector<float> HardestSearch::run(const float *rows, std::span<const std::int32_t> own, std::span<const float> margins, std::int64_t columns,
                                      std::int64_t part, Candidates &candidates)
{
    const c10::InferenceMode inference;
    std::unique_lock lock(m_gpu, std::defer_lock);
    if (m_device.isCuda())
        lock.lock(); // its memory is for one block at a time
    const at::Device where = torchDevice(m_device);
    const std::int64_t count = std::ssize(own);
    const at::Tensor x = at::from_blob(const_cast<float *>(rows), {count, m_placed->centroids.size(0)}, at::kFloat);
    const std::int64_t classes = m_placed->centroids.size(1);
    const at::Tensor samples = x.to(where);
    const at::Tensor allowed = at::from_blob(const_cast<float *>(margins.data()), {count}, at::kFloat).to(where);
    at::Tensor best = at::full({count}, -std::numeric_limits<float>::infinity(), samples.options());
    // Rows of products are as long as a whole number of parts. Only the highest of each part is looked at; of the few parts that reach far enough, every
    // value.
    const std::int64_t wide = part > 0 ? part : m_device.isCuda() ? s_gpuPart : std::min(columns, classes);
    const auto partsOf = [wide](std::int64_t values) { return (values + wide - 1) / wide; };
    const std::int64_t longest = partsOf(std::min(columns, classes)) * wide;
    const at::Tensor room = at::empty({count * longest}, samples.options());
    struct Hits {
        at::Tensor rows, columns, values;
    };
    std::vector<Hits> found;
    for (std::int64_t first = 0; first < classes; first += columns) {
        const std::int64_t width = std::min(columns, classes - first);
        const std::int64_t parts = partsOf(width);
        const at::Tensor whole = room.narrow(0, 0, count * parts * wide).view({count, parts * wide});
        at::Tensor products = whole.narrow(1, 0, width);
        const at::Tensor centroids = m_placed->centroids.narrow(1, first, width);
        if (whole.size(1) > width)
            whole.narrow(1, width, whole.size(1) - width).fill_(-std::numeric_limits<float>::infinity());
        if (m_placed->cosine)
            at::mm_out(products, samples, centroids);
        else
            at::addmm_out(products, m_placed->halves.narrow(0, first, width).unsqueeze(0), samples, centroids);
        maskOwn(whole, width, own, first);
        const at::Tensor tops = whole.view({count, parts, wide}).amax(2);
        best = at::maximum(best, tops.amax(1));
        const at::Tensor least = best - allowed;
        const at::Tensor reached = (tops >= least.unsqueeze(1)).nonzero(); // row and part
        if (reached.size(0) == 0)
            continue;
        const at::Tensor row = reached.select(1, 0);
        const at::Tensor place = reached.select(1, 1);
        const at::Tensor some = whole.view({count * parts, wide}).index_select(0, row * parts + place);
        const at::Tensor hits = (some >= least.index_select(0, row).unsqueeze(1)).nonzero();
        const at::Tensor which = hits.select(1, 0);
        found.push_back({row.index_select(0, which).to(at::kCPU).contiguous(),
                         (place.index_select(0, which) * wide + hits.select(1, 1) + first).to(at::kCPU).contiguous(),
                         some.index({which, hits.select(1, 1)}).to(at::kCPU).contiguous()});
    }
    const at::Tensor highest = best.to(at::kCPU).contiguous();
    if (lock.owns_lock())
        lock.unlock();
    for (const Hits &hits : found) {
        const std::int64_t *row = hits.rows.const_data_ptr<std::int64_t>();
        const std::int64_t *column = hits.columns.const_data_ptr<std::int64_t>();
        const float *values = hits.values.const_data_ptr<float>();
        for (std::int64_t h = 0; h < hits.values.numel(); ++h)
            candidates[static_cast<std::size_t>(row[h])].emplace_back(static_cast<std::int32_t>(column[h]), values[h]);
    }
    return {highest.const_data_ptr<float>(), highest.const_data_ptr<float>() + count};
}

} // namespace dscope
