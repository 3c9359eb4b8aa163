#include "core/training/loop.h"

#include "core/base/error.h"
#include "core/base/torchdevice.h"
#include "core/nets/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <numbers>
#include <numeric>
#include <thread>

namespace dscope {

namespace {

constexpr const char *s_key = "dscope.checkpoint";
constexpr double s_squareMomentum = 0.999;

/// The order of the samples in one epoch.
std::vector<std::int64_t> epochOrder(std::int64_t size, std::uint64_t seed, std::int64_t epoch)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    Random random(seed, 0x10000000000ULL + static_cast<std::uint64_t>(epoch));
    random.shuffle(order);
    return order;
}

struct Batch {
    std::int64_t step = 0;
    std::vector<std::int64_t> indices;
    at::Tensor x;
};

/// Makes batches ahead of the training step in threads of its own; hands them out in order.
class Prefetcher {
public:
    using Make = std::function<Batch(std::int64_t step)>;

    Prefetcher(std::int64_t first, std::int64_t last, int workers, Make make) : m_next(first), m_take(first), m_last(last), m_make(std::move(make))
    {
        for (int i = 0; i < workers; ++i)
            m_threads.emplace_back([this] { work(); });
    }
    ~Prefetcher()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stop = true;
        }
        m_changed.notify_all();
        for (std::thread &thread : m_threads)
            thread.join();
    }

    Batch take()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_error || m_ready.contains(m_take); });
        if (m_error)
            std::rethrow_exception(m_error);
        Batch batch = std::move(m_ready.at(m_take));
        m_ready.erase(m_take++);
        lock.unlock();
        m_changed.notify_all();
        return batch;
    }

private:
    void work()
    {
        const at::NoGradGuard guard;
        for (;;) {
            std::int64_t step = 0;
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait(lock, [this] { return m_stop || m_error || m_next >= m_last || m_next < m_take + 4; });
                if (m_stop || m_error || m_next >= m_last)
                    return;
                step = m_next++;
            }
            try {
                Batch batch = m_make(step);
                const std::lock_guard lock(m_mutex);
                m_ready.emplace(step, std::move(batch));
            } catch (...) {
                const std::lock_guard lock(m_mutex);
                m_error = std::current_exception();
            }
            m_changed.notify_all();
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::map<std::int64_t, Batch> m_ready;
    std::int64_t m_next, m_take, m_last;
    Make m_make;
    std::exception_ptr m_error;
    bool m_stop = false;
    std::vector<std::thread> m_threads;
};

/// bfloat16 for the convolutions inside a scope; nothing when off.
class Autocast {
public:
    Autocast(bool on, at::DeviceType device) : m_device(device), m_on(on)
    {
        if (!on)
            return;
        m_before = at::autocast::is_autocast_enabled(device);
        at::autocast::set_autocast_dtype(device, at::kBFloat16);
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
    }
    Autocast(const Autocast &) = delete;
    Autocast &operator=(const Autocast &) = delete;

private:
    at::DeviceType m_device;
    bool m_on;
    bool m_before = false;
};

Json reportJson(const EpochReport &report)
{
    return {{"epoch", report.epoch},
            {"loss", report.loss},
            {"learning_rate", report.learningRate},
            {"pictures_per_second", report.picturesPerSecond},
            {"validation", report.validation}};
}

} // namespace

Optimiser optimiserNamed(const std::string &name)
{
    if (name == "sgd")
        return Optimiser::Sgd;
    if (name == "adamw")
        return Optimiser::AdamW;
    throw UsageError("The optimiser '" + name + "' is unknown; say sgd or adamw.");
}

std::string optimiserName(Optimiser optimiser)
{
    return optimiser == Optimiser::Sgd ? "sgd" : "adamw";
}

TrainingLoop::TrainingLoop(std::vector<std::pair<std::string, torch::nn::Module *>> modules, TrainOptions options, std::filesystem::path checkpoint)
    : m_modules(std::move(modules)), m_options(std::move(options)), m_checkpoint(std::move(checkpoint))
{
    if (m_options.epochs < 1 || m_options.batch < 2)
        throw UsageError("A training run needs at least one epoch and batches of two or more.");
    for (auto &[name, module] : m_modules) {
        module->to(torchDevice(m_options.device));
        for (const auto &item : module->named_parameters())
            m_parameters.emplace_back(name + "." + item.key(), item.value());
    }
}

double TrainingLoop::rateAt(std::int64_t step, std::int64_t steps) const
{
    const double warm = std::max(1.0, m_options.warmup * static_cast<double>(steps));
    const double at = static_cast<double>(step);
    if (at < warm)
        return m_options.learningRate * (at + 1) / warm;
    return m_options.learningRate * 0.5 * (1 + std::cos(std::numbers::pi * (at - warm) / std::max(1.0, static_cast<double>(steps) - warm)));
}

