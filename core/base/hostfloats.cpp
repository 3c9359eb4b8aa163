// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hostfloats.h"

#include <ATen/ATen.h>

namespace dscope {

void HostFloats::resize(std::size_t count)
{
    if (count > m_room) {
        m_data.reset();
        m_room = 0;
        if (m_device.isCuda()) {
            try {
                const at::Tensor locked = at::empty({static_cast<std::int64_t>(count)}, at::TensorOptions(at::kFloat).pinned_memory(true));
                m_data = std::shared_ptr<float[]>(locked.mutable_data_ptr<float>(), [locked](float *) {});
            } catch (const c10::Error &) {
                // As many pages cannot be locked: slower, and as good.
            }
        }
        if (!m_data)
            m_data = std::shared_ptr<float[]>(new float[count]);
        m_room = count;
    }
    m_size = count;
}

} // namespace dscope
