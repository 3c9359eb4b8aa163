// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/trainingwork.h"
#include "ui/pages/page.h"

#include <memory>

namespace dscope {

class TrainSetup;
class TrainView;

/// The page for training: settings on the left, what the run is doing on the right, live.
class TrainPage : public Page {
    Q_OBJECT
public:
    explicit TrainPage(QWidget *parent = nullptr);
    ~TrainPage() override;

    TrainSetup *setup() const { return m_setup; }
    /// Where a base network is found that a second look needs.
    void setStore(const dscope::ModelStore &store) override;
    void setData(const std::filesystem::path &path);
    void open(const std::vector<std::filesystem::path> &paths) override;
    void start();
    /// Holds the run, or lets it go on.
    void togglePause();
    /// Ends the run; its checkpoint is kept.
    void stop();

Q_SIGNALS:
    /// The user wants the result in the list of models.
    void addModel(const std::filesystem::path &file);
    void finished();

protected:
    bool takes(const std::vector<std::filesystem::path> &paths) const override;
    bool mayClose() override;
    void note(const QString &text) override;
    void leave() override;

private:
    void buildActions();
    void takeNews();
    void updateState();
    void useResult();
    void useSecondLook();

    std::shared_ptr<TrainingFeed> m_feed;
    TrainingRequest m_request;
    TrainingOutcome m_outcome;
    std::shared_ptr<const ModelStore> m_store;
    bool m_running = false;
    TrainSetup *m_setup;
    TrainView *m_view;
};

} // namespace dscope
