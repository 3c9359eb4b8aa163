// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/recentmenu.h"

#include "ui/convert.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QSettings>

#include <utility>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(RecentMenu)
};
} // namespace

RecentMenu::RecentMenu(const QString &title, const QString &key, QWidget *parent, std::function<void(const std::filesystem::path &)> open)
    : QMenu(title, parent), m_key(key), m_open(std::move(open))
{
    fill();
}

void RecentMenu::remember(const std::vector<std::filesystem::path> &paths)
{
    QSettings settings;
    QStringList recent = settings.value(m_key).toStringList();
    for (const std::filesystem::path &path : paths) {
        const QString text = QFileInfo(toQString(path)).absoluteFilePath();
        recent.removeAll(text);
        recent.prepend(text);
    }
    settings.setValue(m_key, QStringList(recent.mid(0, limit)));
    fill();
}

void RecentMenu::fill()
{
    clear();
    const QStringList recent = QSettings().value(m_key).toStringList();
    setEnabled(!recent.isEmpty());
    // Opening and forgetting fill this menu anew; not from within its own action.
    const auto later = [this](const QString &text, std::function<void()> call) {
        return addAction(text, this, [this, call = std::move(call)] { QMetaObject::invokeMethod(this, call, Qt::QueuedConnection); });
    };
    for (const QString &path : recent)
        later(QString(path).replace(QLatin1Char('&'), QStringLiteral("&&")), [this, path] { m_open(toPath(path)); })->setData(path);
    if (recent.isEmpty())
        return;
    addSeparator();
    later(Texts::tr("&Forget these"), [this] {
        QSettings().remove(m_key);
        fill();
    });
}

} // namespace dscope
