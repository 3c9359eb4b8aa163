// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/options.h"

#include <ATen/autocast_mode.h>

namespace dscope {

/// libtorch's autocast to a 16-bit type inside a scope; nothing for Precision::Fp32.
class Autocast {
public:
    Autocast(Precision precision, at::DeviceType device) : m_device(device), m_on(precision != Precision::Fp32)
    {
        if (!m_on)
            return;
        m_before = at::autocast::is_autocast_enabled(device);
        m_typeBefore = at::autocast::get_autocast_dtype(device);
        at::autocast::set_autocast_dtype(device, precision == Precision::Bf16 ? at::kBFloat16 : at::kHalf);
        at::autocast::set_autocast_enabled(device, true);
        at::autocast::increment_nesting();
    }
    ~Autocast()
    {
        if (!m_on)
            return;
        if (at::autocast::decrement_nesting() == 0)
            at::autocast::clear_cache();
        at::autocast::set_autocast_enabled(m_device, m_before);
        at::autocast::set_autocast_dtype(m_device, m_typeBefore);
    }
    Autocast(const Autocast &) = delete;
    Autocast &operator=(const Autocast &) = delete;

private:
    at::DeviceType m_device;
    bool m_on;
    bool m_before = false;
    at::ScalarType m_typeBefore = at::kFloat;
};

} // namespace dscope
