// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <cstdint>

namespace dscope {

/// Work that is a part of a larger one: its steps count among the whole's, which may cancel it at each.
class Portion final : public Progress {
public:
    /// @param moves false: it is too little to count
    Portion(Progress &whole, std::int64_t before, std::int64_t total, bool moves) : m_whole(whole), m_before(before), m_total(total), m_moves(moves) {}

protected:
    void onProgress(std::int64_t done, std::int64_t) override { m_whole.checkpoint(m_before + (m_moves ? done : 0), m_total); }

private:
    Progress &m_whole;
    std::int64_t m_before;
    std::int64_t m_total;
    bool m_moves;
};

} // namespace dscope
