// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/losses/lossoptions.h"
#include "core/nets/model.h"
#include "core/training/options.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace dscope {

/// What the user wants trained.
struct TrainingRequest {
    enum class Kind { DdNet, Base, SecondLook };
    Kind kind = Kind::DdNet;
    std::filesystem::path data;              ///< targets of a DDNet or a second look; a labelled set for a base network
    std::filesystem::path features;          ///< SecondLook: embeddings of the targets' faces; empty: made anew
    std::shared_ptr<const ModelStore> store; ///< SecondLook: where the base is found that embeds; null: ModelStore()
    std::filesystem::path out;
    std::string architecture;
    TrainOptions loop;
    LossOptions loss;
    double heldOut = 0.05;
};

/// What has happened since it was last asked.
struct TrainingNews {
    std::vector<StepReport> steps;
    std::vector<EpochReport> epochs;
    int scoresEpoch = 0; ///< 0: no new ones
    std::vector<double> targets;
    std::vector<double> predictions;
};

/// Collects what the training thread tells until the window comes for it: no step is lost where several wait.
class TrainingFeed final : public TrainingMonitor {
public:
    /// @param poke called from the training thread whenever there is something new
    void setPoke(std::function<void()> poke) { m_poke = std::move(poke); }
    TrainingNews take();

    void onStep(const StepReport &step) override;
    void onEpoch(const EpochReport &epoch) override;
    void onScores(int epoch, std::span<const double> targets, std::span<const double> predictions) override;

private:
    void poke() const;

    std::mutex m_mutex;
    TrainingNews m_news;
    std::function<void()> m_poke;
};

/// How a run ended.
struct TrainingOutcome {
    std::filesystem::path out;
    std::string text; ///< in words, for the user
    std::string base; ///< SecondLook: whose embeddings it reads
};

/// Does it. @throws Cancelled, Error
TrainingOutcome runTraining(const TrainingRequest &request, TrainingFeed &feed, Progress &progress);

} // namespace dscope
