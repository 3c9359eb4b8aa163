// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/threshold/pairdevice.h"

#include "core/aggregation/represent.h"
#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/threshold/sortedscores.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <map>

namespace dscope {

/// Which products of a piece are pairs, in the plan's order.
struct DevicePicks {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    at::Tensor rows;    ///< distinct streamed templates
    at::Tensor columns; ///< distinct other templates
    at::Tensor places;  ///< row * columns + column, a pair
    at::Tensor absent;  ///< pairs that could not be enrolled; undefined when there are none
};

namespace {

constexpr std::int64_t s_pairs = 1 << 22;    ///< a piece
constexpr std::int64_t s_cpuPairs = 1 << 18; ///< a piece where the CPU goes on
constexpr std::int64_t s_products = 1 << 27; ///< of a piece's matrix, half a gigabyte; a plan with few pairs per template gets smaller pieces
constexpr std::int64_t s_fewest = 1 << 12;   ///< pairs a piece, however few of its products are wanted

at::Tensor copied(const std::vector<std::int64_t> &values, const c10::Device &device)
{
    return at::from_blob(const_cast<std::int64_t *>(values.data()), {std::ssize(values)}, at::kLong).to(at::kInt).to(device);
}

} // namespace

struct DevicePairs::State {
    const PairPlan &plan;
    std::vector<std::uint8_t> enrolled;
    Device device;
    bool fellBack = false; ///< the GPU had no room at all: the CPU's own way is the faster one from then on
    std::int64_t pairs;
    std::map<std::int64_t, DevicePicks> picks; ///< by where they begin
    std::vector<std::int32_t> rowOf;
    std::vector<std::int32_t> columnOf;

    State(const Device &where, const PairPlan &arranged, std::span<const std::uint8_t> who, std::int64_t wanted)
        : plan(arranged), enrolled(who.begin(), who.end()), device(where), pairs(wanted > 0 ? wanted : s_pairs),
          rowOf(static_cast<std::size_t>(arranged.templates()), -1), columnOf(rowOf)
    {
        if (wanted > 0)
            return;
        // Pieces small enough that no matrix is too large.
        for (bool fits = false; !fits && pairs > s_fewest;) {
            fits = true;
            for (std::int64_t begin = 0; begin < plan.size() && fits; begin += pairs) {
                const auto [rows, columns] = sidesOf(begin, std::min(plan.size(), begin + pairs));
                fits = std::ssize(rows) * std::ssize(columns) <= s_products;
            }
            if (!fits)
                pairs /= 2;
        }
    }

    /// The distinct templates of a piece, by when they first appear; rowOf and columnOf are -1 again afterwards unless `keep`.
    std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> sidesOf(std::int64_t begin, std::int64_t end, bool keep = false)
    {
        std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> sides;
        const auto number = [](std::vector<std::int32_t> &of, std::vector<std::int64_t> &list, std::uint32_t t) {
            if (of[t] < 0) {
                of[t] = static_cast<std::int32_t>(list.size());
                list.push_back(t);
            }
        };
        plan.forEach(begin, end, [&](std::int64_t, std::uint32_t first, std::uint32_t second) {
            number(rowOf, sides.first, first);
            number(columnOf, sides.second, second);
        });
        if (!keep)
            forget(sides);
        return sides;
    }

    void forget(const std::pair<std::vector<std::int64_t>, std::vector<std::int64_t>> &sides)
    {
        for (const std::int64_t t : sides.first)
            rowOf[static_cast<std::size_t>(t)] = -1;
        for (const std::int64_t t : sides.second)
            columnOf[static_cast<std::size_t>(t)] = -1;
    }

