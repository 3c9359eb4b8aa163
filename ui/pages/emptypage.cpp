// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/emptypage.h"

#include "ui/theme.h"

#include <QGridLayout>
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

    auto *title = new QLabel(tr("Which faces of a video are worth recognising?"), this);
    QFont big = title->font();
    big.setPointSizeF(big.pointSizeF() * 1.7);
    big.setBold(true);
    title->setFont(big);
    title->setAlignment(Qt::AlignCenter);
    title->setWordWrap(true);
    column->addWidget(title);
    column->addSpacing(8);

    auto *steps = new QGridLayout;
    steps->setHorizontalSpacing(14);
    steps->setVerticalSpacing(10);
    const QStringList texts{
        tr("<b>Open</b> a video, a folder of pictures, a list (csv) or an IJB folder. Drop it anywhere on this window."),
        tr("<b>Score</b>: faces are found, aligned and grouped by person, and the small DDNet gives each one a D-score from 0 to 1: how well the base "
           "network will be able to tell this person from others by it."),
        tr("<b>Tune</b> the threshold. Faces above it are kept; the plots show at once what that saves and what it changes."),
        tr("<b>Export</b> scores, aggregated features, the best pictures, or a report."),
    };
    for (int i = 0; i < texts.size(); ++i) {
        auto *number = new QLabel(QString::number(i + 1), this);
        QFont font = number->font();
        font.setPointSizeF(font.pointSizeF() * 1.5);
        font.setBold(true);
        number->setFont(font);
        number->setForegroundRole(QPalette::Highlight);
        auto *text = new QLabel(texts[i], this);
        text->setWordWrap(true);
        text->setMinimumWidth(440);
        steps->addWidget(number, i, 0, Qt::AlignTop | Qt::AlignRight);
        steps->addWidget(text, i, 1);
    }
    steps->setColumnStretch(1, 1);
    column->addLayout(steps);
    column->addSpacing(12);

    auto *buttons = new QHBoxLayout;
    auto *files = new QPushButton(tr("Open &files…"), this);
    files->setObjectName(QStringLiteral("emptyOpenFiles"));
    files->setDefault(true);
    auto *folder = new QPushButton(tr("Open a f&older…"), this);
    folder->setObjectName(QStringLiteral("emptyOpenFolder"));
    m_example = new QPushButton(tr("Open the e&xample"), this);
    m_example->setObjectName(QStringLiteral("emptyOpenExample"));
    buttons->addStretch();
    for (QPushButton *button : {files, folder, m_example}) {
        button->setMinimumHeight(34);
        button->setMinimumWidth(130);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    column->addLayout(buttons);

    auto *centre = new QHBoxLayout;
    centre->addStretch(1);
    auto *box = new QWidget(this);
    box->setLayout(column);
    box->setMaximumWidth(640);
    centre->addWidget(box, 6);
    centre->addStretch(1);
    outer->addLayout(centre);
    outer->addStretch(3);

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
