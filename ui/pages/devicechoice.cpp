// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/devicechoice.h"

#include "core/base/device.h"
#include "ui/convert.h"
#include "ui/jobs/job.h"
#include "ui/pages/analysissources.h"
#include "ui/pages/page.h"

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QLabel>
#include <QLocale>
#include <QToolBar>

#include <utility>
#include <vector>

namespace dscope {

DeviceChoice::DeviceChoice(Page *page, AnalysisSources *sources, QMenu *menu, QToolBar *bar)
    : QObject(page), m_page(page), m_sources(sources), m_menu(menu), m_actions(new QActionGroup(this))
{
    auto *space = new QWidget(bar);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(space);
    auto *caption = new QLabel(tr("Device"), bar);
    caption->setContentsMargins(0, 0, 6, 0);
    bar->addWidget(caption);
    m_box = new QComboBox(bar);
    m_box->setObjectName(QStringLiteral("device"));
    m_box->setAccessibleName(tr("Device"));
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_box->addItem(tr("Automatic"), QStringLiteral("auto"));
    bar->addWidget(m_box);
    connect(m_box, &QComboBox::activated, this, [this] { choose(m_box->currentData().toString().toStdString()); });
    find();
}

void DeviceChoice::find()
{
    // Loading libtorch's CUDA part takes a second or two, so not on this thread.
    using Found = std::pair<std::vector<DeviceInfo>, std::string>;
    Job::start(
        this, tr("Looking for devices"),
        [](Progress &) {
            return Found{availableDevices(), loadCuda()};
        },
        [this](const Found &found) {
            m_found = toQString(found.second);
            m_box->setToolTip(m_found);
            m_box->clear();
            add(tr("Automatic"), QStringLiteral("auto"));
            for (const DeviceInfo &info : found.first)
                add(info.memoryBytes > 0 ? tr("%1 (%2)").arg(toQString(info.label), QLocale().formattedDataSize(info.memoryBytes, 0)) : toQString(info.label),
                    toQString(info.device.name()));
            // One that was asked for and is not there stays visible, so that the failure to come has a cause to be seen.
            const QString wanted = toQString(m_sources->options().device);
            if (m_box->findData(wanted) < 0)
                add(tr("%1 (not there)").arg(wanted), wanted);
            update();
        });
}

void DeviceChoice::add(const QString &text, const QString &name)
{
    m_box->addItem(text, name);
    QAction *action = m_page->actionSet().add(m_menu, {}, text, {}, {}, [this, name] { choose(name.toStdString()); });
    ActionSet::makeChoice(action, name, m_actions);
}

void DeviceChoice::choose(const std::string &name)
{
    if (name == m_sources->options().device)
        return;
    m_sources->options().device = name;
    update();
    m_sources->runAgain();
}

void DeviceChoice::update()
{
    const QString name = toQString(m_sources->options().device);
    m_box->setCurrentIndex(m_box->findData(name));
    for (QAction *action : m_actions->actions())
        action->setChecked(action->data().toString() == name);
}

} // namespace dscope
