// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/helpdialogs.h"

#include "ui/theme.h"

#include <QAction>
#include <QClipboard>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace dscope {

namespace {
struct Texts {
    Q_DECLARE_TR_FUNCTIONS(HelpDialogs)
};

QDialog *dialog(QWidget *parent, const QString &title, QVBoxLayout **layout)
{
    auto *made = new QDialog(parent);
    made->setAttribute(Qt::WA_DeleteOnClose);
    made->setWindowTitle(title);
    *layout = new QVBoxLayout(made);
    return made;
}

QDialogButtonBox *closeButton(QDialog *dialog)
{
    auto *box = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    QObject::connect(box, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    return box;
}
} // namespace

QVector<std::pair<QString, QString>> keysOf(QWidget *page)
{
    QVector<std::pair<QString, QString>> keys;
    QList<QAction *> actions = page->findChildren<QAction *>();
    if (page->window() != page)
        actions = page->window()->actions() + actions; // pages and projects
    for (const QAction *action : std::as_const(actions)) {
        const QList<QKeySequence> sequences = action->shortcuts();
        const QString text = action->text().remove(QLatin1Char('&')).remove(QStringLiteral("…"));
        if (!sequences.isEmpty() && !text.isEmpty())
            keys.append({text, sequences.first().toString(QKeySequence::NativeText)});
    }
    return keys;
}

QMenu *addHelpMenu(QMainWindow *page, const std::function<QString()> &device, const std::function<QVector<std::pair<QString, QString>>()> &further)
{
    QMenu *menu = page->menuBar()->addMenu(Texts::tr("&Help"));
    QAction *action = menu->addAction(Texts::tr("&Keys…"), page, [page, further] {
        QVector<std::pair<QString, QString>> keys = keysOf(page);
        if (further)
            keys += further();
        makeShortcutsDialog(page, keys)->open();
    });
    action->setObjectName(QStringLiteral("shortcuts"));
    action->setShortcut(QKeySequence::HelpContents);
    QAction *about = menu->addAction(Texts::tr("&About Dscope"), page, [page, device] { makeAboutDialog(page, device())->open(); });
    about->setObjectName(QStringLiteral("about"));
    return menu;
}

QDialog *makeShortcutsDialog(QWidget *parent, const QVector<std::pair<QString, QString>> &keys)
{
    QVBoxLayout *layout = nullptr;
    QDialog *made = dialog(parent, Texts::tr("Keys"), &layout);
    auto *table = new QTableWidget(static_cast<int>(keys.size()), 2, made);
    table->setHorizontalHeaderLabels({Texts::tr("What"), Texts::tr("Key")});
    table->verticalHeader()->hide();
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setAccessibleName(Texts::tr("Keys"));
    for (int row = 0; row < keys.size(); ++row) {
        table->setItem(row, 0, new QTableWidgetItem(keys[row].first));
        table->setItem(row, 1, new QTableWidgetItem(keys[row].second));
    }
    table->resizeColumnsToContents();
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    layout->addWidget(table);
    layout->addWidget(closeButton(made));
    made->resize(520, 560);
    return made;
}

QDialog *makeAboutDialog(QWidget *parent, const QString &device)
{
    QVBoxLayout *layout = nullptr;
    QDialog *made = dialog(parent, Texts::tr("About Dscope"), &layout);
    auto *line = new QHBoxLayout;
    auto *icon = new QLabel(made);
    icon->setPixmap(themedIcon(QStringLiteral("dscope"), made->palette()).pixmap(48, 48));
    const QString version = QCoreApplication::applicationVersion();
    auto *text = new QLabel(Texts::tr("<h3>Dscope %1</h3>"
                                      "<p>Discriminability distillation learning, seen and tuned: a small network scores how well each face of a "
                                      "set will be told apart, and only the good ones are recognised.</p>"
                                      "<p>Free software under the GNU General Public License, version 3 or later. "
                                      "Built on Qt %2, libtorch, OpenCV, FFmpeg and QCustomPlot.</p><p>%3</p>")
                                .arg(version, QString::fromLatin1(qVersion()), device.toHtmlEscaped()),
                            made);
    text->setWordWrap(true);
    text->setMinimumWidth(420);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    line->addWidget(icon, 0, Qt::AlignTop);
    line->addWidget(text, 1);
    layout->addLayout(line);
    layout->addWidget(closeButton(made));
    return made;
}

QDialog *makeWarningsDialog(QWidget *parent, const QStringList &warnings)
{
    QVBoxLayout *layout = nullptr;
    QDialog *made = dialog(parent, Texts::tr("Warnings"), &layout);
    if (warnings.isEmpty()) {
        layout->addWidget(new QLabel(Texts::tr("There are no warnings."), made));
        layout->addWidget(closeButton(made));
        return made;
    }
    auto *list = new QListWidget(made);
    list->setAccessibleName(Texts::tr("Warnings"));
    list->addItems(warnings);
    list->setWordWrap(true);
    list->setAlternatingRowColors(true);
    list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    layout->addWidget(list);
    QDialogButtonBox *box = closeButton(made);
    QObject::connect(box->addButton(Texts::tr("Copy all"), QDialogButtonBox::ActionRole), &QPushButton::clicked, made,
                     [warnings] { QGuiApplication::clipboard()->setText(warnings.join(QLatin1Char('\n'))); });
    layout->addWidget(box);
    made->resize(680, 380);
    return made;
}

} // namespace dscope
