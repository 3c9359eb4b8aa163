// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace dscope {

/// xoshiro256** with its state in the open, so that a checkpoint can hold it and a resumed run draws the very same numbers.
/// The same on every machine and library (the standard's distributions are not).
class Random {
public:
    /// Seeds by splitmix64. `stream` gives independent sequences under one seed (a picture's number, an epoch).
    explicit Random(std::uint64_t seed = 0, std::uint64_t stream = 0);

    std::uint64_t next();
    /// Uniform in [0, 1), 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform integer in [0, n), n > 0, without bias.
    std::uint64_t below(std::uint64_t n);
    /// Standard normal, by Box and Muller.
    double normal();
    bool chance(double probability) { return uniform() < probability; }

    template<typename T>
    void shuffle(std::vector<T> &items)
    {
        for (std::size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[below(i)]);
    }

    const std::array<std::uint64_t, 4> &state() const noexcept { return m_state; }
    void setState(const std::array<std::uint64_t, 4> &state) noexcept { m_state = state; }

private:
    std::array<std::uint64_t, 4> m_state;
};

} // namespace dscope
