#include "core/evaluation/pairdevice.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/evaluation/represent.h"
#include "core/evaluation/sortedscores.h"
#include "core/nets/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace dscope {

namespace {

constexpr std::int64_t s_pairs = 1 << 22;    ///< a piece
constexpr std::int64_t s_cpuPairs = 1 << 18; ///< a piece where the CPU goes on
constexpr std::int64_t s_products = 1 << 27; ///< of a piece's matrix, half a gigabyte; a plan with few pairs a template gets smaller pieces
constexpr std::int64_t s_fewest = 1 << 12;   ///< pairs a piece, however few of its products are wanted

/// Which products of a piece are pairs, in the plan's order.
struct Picks {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    at::Tensor rows;    ///< distinct streamed templates
    at::Tensor columns; ///< distinct other templates
    at::Tensor places;  ///< row * columns + column, a pair
    at::Tensor absent;  ///< pairs that could not be enrolled; undefined when there are none
};

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
    std::map<std::int64_t, Picks> picks; ///< by where they begin
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

    const Picks &picksOf(std::int64_t begin, std::int64_t end)
    {
        Picks &made = picks[begin];
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

void DevicePairs::score(std::span<const float> unit, std::span<float> scores, std::vector<float> *sorted, Task &task)
{
    State &s = *m_state;
    if (s.fellBack || s.plan.size() == 0) {
        s.plan.score(unit, s.enrolled, scores, task);
        if (sorted != nullptr) {
            sorted->assign(scores.begin(), scores.end());
            sortScores(*sorted, task);
        }
        return;
    }
    const c10::InferenceMode inference;
    const std::int64_t templates = s.plan.templates();
    const at::Tensor given = at::from_blob(const_cast<float *>(unit.data()), {templates, templates > 0 ? std::ssize(unit) / templates : 0}, at::kFloat);
    at::Tensor vectors;
    std::vector<at::Tensor> made; // on the device, in the order of the plan
    const auto run = [&](std::size_t begin, std::size_t n) {
        if (!vectors.defined())
            vectors = given.to(torchDevice(s.device));
        if (static_cast<std::int64_t>(begin + n) < s.plan.size() && static_cast<std::int64_t>(n) != s.pairs) {
            s.picks.clear(); // stepped down: from now on the pieces are these
            s.pairs = static_cast<std::int64_t>(n);
        }
        const Picks &picks = s.picksOf(static_cast<std::int64_t>(begin), static_cast<std::int64_t>(begin + n));
        const at::Tensor rows = vectors.index_select(0, picks.rows);
        const at::Tensor columns = vectors.index_select(0, picks.columns);
        at::Tensor chosen = at::mm(rows, columns.t()).flatten().index_select(0, picks.places);
        if (picks.absent.defined())
            chosen.index_fill_(0, picks.absent.to(at::kLong), notEnrolled);
        // All of the piece is done before any of it counts.
        const at::Tensor here = chosen.cpu();
        std::copy_n(here.const_data_ptr<float>(), n, scores.begin() + static_cast<std::ptrdiff_t>(begin));
        if (sorted != nullptr)
            made.push_back(chosen);
    };
    const auto toCpu = [&] {
        s.device = Device{};
        s.fellBack = true;
        s.picks.clear();
        s.pairs = s_cpuPairs;
        vectors = at::Tensor();
        made.clear();
        sorted = nullptr; // what is left of the order is the CPU's work, see below
        return static_cast<std::size_t>(s.pairs);
    };
    std::vector<float> *const order = sorted;
    runInBatches(static_cast<std::size_t>(s.plan.size()), static_cast<std::size_t>(s.pairs), s.device.isCuda(), task, run, toCpu, "pair");
    if (order == nullptr)
        return;

    if (sorted != nullptr) {
        try {
            const at::Tensor all = at::cat(made) + 0.0; // -0.0 becomes 0.0
            made.clear();
            if (all.isnan().any().item<bool>())
                throw Error("A verification score is not a number (NaN).");
            const at::Tensor descending = std::get<0>(at::sort(all, 0, true)).cpu();
            order->assign(descending.const_data_ptr<float>(), descending.const_data_ptr<float>() + descending.numel());
            task.throwIfCancelled();
            return;
        } catch (const c10::Error &error) {
            if (!isOutOfMemory(error))
                throw;
            task.notice("The GPU has no room to sort the scores: sorting on the CPU.");
        }
    }
    order->assign(scores.begin(), scores.end());
    sortScores(*order, task);
}

} // namespace dscope
