// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/outputlock.h"
#include "core/base/picture.h"
#include "core/base/progress.h"
#include "core/base/random.h"
#include "core/nets/checkpoint.h"
#include "core/training/options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope {

class Replicas;
class WeightUpdate;
struct TrainingBatch;

/// A training run over `size` samples. Everything random is drawn from (seed, epoch, position), never from a shared generator, so a run that is
/// stopped at any step and resumed gives the same weights as one that was not, bit for bit on the CPU.
class TrainingLoop {
public:
    /// Makes sample `index`. Called from several threads.
    using Sampler = std::function<Picture(std::int64_t index, Random &random)>;
    /// The mean loss of a batch (or of a piece of one): `x` is float [N, 3, H, W] as `prepare` made it; `indices` say which samples these are.
    using Loss = std::function<at::Tensor(const at::Tensor &x, std::span<const std::int64_t> indices)>;
    /// Called after every epoch with the networks in evaluation mode.
    using Validation = std::function<Json()>;
    using Prepare = std::function<at::Tensor(std::span<const Picture>)>;
    /// The samples of an epoch in their order, always as many. Called from several threads.
    using Order = std::function<std::vector<std::int64_t>(std::int64_t epoch)>;
    /// The same networks once more, freshly made, with a loss that uses them.
    struct Replica {
        std::vector<std::pair<std::string, torch::nn::Module *>> modules; ///< in the order of those that are trained
        Loss loss;
        std::shared_ptr<void> owner; ///< what the two need
    };
    /// What a sample is called in messages.
    using Describe = std::function<std::string(std::int64_t index)>;

    /// @param modules named modules whose parameters are trained and whose state is kept in the checkpoint
    /// @throws FileError where another run writes this checkpoint
    TrainingLoop(std::vector<std::pair<std::string, torch::nn::Module *>> modules, TrainOptions options, std::filesystem::path checkpoint);
    ~TrainingLoop();

    /// Another order than shuffled; a triplet's batches hold several pictures of a person.
    void setOrder(Order order) { m_order = std::move(order); }
    /// Lets the parts of a batch go through copies of the networks at the same time, where it runs on the CPU (see Replicas). Not for a loss that compares
    /// the pictures of a batch with each other, nor for networks that draw random numbers.
    void setReplicas(std::function<Replica()> make) { m_makeReplica = std::move(make); }
    /// The loss compares the pictures of a batch with each other, so no batch may go through in pieces: where memory does not suffice the CPU takes it whole.
    void keepBatchesWhole() { m_whole = true; }
    void setDescribe(Describe describe) { m_describe = std::move(describe); }
    /// The key of the validation by which epochs are compared; larger is better.
    void watch(std::string key) { m_watched = std::move(key); }

    /// Trains. Where memory does not suffice the batch goes through in twice as many pieces, each of two pictures at the least, then on the CPU, with
    /// a notice; batch-norm sees a piece at a time. A loss or a gradient that is no number ends it with an Error that names the step, the loss and the
    /// batch's samples. The checkpoint is written every `checkpointEvery` steps, after each epoch, on cancel and at the end; where that fails (a
    /// full disk) the former one stays and a notice tells. In the end the weights are those of the best epoch, if one is watched
    /// and wanted. @return the epochs, those before a resume included @throws Cancelled (after a checkpoint), Error
    std::vector<EpochReport> run(std::int64_t size, const Sampler &sampler, const Prepare &prepare, const Loss &loss, const Validation &validation,
                                 Progress &progress);

    /// Restores the modules, the optimiser and the position. @return false if there is no checkpoint. @throws FileError for one of another run
    bool restore();
    /// Deletes the checkpoint and the best epoch's weights, when the result is safe.
    void removeCheckpoint();

    /// Steps done so far; inside the loss callback, the number of the step under way from 0.
    std::int64_t position() const { return m_step; }
    /// The epoch under way, from 1; in the validation, the one that has just ended.
    int epoch() const { return static_cast<int>(m_reports.size()) + 1; }
    /// The epoch (from 1) whose weights are the best so far by what is watched; 0: none.
    int bestEpoch() const { return m_bestEpoch; }
    /// Where it runs now.
    const Device &device() const { return m_options.device; }

private:
    /// A step whose numbers still lie on the device.
    struct Pending {
        std::int64_t step = 0;
        std::vector<std::int64_t> indices;
        at::Tensor numbers; ///< loss, gradient norm, skipped, loss scale
        double rate = 0;
    };
    struct Clock;

    void place();
    Json settings() const;
    void save() const;
    void saveOrTell(Progress &progress);
    void keepIfBest(EpochReport &report, Progress &progress);
    void takeBest(Progress &progress);
    std::filesystem::path bestFile() const;
    at::Tensor forwardBackward(const TrainingBatch &batch, const Loss &loss);
    at::Tensor piece(const TrainingBatch &batch, std::int64_t begin, std::int64_t count, const Loss &loss) const;
    at::Tensor forwardBackwardFitting(const TrainingBatch &batch, const Loss &loss, Progress &progress);
    void takeSmallerPieces(std::int64_t batch, Progress &progress);
    void settle(std::int64_t steps, std::int64_t stepsPerEpoch, const Clock &clock);
    std::string described(const std::vector<std::int64_t> &indices) const;

    std::vector<std::pair<std::string, torch::nn::Module *>> m_modules;
    TrainOptions m_options;
    std::filesystem::path m_checkpoint;
    std::optional<OutputLock> m_lock; ///< on the checkpoint: two runs would write over each other's
    Order m_order;
    Describe m_describe;
    std::string m_watched;
    std::unique_ptr<WeightUpdate> m_update;
    std::vector<at::Tensor> m_buffers; ///< batch-norm's statistics
    std::deque<Pending> m_pending;
    std::int64_t m_step = 0;
    std::int64_t m_size = 0;
    int m_pieces = 1;
    std::function<Replica()> m_makeReplica;
    int m_parts = 0; ///< through which a batch goes at the same time; 0: not settled yet
    std::unique_ptr<Replicas> m_replicas;
    double m_lossSum = 0;
    std::int64_t m_lossCount = 0;
    bool m_whole = false;
    int m_bestEpoch = 0;
    double m_bestValue = 0;
    std::vector<EpochReport> m_reports;
};

} // namespace dscope
