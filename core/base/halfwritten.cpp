// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/halfwritten.h"

#include "core/base/outputfile.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

namespace dscope {

namespace {

/// A signal handler may neither take a lock nor ask for memory: the names lie in places that were there before.
struct Slot {
    enum State { Free, Filling, Listed };
    std::atomic<int> state{Free};
    std::array<char, 4096> path{};
};
std::array<Slot, 32> s_slots;

} // namespace

HalfWritten::HalfWritten(const std::filesystem::path &path)
{
    std::error_code problem;
    const std::string whole = std::filesystem::absolute(path, problem).string();
    if (problem || whole.size() >= s_slots.front().path.size())
        return;
    for (std::size_t i = 0; i < s_slots.size(); ++i) {
        int free = Slot::Free;
        if (!s_slots[i].state.compare_exchange_strong(free, Slot::Filling))
            continue;
        std::memcpy(s_slots[i].path.data(), whole.c_str(), whole.size() + 1);
        s_slots[i].state = Slot::Listed;
        m_slot = static_cast<int>(i);
        return;
    }
    // So many at a time never are; one more would only be left behind by a kill.
}

HalfWritten::~HalfWritten()
{
    if (m_slot >= 0)
        s_slots[static_cast<std::size_t>(m_slot)].state = Slot::Free;
}

void removeHalfWritten() noexcept
{
    for (Slot &slot : s_slots)
        if (slot.state.load() == Slot::Listed)
            ::unlink(slot.path.data());
}

} // namespace dscope
