// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"
#include "ui/models/labelstate.h"
#include "ui/pages/page.h"

#include <memory>

class QStackedWidget;

namespace dscope {

class LabelSetup;
class LabelView;
class ThumbnailCache;
class ThumbnailSource;

/// The page for D-score targets: computes them for a labelled set or opens those of an earlier run, shows how they are spread, and lets the
/// user look at the least discriminative pictures beside the class each is confused with, and exclude some.
class LabelPage : public Page {
    Q_OBJECT
public:
    explicit LabelPage(ModelStore store, QWidget *parent = nullptr);
    ~LabelPage() override;

    LabelState &state() { return m_state; }
    /// Fills in the form. The user starts.
    void setData(const std::filesystem::path &path);
    /// Shows a target file; opened() or failed() follows.
    void openTargets(const std::filesystem::path &file);
    /// True for a file that this page opens: targets.
    static bool opens(const std::filesystem::path &file);
    bool wants(const std::filesystem::path &file) const override { return opens(file); }
    void open(const std::vector<std::filesystem::path> &paths) override;
    void setStore(const dscope::ModelStore &store) override;

Q_SIGNALS:
    /// A set is on show.
    void opened();

protected:
    std::optional<Question> unsaved() const override;
    void save(std::function<void()> then, std::function<void()> otherwise) override;
    void giveUp() override { m_state.setSaved(); }
    void leave() override;
    bool isBusy() const override;
    std::vector<std::filesystem::path> inputs() const override;
    QString folder() const override;

private:
    /// What a job brings.
    struct Opened {
        LabelSetPtr set;
        std::shared_ptr<const ThumbnailSource> thumbnails;
        QString problem; ///< why there are no pictures; empty: there are
    };
    static Opened arrange(LabelSetPtr set, Progress &progress);

    void buildFileMenu();
    void buildEditMenu();
    void buildViewMenu();
    void updateActions();
    void updateTitle();

    void start();
    void run(const QString &title, std::function<Opened(Progress &)> work, bool labelling);
    void take(Opened opened);
    void showSetup();
    void closeSet();
    void askForTargets();
    void saveExclusions(std::function<void()> then = {});
    void openExclusions();

    ModelStore m_store;
    LabelState m_state;
    ThumbnailCache *m_cache;
    QStackedWidget *m_stack;
    LabelSetup *m_setup;
    LabelView *m_view;
    QList<QAction *> m_needSet;
};

} // namespace dscope