void TrainingLoop::step(double rate)
{
    const at::NoGradGuard guard;
    const double decay = m_options.weightDecay;
    for (auto &[name, parameter] : m_parameters) {
        const at::Tensor gradient = parameter.grad();
        if (!gradient.defined())
            continue;
        const bool decays = parameter.dim() > 1 && decay > 0;
        at::Tensor &mean = m_momentum[name];
        if (m_options.optimiser == Optimiser::Sgd) {
            const at::Tensor wanted = decays ? gradient.add(parameter, decay) : gradient;
            if (mean.defined())
                mean.mul_(m_options.momentum).add_(wanted);
            else
                mean = wanted.clone();
            parameter.add_(mean, -rate);
        } else {
            at::Tensor &square = m_squares[name];
            if (!mean.defined()) {
                mean = at::zeros_like(parameter);
                square = at::zeros_like(parameter);
            }
            mean.mul_(m_options.momentum).add_(gradient, 1 - m_options.momentum);
            square.mul_(s_squareMomentum).addcmul_(gradient, gradient, 1 - s_squareMomentum);
            const double count = static_cast<double>(m_step + 1);
            const double meanScale = 1 - std::pow(m_options.momentum, count);
            const double squareScale = std::sqrt(1 - std::pow(s_squareMomentum, count));
            if (decays)
                parameter.mul_(1 - rate * decay);
            parameter.addcdiv_(mean, square.sqrt().div_(squareScale).add_(1e-8), -rate / meanScale);
        }
        parameter.mutable_grad().reset();
    }
}

void TrainingLoop::save() const
{
    StateDict tensors;
    for (const auto &[name, module] : m_modules)
        for (const auto &[key, tensor] : stateDict(*module))
            tensors["state." + name + "." + key] = tensor;
    for (const auto &[name, tensor] : m_momentum)
        tensors["momentum." + name] = tensor;
    for (const auto &[name, tensor] : m_squares)
        tensors["squares." + name] = tensor;
    Json reports = Json::array();
    for (const EpochReport &report : m_reports)
        reports.push_back(reportJson(report));
    const Json about{{"schema", "dscope.checkpoint/1"},
                     {"step", m_step},
                     {"size", m_size},
                     {"epochs", m_options.epochs},
                     {"batch", m_options.batch},
                     {"seed", m_options.seed},
                     {"optimiser", optimiserName(m_options.optimiser)},
                     {"learning_rate", m_options.learningRate},
                     {"bf16", m_options.bf16},
                     {"loss_sum", m_lossSum},
                     {"loss_count", m_lossCount},
                     {"reports", reports}};
    writeSafetensors(m_checkpoint, tensors, {{s_key, about.dump()}});
}

bool TrainingLoop::restore()
{
    if (!std::filesystem::exists(m_checkpoint))
        return false;
    const Checkpoint file = readCheckpoint(m_checkpoint);
    const auto described = file.metadata.find(s_key);
    if (described == file.metadata.end())
        throw FileError(m_checkpoint, "is no checkpoint of a training run.");
    try {
        const Json about = Json::parse(described->second);
        if (about.at("epochs") != m_options.epochs || about.at("batch") != m_options.batch || about.at("seed") != m_options.seed
            || about.at("bf16") != m_options.bf16 || about.at("learning_rate") != m_options.learningRate
            || about.value("optimiser", "sgd") != optimiserName(m_options.optimiser))
            throw FileError(m_checkpoint,
                            "belongs to a run with other settings (epochs, batch, seed, optimiser, learning rate or precision); give the same ones, or remove "
                            "the file to begin anew.");
        m_step = about.at("step").get<std::int64_t>();
        m_size = about.at("size").get<std::int64_t>();
        m_lossSum = about.at("loss_sum").get<double>();
        m_lossCount = about.at("loss_count").get<std::int64_t>();
        m_reports.clear();
        for (const Json &entry : about.at("reports"))
            m_reports.push_back({entry.at("epoch").get<int>(), entry.at("loss").get<double>(), entry.at("learning_rate").get<double>(),
                                 entry.at("pictures_per_second").get<double>(), entry.at("validation")});
    } catch (const nlohmann::json::exception &) {
        throw FileError(m_checkpoint, "its description is damaged.");
    }
    for (auto &[name, module] : m_modules) {
        StateDict part;
        const std::string prefix = "state." + name + ".";
        for (const auto &[key, tensor] : file.tensors)
            if (key.rfind(prefix, 0) == 0)
                part[key.substr(prefix.size())] = tensor;
        loadStateDict(*module, part, m_checkpoint);
    }
    const auto restored = [&](const std::string &kind) {
        std::map<std::string, at::Tensor> sums;
        for (const auto &[name, parameter] : m_parameters) {
            const auto found = file.tensors.find(kind + "." + name);
            if (found == file.tensors.end())
                continue;
            if (found->second.sizes() != parameter.sizes())
                throw FileError(m_checkpoint, "holds " + kind + " of the wrong shape for " + name + ".");
            // The layout in memory must be the parameter's, or the sums would be taken in another order.
            sums[name] = at::empty_like(parameter).copy_(found->second);
        }
        return sums;
    };
    m_momentum = restored("momentum");
    m_squares = restored("squares");
    if (m_options.optimiser == Optimiser::AdamW && m_squares.size() != m_momentum.size())
        throw FileError(m_checkpoint, "lacks a part of the optimiser's state.");
    return true;
}

