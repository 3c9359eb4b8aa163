#pragma once

#include "core/base/picture.h"
#include "core/base/random.h"
#include "core/base/task.h"
#include "core/training/options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace torch::nn {
class Module;
}

namespace dscope {

/// A training run over `size` samples by either Optimiser. Everything random is drawn from (seed, epoch, sample), never from
/// a shared generator, so a run that is stopped at any step and resumed gives the same weights as one that was not, bit for bit on the CPU.
class TrainingLoop {
public:
    /// Makes sample `index` for this pass. Called from several threads.
    using Sampler = std::function<Picture(std::int64_t index, Random &random)>;
    /// The loss of a batch: `x` is float [N, 3, H, W] as `prepare` made it; `indices` say which samples these are.
    using Loss = std::function<at::Tensor(const at::Tensor &x, std::span<const std::int64_t> indices)>;
    /// Called after every epoch with the network in evaluation mode.
    using Validation = std::function<Json()>;
    using Prepare = std::function<at::Tensor(std::span<const Picture>)>;

    /// @param modules named modules whose parameters are trained and whose state is kept in the checkpoint
    TrainingLoop(std::vector<std::pair<std::string, torch::nn::Module *>> modules, TrainOptions options, std::filesystem::path checkpoint);

    /// Trains. NaN ends it with an Error that names the step and the loss. The checkpoint is written every `checkpointEvery` steps, on cancel and at
    /// the end. @throws Cancelled (after a checkpoint), Error
    std::vector<EpochReport> run(std::int64_t size, const Sampler &sampler, const Prepare &prepare, const Loss &loss, const Validation &validation, Task &task);

    /// Restores the modules, the momentum and the position. @return false if there is no checkpoint. @throws FileError for one of another run
    bool restore();

private:
    void save() const;
    void step(double rate);
    double rateAt(std::int64_t step, std::int64_t steps) const;

    std::vector<std::pair<std::string, torch::nn::Module *>> m_modules;
    TrainOptions m_options;
    std::filesystem::path m_checkpoint;
    std::vector<std::pair<std::string, at::Tensor>> m_parameters;
    std::map<std::string, at::Tensor> m_momentum; ///< v, or a
    std::map<std::string, at::Tensor> m_squares;  ///< b
    std::int64_t m_step = 0;
    std::int64_t m_size = 0;
    double m_lossSum = 0;
    std::int64_t m_lossCount = 0;
    std::vector<EpochReport> m_reports;
};

} // namespace dscope
