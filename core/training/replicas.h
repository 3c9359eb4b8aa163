// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/training/loop.h"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope {

/// Copies of the networks in training that take parts of a batch at the same time, on the CPU.
///
/// At 8 to 48 channels a layer is too little work to be split between threads: they wait for each other at its end, hundreds of times a step. A thread
/// that takes its part of the batch through the whole network waits once. The copies have the trained weights' own memory, but gradients and batch-norm's
/// statistics of their own; after each step the gradients are added in a fixed order and the statistics averaged, so that a run gives the same bits
/// however the threads take turns. Batch-norm sees a part at a time, as it does on several GPUs.
class Replicas {
public:
    using Modules = std::vector<std::pair<std::string, torch::nn::Module *>>;

    /// @param trained the networks themselves @param make gives one more copy of them @param parts of a batch, at least 2; one for the trained
    /// networks on the calling thread, the others for copies on threads of their own
    /// @throws Error when a copy does not have the trained networks' parameters
    Replicas(Modules trained, const std::function<TrainingLoop::Replica()> &make, int parts);
    ~Replicas();
    Replicas(const Replicas &) = delete;
    Replicas &operator=(const Replicas &) = delete;

    int parts() const { return static_cast<int>(m_replicas.size()) + 1; }
    /// The loss of part `i`; `own` for the trained networks.
    const TrainingLoop::Loss &loss(int i, const TrainingLoop::Loss &own) const;
    /// Runs `work(i)` for every part at once, each on one core, after the copies have taken over the statistics and are in training mode. When all have
    /// ended, the gradients and the statistics are gathered. @throws the first part's exception, with nothing gathered
    void run(const std::function<void(int)> &work);
    /// Forgets the copies' gradients.
    void clear();

private:
    void wait(std::size_t replica);
    void begin();
    void gather();

    Modules m_trained;
    std::vector<TrainingLoop::Replica> m_replicas;
    std::vector<std::thread> m_threads;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    const std::function<void(int)> *m_work = nullptr;
    std::int64_t m_round = 0;
    int m_running = 0;
    bool m_ends = false;
    std::vector<std::exception_ptr> m_failures;
};

/// How many parts a batch goes through in at once: one per thread, of 16 pictures at the least (for batch-norm), at most 8.
int usualParts(int batch, int threads);

} // namespace dscope
