// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/jobs/modelwork.h"
#include "ui/pages/page.h"

#include <string>

class QTreeView;

namespace dscope {

class ModelList;
class ModelView;

/// The page for networks: those the store knows and those the user adds, what each is made of and costs, how its input is prepared, a trial on
/// a picture, and its speed on every device.
class ModelPage : public Page {
    Q_OBJECT
public:
    explicit ModelPage(ModelStore store, QWidget *parent = nullptr);
    ~ModelPage() override;

    void choose(const std::string &name);
    /// The model on show; empty: none.
    const std::string &chosen() const;
    /// Adds weights files to the list. Asks first where a file can run code.
    void addFiles(const std::vector<std::filesystem::path> &files);
    void tryOn(const std::filesystem::path &picture);
    void open(const std::vector<std::filesystem::path> &paths) override;

Q_SIGNALS:
    /// Models were added, removed, or prepare their input in another way.
    void storeChanged(const dscope::ModelStore &store);
    /// The file is looked into.
    void inspected();
    void tried();
    void timed();

protected:
    bool takes(const std::vector<std::filesystem::path> &paths) const override { return !paths.empty(); }
    std::optional<Question> unsaved() const override;
    void save(std::function<void()> then, std::function<void()> otherwise) override;
    void giveUp() override;

private:
    void buildList(QWidget *parent);
    void buildActions();
    void updateActions();
    void readStore();
    void showModel(const ModelSpec &spec);
    void inspect();
    void time();
    void askForModels();
    void askForPicture();
    void removeChosen();
    void add(const std::filesystem::path &file, bool trusted);
    void askForTrust(const std::filesystem::path &file);
    bool saveInput();
    /// The newest wish wins: `start` begins a job once the one before is gone.
    void run(const std::function<Job *()> &start, const QString &headline);

    ModelStore m_store;
    bool m_choosing = false;
    ModelList *m_list;
    ModelView *m_view;
    QTreeView *m_models = nullptr;
};

} // namespace dscope
