// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/replicas.h"

#include "core/base/device.h"
#include "core/base/error.h"

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <algorithm>

namespace dscope {

namespace {

constexpr int s_leastPart = 16;
constexpr int s_mostParts = 8;

std::vector<at::Tensor> parametersOf(const Replicas::Modules &modules)
{
    std::vector<at::Tensor> all;
    for (const auto &entry : modules)
        for (const at::Tensor &parameter : entry.second->parameters())
            all.push_back(parameter);
    return all;
}

std::vector<at::Tensor> statisticsOf(const Replicas::Modules &modules)
{
    std::vector<at::Tensor> all;
    for (const auto &entry : modules)
        for (const at::Tensor &buffer : entry.second->buffers())
            all.push_back(buffer);
    return all;
}

} // namespace

int usualParts(int batch, int threads)
{
    return std::clamp(std::min(threads, batch / s_leastPart), 1, s_mostParts);
}

Replicas::Replicas(Modules trained, const std::function<TrainingLoop::Replica()> &make, int parts) : m_trained(std::move(trained))
{
    const std::vector<at::Tensor> weights = parametersOf(m_trained);
    const std::size_t statistics = statisticsOf(m_trained).size();
    for (int i = 1; i < parts; ++i) {
        TrainingLoop::Replica replica = make();
        const std::vector<at::Tensor> own = parametersOf(replica.modules);
        if (own.size() != weights.size() || statisticsOf(replica.modules).size() != statistics)
            throw Error("A copy of the networks in training has other parameters than they have.");
        for (std::size_t k = 0; k < own.size(); ++k) {
            if (own[k].sizes() != weights[k].sizes())
                throw Error("A copy of the networks in training has a parameter of another shape.");
            at::Tensor alias = own[k];
            alias.set_data(weights[k].detach());
            alias.set_requires_grad(weights[k].requires_grad());
        }
        m_replicas.push_back(std::move(replica));
    }
    m_failures.resize(m_replicas.size() + 1);
    for (std::size_t i = 0; i < m_replicas.size(); ++i)
        m_threads.emplace_back([this, i] { wait(i); });
}

Replicas::~Replicas()
{
    {
        const std::lock_guard lock(m_mutex);
        m_ends = true;
    }
    m_changed.notify_all();
    for (std::thread &thread : m_threads)
        thread.join();
}

const TrainingLoop::Loss &Replicas::loss(int i, const TrainingLoop::Loss &own) const
{
    return i == 0 ? own : m_replicas[static_cast<std::size_t>(i) - 1].loss;
}

void Replicas::wait(std::size_t replica)
{
    useThisThreadOnly();
    std::int64_t seen = 0;
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [&] { return m_ends || m_round != seen; });
        if (m_ends)
            return;
        seen = m_round;
        const std::function<void(int)> *work = m_work;
        lock.unlock();
        std::exception_ptr failure;
        try {
            (*work)(static_cast<int>(replica) + 1);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        m_failures[replica + 1] = failure;
        if (--m_running == 0)
            m_changed.notify_all();
    }
}

void Replicas::run(const std::function<void(int)> &work)
{
    begin();
    {
        const std::lock_guard lock(m_mutex);
        std::fill(m_failures.begin(), m_failures.end(), nullptr);
        m_work = &work;
        m_running = static_cast<int>(m_replicas.size());
        ++m_round;
    }
    m_changed.notify_all();
    {
        const OneThread alone;
        try {
            work(0);
        } catch (...) {
            m_failures[0] = std::current_exception();
        }
    }
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_running == 0; });
        m_work = nullptr;
    }
    for (const std::exception_ptr &failure : m_failures)
        if (failure)
            std::rethrow_exception(failure);
    gather();
}

void Replicas::begin()
{
    const at::NoGradGuard guard;
    const std::vector<at::Tensor> statistics = statisticsOf(m_trained);
    for (TrainingLoop::Replica &replica : m_replicas) {
        std::vector<at::Tensor> own = statisticsOf(replica.modules);
        for (std::size_t i = 0; i < own.size(); ++i)
            own[i].copy_(statistics[i]);
        for (auto &entry : replica.modules)
            entry.second->train();
    }
}

void Replicas::gather()
{
    const at::NoGradGuard guard;
    std::vector<at::Tensor> weights = parametersOf(m_trained);
    std::vector<at::Tensor> statistics = statisticsOf(m_trained);
    for (TrainingLoop::Replica &replica : m_replicas) {
        std::vector<at::Tensor> own = parametersOf(replica.modules);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (!own[i].grad().defined())
                continue;
            if (weights[i].grad().defined())
                weights[i].mutable_grad().add_(own[i].grad());
            else
                weights[i].mutable_grad() = own[i].grad();
        }
        const std::vector<at::Tensor> more = statisticsOf(replica.modules);
        for (std::size_t i = 0; i < statistics.size(); ++i)
            if (statistics[i].is_floating_point())
                statistics[i].add_(more[i]);
    }
    for (at::Tensor &statistic : statistics)
        if (statistic.is_floating_point())
            statistic.div_(parts());
    clear();
}

void Replicas::clear()
{
    for (TrainingLoop::Replica &replica : m_replicas)
        for (at::Tensor &parameter : parametersOf(replica.modules))
            parameter.mutable_grad().reset();
}

} // namespace dscope
