// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/emptypage.h"

#include "ui/views/parts.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace dscope {

EmptyPage::EmptyPage(QWidget *parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("emptyPage"));
    auto *outer = new QVBoxLayout(this);
    outer->addStretch(2);
    auto *column = new QVBoxLayout;
    column->setSpacing(10);

    addSteps(column, this, tr("Which faces of a video are worth recognising?"), 1.7,
             {tr("<b>Open</b> a video, a folder of pictures, a list (csv) or an IJB folder. Drop it anywhere on this window."),
              tr("<b>Score</b>: faces are found, aligned and grouped by person, and the small DDNet gives each one a D-score from 0 to 1: how well the base "
                 "network will be able to tell this person from others by it."),
              tr("<b>Tune</b> the threshold. Faces above it are kept; the plots show at once what that saves and what it changes."),
              tr("<b>Export</b> scores, aggregated features, the best pictures, or a report.")},
             440, 10);
    column->addSpacing(12);

    auto *files = new QPushButton(tr("Open f&iles…"), this);
    files->setObjectName(QStringLiteral("emptyOpenFiles"));
    files->setDefault(true);
    auto *folder = new QPushButton(tr("Open a f&older…"), this);
    folder->setObjectName(QStringLiteral("emptyOpenFolder"));
    m_example = new QPushButton(tr("Open the e&xample"), this);
    m_example->setObjectName(QStringLiteral("emptyOpenExample"));
    addButtons(column, {files, folder, m_example}, 130);

    placeInMiddle(outer, this, column, 640, 6);

    connect(files, &QPushButton::clicked, this, &EmptyPage::openFiles);
    connect(folder, &QPushButton::clicked, this, &EmptyPage::openFolder);
    connect(m_example, &QPushButton::clicked, this, &EmptyPage::openExample);
}

void EmptyPage::setExampleThere(bool there)
{
    m_example->setEnabled(there);
    m_example->setToolTip(there ? QString() : tr("The example is not on this machine. run.sh fetches it."));
}

} // namespace dscope
