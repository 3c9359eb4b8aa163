// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointer>

namespace dscope {

class Job;

/// Holds a long job up while shorter ones are wanted. A held job keeps its thread of the pool, for which another one is lent meanwhile, so that the shorter
/// ones need not wait for it.
class YieldingJob {
public:
    /// @param job may be gone by now; one that is not there cannot be held
    void hold(bool hold, const QPointer<Job> &job);

private:
    bool m_held = false;
};

} // namespace dscope