    const DevicePicks &picksOf(std::int64_t begin, std::int64_t end)
    {
        DevicePicks &made = picks[begin];
        const c10::Device where = torchDevice(device);
        if (made.end == end && made.rows.defined() && made.rows.device().type() == where.type())
            return made;
        made = {};
        const auto sides = sidesOf(begin, end, true);
        const std::int64_t width = std::ssize(sides.second);
        std::vector<std::int64_t> places;
        std::vector<std::int64_t> absent;
        places.reserve(static_cast<std::size_t>(end - begin));
        plan.forEach(begin, end, [&](std::int64_t i, std::uint32_t first, std::uint32_t second) {
            places.push_back(rowOf[first] * width + columnOf[second]);
            if (!enrolled.empty() && (enrolled[first] == 0 || enrolled[second] == 0))
                absent.push_back(i - begin);
        });
        forget(sides);
        made.rows = copied(sides.first, where);
        made.columns = copied(sides.second, where);
        made.places = copied(places, where);
        if (!absent.empty())
            made.absent = copied(absent, where);
        made.begin = begin;
        made.end = end;
        return made;
    }
};

DevicePairs::DevicePairs(const Device &device, const PairPlan &plan, std::span<const std::uint8_t> enrolled, std::int64_t pairs)
    : m_state(std::make_unique<State>(device, plan, enrolled, pairs))
{
}

DevicePairs::~DevicePairs() = default;

void DevicePairs::score(std::span<const float> unit, std::span<float> scores, std::span<float> sorted, Progress &progress)
{
    State &s = *m_state;
    const auto sortHere = [&] {
        std::copy(scores.begin(), scores.end(), sorted.begin());
        sortScores(sorted, progress);
    };
    if (s.fellBack || s.plan.size() == 0) {
        s.plan.score(unit, s.enrolled, scores, progress);
        if (!sorted.empty())
            sortHere();
        return;
    }
    const c10::InferenceMode inference;
    const std::int64_t templates = s.plan.templates();
    const at::Tensor given = at::from_blob(const_cast<float *>(unit.data()), {templates, templates > 0 ? std::ssize(unit) / templates : 0}, at::kFloat);
    at::Tensor vectors;
    at::Tensor made; // all scores on the device, in the order of the plan
    const auto run = [&](std::size_t begin, std::size_t n) {
        const c10::Device where = torchDevice(s.device);
        const auto from = static_cast<std::int64_t>(begin);
        const auto count = static_cast<std::int64_t>(n);
        if (!vectors.defined())
            vectors = given.to(where);
        if (!sorted.empty() && !made.defined())
            made = at::empty({s.plan.size()}, vectors.options());
        if (from + count < s.plan.size() && count != s.pairs) {
            s.picks.clear(); // stepped down: from now on the pieces are these
            s.pairs = count;
        }
        const DevicePicks &picks = s.picksOf(from, from + count);
        const at::Tensor rows = vectors.index_select(0, picks.rows);
        const at::Tensor columns = vectors.index_select(0, picks.columns);
        at::Tensor chosen = at::mm(rows, columns.t()).flatten().index_select(0, picks.places);
        if (picks.absent.defined())
            chosen.index_fill_(0, picks.absent.to(at::kLong), notEnrolled);
        if (!sorted.empty())
            made.narrow(0, from, count).copy_(chosen);
        // Nothing can fail from here on. The piece travels while the next one is multiplied; below its arrival is waited for.
        at::from_blob(scores.data() + begin, {count}, at::kFloat).copy_(chosen, /*non_blocking=*/true);
    };
    bool sortsOnDevice = !sorted.empty();
    const auto arrived = [&] {
        if (s.device.isCuda())
            c10::impl::VirtualGuardImpl(c10::kCUDA).getStream(torchDevice(s.device)).synchronize();
    };
    const auto toCpu = [&] {
        arrived();
        s.device = Device{};
        s.fellBack = true;
        s.picks.clear();
        s.pairs = s_cpuPairs;
        vectors = at::Tensor();
        made = at::Tensor();
        sortsOnDevice = false;
        return static_cast<std::size_t>(s.pairs);
    };
    try {
        runInBatches(static_cast<std::size_t>(s.plan.size()), static_cast<std::size_t>(s.pairs), s.device.isCuda(), progress, run, toCpu, "pair", s_fewest);
    } catch (...) {
        arrived(); // or the device would go on writing into memory that may be gone
        throw;
    }
    if (sorted.empty())
        return arrived();
    if (sortsOnDevice) {
        try {
            made.add_(0.0); // -0.0 becomes 0.0
            const at::Tensor wrong = made.isnan().any();
            at::from_blob(sorted.data(), {std::ssize(sorted)}, at::kFloat).copy_(std::get<0>(at::sort(made, 0, true)));
            if (wrong.item<bool>())
                throw Error("A verification score is not a number (NaN).");
            progress.throwIfCancelled();
            return;
        } catch (const c10::Error &error) {
            arrived();
            if (!isOutOfMemory(error))
                throw;
            progress.notice("The GPU has no room to sort the scores: sorting on the CPU.");
        }
    }
    sortHere();
}

} // namespace dscope
