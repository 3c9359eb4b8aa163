// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace dscope {

/// The thread between a long function and whoever waits for it: progress and notices go out, a wish to cancel comes in.
/// All members may be called from any thread. Subclasses (the command line's printer, the window's job) override the on... hooks,
/// which are called from the working thread.
class Progress {
public:
    virtual ~Progress() = default;

    /// Reports `done` of `total` (total 0: unknown) and throws Cancelled if cancel() was called. Cheap enough for every picture.
    /// While the work is paused it does not return, until resume() or cancel().
    void checkpoint(std::int64_t done, std::int64_t total);
    /// Only the second half of checkpoint(), for inner loops.
    void throwIfCancelled() const;
    /// Names the step that begins, in the user's words ("Detecting faces").
    void stage(const std::string &name);
    /// Something the user should know that does not stop the work (a broken file, a fall back to the CPU). Kept, see notices().
    void notice(const std::string &text);

    void cancel() noexcept { m_cancelled.store(true); }
    bool cancelled() const noexcept { return m_cancelled.load(); }
    /// Holds the work at its next checkpoint(); everything it has stays in memory.
    void pause() noexcept { m_paused.store(true); }
    void resume() noexcept { m_paused.store(false); }
    bool paused() const noexcept { return m_paused.load(); }
    /// All notices so far, in order.
    std::vector<std::string> notices() const;

protected:
    virtual void onProgress(std::int64_t done, std::int64_t total);
    virtual void onStage(const std::string &name);
    virtual void onNotice(const std::string &text);

private:
    std::atomic<bool> m_cancelled{false};
    std::atomic<bool> m_paused{false};
    mutable std::mutex m_mutex;
    std::vector<std::string> m_notices;
};

} // namespace dscope
