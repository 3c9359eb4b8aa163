// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/loop.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/leftovers.h"
#include "core/base/text.h"
#include "core/base/torchdevice.h"
#include "core/nets/batches.h"
#include "core/training/autocast.h"
#include "core/training/prefetcher.h"
#include "core/training/replicas.h"
#include "core/training/weightupdate.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace dscope {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

SteadyTime now()
{
    return std::chrono::steady_clock::now();
}

double secondsSince(SteadyTime begin)
{
    return std::chrono::duration<double>(now() - begin).count();
}

/// The orders of the epochs that the workers are at, each made once.
class EpochOrders {
public:
    explicit EpochOrders(TrainingLoop::Order make) : m_make(std::move(make)) {}

    std::shared_ptr<const std::vector<std::int64_t>> at(std::int64_t epoch)
    {
        const std::lock_guard lock(m_mutex);
        auto &order = m_orders[epoch];
        if (!order)
            order = std::make_shared<const std::vector<std::int64_t>>(m_make(epoch));
        auto result = order;
        while (m_orders.size() > 2)
            m_orders.erase(m_orders.begin()->first == epoch ? std::prev(m_orders.end()) : m_orders.begin());
        return result;
    }

private:
    std::mutex m_mutex;
    TrainingLoop::Order m_make;
    std::map<std::int64_t, std::shared_ptr<const std::vector<std::int64_t>>> m_orders;
};

/// How cuDNN computes while it lives: in a fixed order where that is wanted, and with factors rounded to 10 bits (TF32), as float32 training on GPUs
/// usually does.
class CudnnSettings {
public:
    explicit CudnnSettings(const TrainOptions &options) : m_order(at::globalContext().deterministicCuDNN()), m_rounded(at::globalContext().allowTF32CuDNN())
    {
        if (!options.device.isCuda())
            return;
        at::globalContext().setDeterministicCuDNN(options.exact);
        at::globalContext().setAllowTF32CuDNN(true);
    }
    ~CudnnSettings()
    {
        at::globalContext().setDeterministicCuDNN(m_order);
        at::globalContext().setAllowTF32CuDNN(m_rounded);
    }
    CudnnSettings(const CudnnSettings &) = delete;
    CudnnSettings &operator=(const CudnnSettings &) = delete;

private:
    bool m_order;
    bool m_rounded;
};

int workersOf(const TrainOptions &options)
{
    if (options.workers > 0)
        return options.workers;
    // A GPU takes faces as fast as many cores decode them.
    return std::clamp(usableCores() - 1, 1, options.device.isCuda() ? 32 : 8);
}

} // namespace

/// What the run has taken so far, without pauses.
struct TrainingLoop::Clock {
    double secondsPerStep = 0; ///< of the last steps
    double validationSeconds = 0;
    std::int64_t validationsLeft = 0;
    std::int64_t batch = 0;

    void took(double seconds) { secondsPerStep = secondsPerStep == 0 ? seconds : 0.9 * secondsPerStep + 0.1 * seconds; }
};

TrainingLoop::TrainingLoop(std::vector<std::pair<std::string, torch::nn::Module *>> modules, TrainOptions options, std::filesystem::path checkpoint)
    : m_modules(std::move(modules)), m_options(std::move(options)), m_checkpoint(std::move(checkpoint)), m_pieces(m_options.accumulate)
{
    if (m_options.epochs < 1 || m_options.steps < 0 || m_options.batch < 2)
        throw UsageError("A training run needs at least one epoch and batches of two or more.");
    if (m_options.accumulate < 1 || m_options.batch / m_options.accumulate < 2)
        throw UsageError("A batch of " + std::to_string(m_options.batch) + " cannot go through in " + std::to_string(m_options.accumulate)
                         + " pieces: each holds two pictures at the least, for batch-norm.");
    if (!m_checkpoint.empty()) {
        std::error_code problem;
        if (m_checkpoint.has_parent_path())
            std::filesystem::create_directories(m_checkpoint.parent_path(), problem);
        m_lock.emplace(m_checkpoint);
    }
    place();
    std::vector<std::pair<std::string, at::Tensor>> parameters;
    for (auto &[name, module] : m_modules) {
        for (const auto &item : module->named_parameters())
            if (item.value().requires_grad())
                parameters.emplace_back(name + "." + item.key(), item.value());
        for (const at::Tensor &buffer : module->buffers())
            m_buffers.push_back(buffer);
    }
    m_update = std::make_unique<WeightUpdate>(std::move(parameters), m_options);
}