std::vector<EpochReport> TrainingLoop::run(std::int64_t size, const Sampler &sampler, const Prepare &prepare, const Loss &loss, const Validation &validation,
                                           Task &task)
{
    const std::int64_t batch = std::min<std::int64_t>(m_options.batch, size);
    const std::int64_t stepsPerEpoch = size / batch;
    const std::int64_t steps = stepsPerEpoch * m_options.epochs;
    if (stepsPerEpoch < 1 || batch < 2)
        throw Error("There are only " + std::to_string(size) + " samples; a batch of two is the least.");
    if (m_options.resume && restore()) {
        if (m_size != size)
            throw FileError(m_checkpoint, "was made with " + std::to_string(m_size) + " samples, now there are " + std::to_string(size) + ".");
        task.notice("Going on from step " + std::to_string(m_step) + " of " + std::to_string(steps) + ".");
    }
    m_size = size;
    task.stage("Training");

    const auto make = [&, order = std::vector<std::int64_t>(), orderEpoch = std::int64_t{-1}](std::int64_t at) mutable {
        const std::int64_t epoch = at / stepsPerEpoch;
        Batch made;
        made.step = at;
        if (orderEpoch != epoch) {
            order = epochOrder(size, m_options.seed, epoch);
            orderEpoch = epoch;
        }
        const std::int64_t begin = at % stepsPerEpoch * batch;
        std::vector<Picture> pictures;
        for (std::int64_t i = begin; i < begin + batch; ++i) {
            const std::int64_t index = order[static_cast<std::size_t>(i)];
            Random random(m_options.seed, static_cast<std::uint64_t>(epoch * size + index));
            made.indices.push_back(index);
            pictures.push_back(sampler(index, random));
        }
        made.x = prepare(pictures);
        if (m_options.device.isCuda())
            made.x = made.x.pin_memory();
        return made;
    };
    // One worker: on two cores the network needs the rest, and the order's cache above belongs to one thread.
    Prefetcher batches(m_step, steps, 1, make);

    const at::Device device = torchDevice(m_options.device);
    auto began = std::chrono::steady_clock::now();
    std::int64_t pictures = 0;
    const std::int64_t firstStep = m_step;
    try {
        while (m_step < steps) {
            task.checkpoint(m_step, steps);
            if (m_options.stopAfter > 0 && m_step - firstStep >= m_options.stopAfter)
                throw Cancelled();
            const double rate = rateAt(m_step, steps);
            const Batch now = batches.take();
            for (auto &entry : m_modules)
                entry.second->train();
            at::Tensor value;
            {
                const Autocast cast(m_options.bf16, device.type());
                value = loss(now.x.to(device, /*non_blocking=*/true), now.indices);
            }
            value.backward();
            const double number = value.item<double>();
            if (!std::isfinite(number))
                throw Error("The loss became " + std::to_string(number) + " at step " + std::to_string(m_step) + " (batch beginning with sample "
                            + std::to_string(now.indices.front()) + "). Try a lower learning rate; the last checkpoint is kept.");
            step(rate);
            m_lossSum += number;
            ++m_lossCount;
            ++m_step;
            pictures += batch;
            if (m_step % stepsPerEpoch == 0) {
                const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
                EpochReport report;
                report.epoch = static_cast<int>(m_step / stepsPerEpoch);
                report.loss = m_lossSum / static_cast<double>(m_lossCount);
                report.learningRate = rate;
                report.picturesPerSecond = static_cast<double>(pictures) / seconds;
                {
                    const at::NoGradGuard guard;
                    for (auto &entry : m_modules)
                        entry.second->eval();
                    report.validation = validation ? validation() : Json();
                }
                char text[160];
                std::snprintf(text, sizeof text, "Epoch %d of %d: loss %.5f, %.0f pictures/s", report.epoch, m_options.epochs, report.loss,
                              report.picturesPerSecond);
                task.notice(text + (report.validation.is_null() ? std::string() : ", " + report.validation.dump()));
                m_reports.push_back(report);
                m_lossSum = 0;
                m_lossCount = 0;
                pictures = 0;
                save();
                began = std::chrono::steady_clock::now();
            } else if (m_options.checkpointEvery > 0 && m_step % m_options.checkpointEvery == 0) {
                save();
            }
        }
    } catch (const Cancelled &) {
        save();
        throw;
    }
    return m_reports;
}

} // namespace dscope
