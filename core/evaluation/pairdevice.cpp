#include "core/evaluation/pairdevice.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/evaluation/represent.h"
#include "core/evaluation/sortedscores.h"
#include "core/nets/batches.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace dscope {

namespace {

constexpr std::int64_t s_pairs = 1 << 22;  ///< pairs picked at a time
constexpr std::int64_t s_matrix = 1 << 27; ///< products a block, half a gigabyte
constexpr std::int64_t s_leastMatrix = 1 << 20;

/// Which rows and columns of a block's product the pairs are, in the plan's order.
struct Picks {
    std::vector<std::int64_t> rows;    ///< distinct streamed templates
    std::vector<std::int64_t> columns; ///< distinct other templates
    std::vector<std::int64_t> places;  ///< row * columns + column, a pair
};

Picks picksOf(const PairPlan &plan, std::int64_t begin, std::int64_t end, std::vector<std::int32_t> &rowOf, std::vector<std::int32_t> &columnOf)
{
    Picks picks;
    const auto number = [](std::vector<std::int32_t> &of, std::vector<std::int64_t> &list, std::uint32_t t) {
        if (of[t] < 0) {
            of[t] = static_cast<std::int32_t>(list.size());
            list.push_back(t);
        }
    };
    plan.forEach(begin, end, [&](std::int64_t, std::uint32_t first, std::uint32_t second) {
        number(rowOf, picks.rows, first);
        number(columnOf, picks.columns, second);
    });
    picks.places.reserve(static_cast<std::size_t>(end - begin));
    const std::int64_t width = std::ssize(picks.columns);
    plan.forEach(begin, end, [&](std::int64_t, std::uint32_t first, std::uint32_t second) { picks.places.push_back(rowOf[first] * width + columnOf[second]); });
    for (const std::int64_t t : picks.rows)
        rowOf[static_cast<std::size_t>(t)] = -1;
    for (const std::int64_t t : picks.columns)
        columnOf[static_cast<std::size_t>(t)] = -1;
    return picks;
}

at::Tensor indices(const std::vector<std::int64_t> &values, const c10::Device &device)
{
    return at::from_blob(const_cast<std::int64_t *>(values.data()), {std::ssize(values)}, at::kLong).to(device);
}

} // namespace

void scorePairsOn(const Device &device, const PairPlan &plan, std::span<const float> unit, std::span<const std::uint8_t> enrolled, std::span<float> scores,
                  Task &task)
{
    const c10::InferenceMode inference;
    const std::int64_t templates = plan.templates();
    const std::int64_t dim = templates > 0 ? std::ssize(unit) / templates : 0;
    std::vector<std::int32_t> rowOf(static_cast<std::size_t>(templates), -1);
    std::vector<std::int32_t> columnOf(rowOf);
    std::int64_t begin = 0;
    std::int64_t pairs = s_pairs;
    std::int64_t matrix = s_matrix;
    try {
        const c10::Device where = torchDevice(device);
        const at::Tensor vectors = at::from_blob(const_cast<float *>(unit.data()), {templates, dim}, at::kFloat).to(where);
        while (begin < plan.size()) {
            task.checkpoint(begin, plan.size());
            const std::int64_t end = plan.pieceEnd(begin, pairs);
            try {
                const Picks picks = picksOf(plan, begin, end, rowOf, columnOf);
                const std::int64_t width = std::ssize(picks.columns);
                // A block that is wider than it is full would cost more than it gives: fewer pairs at a time make it smaller.
                if (std::ssize(picks.rows) * width > matrix && pairs > 1 << 12) {
                    pairs /= 2;
                    continue;
                }
                const at::Tensor rows = vectors.index_select(0, indices(picks.rows, where));
                const at::Tensor columns = vectors.index_select(0, indices(picks.columns, where));
                const at::Tensor chosen = at::mm(rows, columns.t()).flatten().index_select(0, indices(picks.places, where)).cpu();
                std::copy_n(chosen.const_data_ptr<float>(), end - begin, scores.begin() + begin);
                begin = end;
            } catch (const c10::Error &error) {
                if (!isOutOfMemory(error) || matrix <= s_leastMatrix)
                    throw;
                matrix /= 2;
                pairs = std::max<std::int64_t>(1 << 12, pairs / 2);
                task.notice("The GPU is out of memory: comparing " + std::to_string(pairs) + " pairs at a time.");
            }
        }
    } catch (const c10::Error &error) {
        if (!isOutOfMemory(error) || !device.isCuda())
            throw;
        task.notice("The GPU is out of memory even for small blocks: comparing on the CPU.");
        return plan.score(unit, enrolled, scores, task);
    }
    if (!enrolled.empty())
        plan.forEach(0, plan.size(), [&](std::int64_t i, std::uint32_t first, std::uint32_t second) {
            if (enrolled[first] == 0 || enrolled[second] == 0)
                scores[static_cast<std::size_t>(i)] = notEnrolled;
        });
    task.checkpoint(plan.size(), plan.size());
}

void sortScoresOn(const Device &device, std::vector<float> &scores, Task &task)
{
    const c10::InferenceMode inference;
    task.throwIfCancelled();
    try {
        const at::Tensor all = at::from_blob(scores.data(), {std::ssize(scores)}, at::kFloat);
        const at::Tensor there = all.to(torchDevice(device)) + 0.0; // -0.0 becomes 0.0
        if (there.isnan().any().item<bool>())
            throw Error("A verification score is not a number (NaN).");
        const at::Tensor sorted = std::get<0>(at::sort(there, 0, true)).cpu();
        std::copy_n(sorted.const_data_ptr<float>(), scores.size(), scores.begin());
    } catch (const c10::Error &error) {
        if (!isOutOfMemory(error) || !device.isCuda())
            throw;
        task.notice("The GPU has no room to sort the scores: sorting on the CPU.");
        sortScores(scores, task);
    }
    task.throwIfCancelled();
}

} // namespace dscope
