// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMenu>

#include <filesystem>
#include <functional>
#include <vector>

namespace dscope {

/// The files opened last, the newest first, as the settings keep them.
class RecentMenu : public QMenu {
public:
    static constexpr qsizetype limit = 10;

    /// @param key of the settings
    RecentMenu(const QString &title, const QString &key, QWidget *parent, std::function<void(const std::filesystem::path &)> open);

    void remember(const std::vector<std::filesystem::path> &paths);

private:
    void fill();

    QString m_key;
    std::function<void(const std::filesystem::path &)> m_open;
};

} // namespace dscope
