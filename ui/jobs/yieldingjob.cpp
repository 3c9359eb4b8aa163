// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/yieldingjob.h"

#include "ui/jobs/job.h"

#include <QThreadPool>

namespace dscope {

void YieldingJob::hold(bool hold, const QPointer<Job> &job)
{
    if (hold == m_held || (hold && !job))
        return;
    m_held = hold;
    if (hold) {
        job->pause();
        Job::pool()->releaseThread();
    } else {
        Job::pool()->reserveThread();
        if (job)
            job->resume();
    }
}

} // namespace dscope
