// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/signals.h"

#include "app/cli/command.h"
#include "core/base/outputfile.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

namespace dscope::cli {

namespace {

constexpr std::array s_signals{SIGINT, SIGTERM, SIGHUP};
constexpr long s_patience = 700'000'000; ///< nanoseconds

std::atomic<Progress *> s_running{nullptr};
std::atomic<int> s_atOnce{0}; ///< of those who have nothing to lose, how many live
std::atomic<bool> s_asked{false};
std::atomic<bool> s_timed{false};
timer_t s_timer{};
std::array<char, 200> s_lastWords{"dscope: cancelled\n"}; ///< made before a signal can ask for it

[[noreturn]] void endNow()
{
    removeHalfWritten();
    if (::write(STDERR_FILENO, s_lastWords.data(), std::strlen(s_lastWords.data())) < 0)
        ::_exit(CancelledBySignal); // nobody to tell
    ::_exit(CancelledBySignal);
}

extern "C" void onTimer(int)
{
    endNow();
}

extern "C" void onSignal(int)
{
    const int before = errno;
    Progress *const progress = s_running.load();
    if (progress == nullptr || s_atOnce.load() > 0 || s_asked.exchange(true))
        endNow();
    progress->cancel();
    if (s_timed.load()) {
        itimerspec when{};
        when.it_value.tv_nsec = s_patience;
        ::timer_settime(s_timer, 0, &when, nullptr);
    }
    errno = before;
}

void handle(int signal, void (*handler)(int))
{
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART; // libraries that read and write do not expect to be interrupted
    sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

/// Opened the wrong way round, so that using it fails as using a closed one does.
void holdClosed(int descriptor, int flags)
{
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF)
        return;
    const int file = ::open("/dev/null", flags);
    if (file >= 0 && file != descriptor) {
        ::dup2(file, descriptor);
        ::close(file);
    }
}

} // namespace

void prepareProcess()
{
    holdClosed(STDIN_FILENO, O_WRONLY);
    holdClosed(STDOUT_FILENO, O_RDONLY);
    holdClosed(STDERR_FILENO, O_RDONLY);
    handle(SIGPIPE, SIG_IGN);
    for (const int signal : s_signals) {
        struct sigaction was {};
        if (signal != SIGHUP || ::sigaction(signal, nullptr, &was) != 0 || was.sa_handler != SIG_IGN)
            handle(signal, onSignal);
    }
}

SignalGuard::SignalGuard(Progress &progress, bool soon)
{
    // The progress line goes first, where there can be one.
    const std::string words = std::string(::isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "") + called("dscope: cancelled\n");
    std::strncpy(s_lastWords.data(), words.c_str(), s_lastWords.size() - 1);
    if (soon) {
        handle(SIGALRM, onTimer);
        sigevent event{};
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = SIGALRM;
        if (::timer_create(CLOCK_MONOTONIC, &event, &s_timer) == 0) {
            m_timer = s_timer;
            s_timed = true;
        }
    }
    s_asked = false;
    s_running = &progress;
}

SignalGuard::~SignalGuard()
{
    // What is left to do now is to give back memory and say a word.
    s_running = nullptr;
    s_timed = false;
    if (m_timer)
        ::timer_delete(*m_timer);
}

EndsAtOnce::EndsAtOnce()
{
    ++s_atOnce;
}

EndsAtOnce::~EndsAtOnce()
{
    --s_atOnce;
}

} // namespace dscope::cli