TrainingLoop::~TrainingLoop() = default;

void TrainingLoop::place()
{
    for (auto &entry : m_modules) {
        entry.second->to(torchDevice(m_options.device));
        // As the pictures lie: neither convolution nor gradient needs to turn anything round.
        for (at::Tensor &parameter : entry.second->parameters())
            if (parameter.dim() == 4)
                parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
    }
}

std::filesystem::path TrainingLoop::bestFile() const
{
    std::filesystem::path file = m_checkpoint;
    file += ".best";
    return file;
}

std::string TrainingLoop::described(const std::vector<std::int64_t> &indices) const
{
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, indices.size()); ++i)
        text += (i == 0 ? "" : ", ") + (m_describe ? m_describe(indices[i]) : std::to_string(indices[i]));
    if (indices.size() > shown)
        text += " and " + std::to_string(indices.size() - shown) + " more";
    return text;
}

/// Forward and backward of a part of a batch; the loss counts as the part does. Called from several threads.
at::Tensor TrainingLoop::piece(const TrainingBatch &batch, std::int64_t begin, std::int64_t count, const Loss &loss) const
{
    const at::Device device = torchDevice(m_options.device);
    const std::int64_t size = batch.x.size(0);
    at::Tensor value;
    {
        const Autocast cast(m_options.precision, device.type());
        const at::Tensor x = batch.x.narrow(0, begin, count).to(device, /*non_blocking=*/true);
        value = loss(x, std::span(batch.indices).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
    }
    if (count < size)
        value = value * (static_cast<double>(count) / static_cast<double>(size));
    (m_options.precision == Precision::Fp16 ? value * m_update->lossScale() : value).backward();
    return value.detach().to(at::kFloat);
}

at::Tensor TrainingLoop::forwardBackward(const TrainingBatch &batch, const Loss &loss)
{
    const std::int64_t size = batch.x.size(0);
    at::Tensor total;
    if (m_replicas && m_pieces == 1) {
        const std::int64_t parts = m_replicas->parts();
        std::vector<at::Tensor> values(static_cast<std::size_t>(parts));
        m_replicas->run([&](int i) {
            const std::int64_t begin = size * i / parts;
            values[static_cast<std::size_t>(i)] = piece(batch, begin, size * (i + 1) / parts - begin, m_replicas->loss(i, loss));
        });
        for (const at::Tensor &value : values)
            total = total.defined() ? total + value : value;
        return total;
    }
    const std::int64_t usual = (size + m_pieces - 1) / m_pieces;
    for (std::int64_t begin = 0; begin < size;) {
        // The last piece takes a single picture with it.
        const std::int64_t count = size - begin - usual < 2 ? size - begin : usual;
        const at::Tensor value = piece(batch, begin, count, loss);
        total = total.defined() ? total + value : value;
        begin += count;
    }
    return total;
}

at::Tensor TrainingLoop::forwardBackwardFitting(const TrainingBatch &batch, const Loss &loss, Progress &progress)
{
    // A piece may have passed batch-norm before the next one found no memory; the second try must not count it twice.
    std::vector<at::Tensor> before;
    for (const at::Tensor &buffer : m_buffers)
        before.push_back(buffer.clone());
    for (;;) {
        std::string said;
        try {
            return forwardBackward(batch, loss);
        } catch (const c10::Error &error) {
            if (!isOutOfMemory(error))
                throw;
            said = error.what_without_backtrace();
        }
        m_update->clear();
        if (m_replicas)
            m_replicas->clear();
        for (std::size_t i = 0; i < m_buffers.size(); ++i)
            m_buffers[i].copy_(before[i]);
        takeSmallerPieces(batch.x.size(0), progress);
    }
}

void TrainingLoop::takeSmallerPieces(std::int64_t batch, Progress &progress)
{
    const std::string where = m_options.device.isCuda() ? "The GPU is out of memory" : "There is not enough memory";
    if (!m_whole && batch / (2 * m_pieces) >= 2) {
        m_pieces *= 2;
        progress.notice(where + ": from step " + std::to_string(m_step + 1) + " on a batch of " + std::to_string(batch) + " goes through in "
                        + std::to_string(m_pieces) + " pieces; the gradients are added, so the batch stays what it is.");
        return;
    }
    if (!m_options.device.isCuda())
        throw Error(std::string("There is not enough memory for ")
                    + (m_whole ? "a whole batch, which this loss needs; take a smaller one" : "two pictures at a time") + ". The last checkpoint is kept.");
    progress.notice(where + (m_whole ? " for a whole batch, which this loss needs" : " even for two pictures") + ": going on with the CPU from step "
                    + std::to_string(m_step + 1) + ".");
    m_options.device = Device{};
    m_pieces = m_options.accumulate;
    place();
    m_buffers.clear();
    for (auto &entry : m_modules)
        for (const at::Tensor &buffer : entry.second->buffers())
            m_buffers.push_back(buffer);
    m_update->follow();
}

void TrainingLoop::settle(std::int64_t steps, std::int64_t stepsPerEpoch, const Clock &clock)
{
    if (m_pending.empty())
        return;
    std::vector<at::Tensor> rows;
    for (const Pending &pending : m_pending)
        rows.push_back(pending.numbers);
    const at::Tensor numbers = at::stack(rows).to(at::kCPU, at::kDouble).contiguous();
    const double *row = numbers.data_ptr<double>();
    for (const Pending &pending : m_pending) {
        StepReport report;
        report.step = pending.step + 1;
        report.steps = steps;
        report.epoch = static_cast<int>(pending.step / stepsPerEpoch) + 1;
        report.loss = row[0];
        report.gradientNorm = row[1];
        report.skipped = row[2] != 0;
        report.lossScale = row[3];
        report.learningRate = pending.rate;
        report.pieces = m_pieces;
        report.picturesPerSecond = clock.secondsPerStep > 0 ? static_cast<double>(clock.batch) / clock.secondsPerStep : 0;
        report.secondsLeft =
            static_cast<double>(steps - report.step) * clock.secondsPerStep + static_cast<double>(clock.validationsLeft) * clock.validationSeconds;
        row += 4;
        const auto stopped = [&](const std::string &what, double value) {
            return Error(what + " became " + csvNumber(value) + " at step " + std::to_string(report.step) + " of " + std::to_string(steps) + " (loss "
                         + csvNumber(report.loss) + ", learning rate " + csvNumber(report.learningRate) + ", batch: " + described(pending.indices)
                         + "). Try a lower learning rate; the last checkpoint is kept.");
        };
        if (!std::isfinite(report.loss))
            throw stopped("The loss", report.loss);
        if (report.skipped ? report.lossScale < 1 : !std::isfinite(report.gradientNorm))
            throw stopped("The gradient", report.gradientNorm);
        m_lossSum += report.loss;
        ++m_lossCount;
        if (m_options.monitor != nullptr)
            m_options.monitor->onStep(report);
    }
    m_pending.clear();
}

void TrainingLoop::keepIfBest(EpochReport &report, Progress &progress)
{
    if (m_watched.empty() || !report.validation.is_object() || !report.validation.contains(m_watched) || !report.validation[m_watched].is_number())
        return;
    const double value = report.validation[m_watched].get<double>();
    if (!std::isfinite(value) || (m_bestEpoch > 0 && value <= m_bestValue))
        return;
    StateDict tensors;
    for (const auto &[name, module] : m_modules)
        for (const auto &[key, tensor] : stateDict(*module))
            tensors["state." + name + "." + key] = tensor;
    try {
        writeSafetensors(bestFile(), tensors, {});
    } catch (const FileError &error) {
        progress.notice(std::string("The weights of the best epoch could not be kept, those of an earlier one are: ") + error.what());
        return;
    }
    m_bestEpoch = report.epoch;
    m_bestValue = value;
    report.best = true;
}

void TrainingLoop::takeBest(Progress &progress)
{
    if (!m_options.keepBest || m_bestEpoch == 0 || m_reports.empty() || m_bestEpoch == m_reports.back().epoch)
        return;
    const Checkpoint file = readCheckpoint(bestFile());
    for (auto &[name, module] : m_modules) {
        StateDict part;
        const std::string prefix = "state." + name + ".";
        for (const auto &[key, tensor] : file.tensors)
            if (key.rfind(prefix, 0) == 0)
                part[key.substr(prefix.size())] = tensor;
        loadStateDict(*module, part, bestFile());
    }
    progress.notice(printed("The weights are those of epoch %d, the best by %s: %.4f.", m_bestEpoch, m_watched.c_str(), m_bestValue));
}

std::vector<EpochReport> TrainingLoop::run(std::int64_t size, const Sampler &sampler, const Prepare &prepare, const Loss &loss, const Validation &validation,
                                           Progress &progress)
{
    EpochOrders orders(m_order ? m_order : [size, seed = m_options.seed](std::int64_t epoch) {
        std::vector<std::int64_t> order(static_cast<std::size_t>(size));
        std::iota(order.begin(), order.end(), 0);
        Random random(seed, 0x10000000000ULL + static_cast<std::uint64_t>(epoch));
        random.shuffle(order);
        return order;
    });
    const std::int64_t length = size < 2 ? size : static_cast<std::int64_t>(orders.at(0)->size());
    Clock clock;
    clock.batch = std::min<std::int64_t>(m_options.batch, length);
    const std::int64_t batch = clock.batch;
    if (batch < 2)
        throw Error("There are only " + std::to_string(size) + " samples; a batch of two is the least.");
    while (m_pieces > 1 && batch / m_pieces < 2)
        --m_pieces;
    const std::int64_t stepsPerEpoch = length / batch;
    const std::int64_t steps = m_options.steps > 0 ? m_options.steps : stepsPerEpoch * m_options.epochs;
    const std::int64_t epochs = (steps + stepsPerEpoch - 1) / stepsPerEpoch;
    // Of a run that was killed while it wrote; the weights' own name is the checkpoint's without its ending.
    for (const std::filesystem::path &file : {m_checkpoint, bestFile(), m_checkpoint.parent_path() / m_checkpoint.stem()})
        removeLeftOvers(file);
    if (m_options.resume && restore()) {
        if (m_size != size)
            throw FileError(m_checkpoint, "was made with " + std::to_string(m_size) + " samples, now there are " + std::to_string(size) + ".");
        progress.notice("Going on from step " + std::to_string(m_step) + " of " + std::to_string(steps) + ".");
    }
    if (m_whole && m_options.accumulate > 1)
        throw UsageError("This loss compares the pictures of a batch with each other, so a batch cannot go through in pieces.");
    m_size = size;
    if (m_parts == 0)
        m_parts = m_makeReplica && !m_options.device.isCuda() ? usualParts(static_cast<int>(batch), threads()) : 1;
    if (m_parts > 1 && m_makeReplica && !m_options.device.isCuda())
        m_replicas = std::make_unique<Replicas>(m_modules, m_makeReplica, m_parts);
    progress.stage("Training");
    const CudnnSettings cudnn(m_options);

    const auto make = [&, pinned = m_options.device.isCuda()](std::int64_t at) {
        const std::int64_t epoch = at / stepsPerEpoch;
        const auto order = orders.at(epoch);
        const std::int64_t begin = at % stepsPerEpoch * batch;
        TrainingBatch made;
        std::vector<Picture> pictures;
        for (std::int64_t i = begin; i < begin + batch; ++i) {
            const std::int64_t index = (*order)[static_cast<std::size_t>(i)];
            Random random(m_options.seed, static_cast<std::uint64_t>(epoch * length + i));
            made.indices.push_back(index);
            pictures.push_back(sampler(index, random));
        }
        made.x = prepare(pictures);
        if (pinned)
            made.x = made.x.pin_memory();
        return made;
    };
    Prefetcher batches(m_step, steps, workersOf(m_options), make);

    // Asking a GPU for a number waits until it has done everything; so it is asked once in a few steps.
    const std::size_t settleEvery = m_options.device.isCuda() ? 8 : 1;
    double seconds = 0;
    std::int64_t pictures = 0;
    const std::int64_t firstStep = m_step;
    const auto patienceOver = [&] {
        return m_options.patience > 0 && m_bestEpoch > 0 && !m_reports.empty() && m_reports.back().epoch - m_bestEpoch >= m_options.patience;
    };
    const auto atEpochEnd = [&] { return m_step > 0 && (m_step % stepsPerEpoch == 0 || m_step == steps); };
    const auto epochNow = [&] { return (m_step - 1) / stepsPerEpoch + 1; };
    const auto endEpoch = [&] {
        EpochReport report;
        report.epoch = static_cast<int>(epochNow());
        report.loss = m_lossSum / static_cast<double>(std::max<std::int64_t>(1, m_lossCount));
        report.learningRate = learningRateAt(m_options, m_step - 1, steps);
        report.picturesPerSecond = seconds > 0 ? static_cast<double>(pictures) / seconds : 0;
        const SteadyTime validated = now();
        try {
            const at::NoGradGuard guard;
            for (auto &entry : m_modules)
                entry.second->eval();
            report.validation = validation ? validation() : Json();
        } catch (const Cancelled &) {
            throw;
        } catch (...) {
            saveOrTell(progress); // the epoch's steps are done, whatever became of its validation
            throw;
        }
        clock.validationSeconds = secondsSince(validated);
        keepIfBest(report, progress);
        const std::string text =
            printed("Epoch %d of %d: loss %.5f, %.0f samples/s", report.epoch, static_cast<int>(epochs), report.loss, report.picturesPerSecond);
        progress.notice(text + (report.validation.is_null() ? std::string() : ", " + report.validation.dump()));
        m_reports.push_back(report);
        m_lossSum = 0;
        m_lossCount = 0;
        pictures = 0;
        seconds = 0;
        saveOrTell(progress);
        if (m_options.monitor != nullptr)
            m_options.monitor->onEpoch(report);
    };
    try {
        // A run that was stopped within a validation goes on with it.
        if (atEpochEnd() && static_cast<std::int64_t>(m_reports.size()) < epochNow())
            endEpoch();
        while (m_step < steps && !patienceOver()) {
            progress.checkpoint(m_step, steps);
            if (m_options.stopAfter > 0 && m_step - firstStep >= m_options.stopAfter)
                throw Cancelled();
            const SteadyTime begin = now();
            Pending pending;
            pending.step = m_step;
            pending.rate = learningRateAt(m_options, m_step, steps);
            TrainingBatch taken = batches.take();
            for (auto &entry : m_modules)
                entry.second->train();
            const at::Tensor value = forwardBackwardFitting(taken, loss, progress);
            const at::Tensor scale = m_update->lossScale().clone();
            const WeightUpdate::Gradients gradients = m_update->step(pending.rate);
            pending.numbers = at::stack({value, gradients.norm.to(at::kFloat), gradients.skipped, scale});
            pending.indices = std::move(taken.indices);
            m_pending.push_back(std::move(pending));
            ++m_step;
            pictures += batch;
            const bool epochEnds = atEpochEnd();
            const bool saves = m_options.checkpointEvery > 0 && m_step % m_options.checkpointEvery == 0;
            clock.validationsLeft = epochs - (m_step - 1) / stepsPerEpoch;
            if (epochEnds || saves || m_pending.size() >= settleEvery)
                settle(steps, stepsPerEpoch, clock);
            const double took = secondsSince(begin);
            clock.took(took);
            seconds += took;
            if (epochEnds)
                endEpoch();
            else if (saves)
                saveOrTell(progress);
        }
    } catch (const Cancelled &) {
        settle(steps, stepsPerEpoch, clock);
        saveOrTell(progress);
        throw;
    }
    if (m_step < steps)
        progress.notice("Stopped after epoch " + std::to_string(m_reports.back().epoch) + ": " + std::to_string(m_options.patience)
                        + (m_options.patience == 1 ? " epoch" : " epochs") + " without a better " + m_watched + ".");
    m_replicas.reset();
    takeBest(progress);
    for (auto &entry : m_modules)
        entry.second->eval();
    return m_reports;
}

} // namespace dscope
