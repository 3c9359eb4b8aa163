// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/device.h"

#include <cstddef>
#include <memory>
#include <span>

namespace dscope {

/// Numbers in the computer's memory that travel to and from a device again and again. For a GPU the memory is page-locked, which its copy engine
/// reads and writes directly, several times as fast as ordinary memory; where none can be had, and for the CPU, it is ordinary memory.
class HostFloats {
public:
    /// @param device where the numbers travel to and from
    explicit HostFloats(const Device &device = {}) : m_device(device) {}
    /// Makes room for `count`; what they are then is not said. Memory that is large enough already stays.
    void resize(std::size_t count);
    std::size_t size() const { return m_size; }
    std::span<float> values() { return {m_data.get(), m_size}; }
    std::span<const float> values() const { return {m_data.get(), m_size}; }

private:
    Device m_device;
    std::shared_ptr<float[]> m_data;
    std::size_t m_size = 0;
    std::size_t m_room = 0;
};

} // namespace dscope
