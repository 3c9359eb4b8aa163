// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/methodchoice.h"

#include "core/analysis/evaluation.h"
#include "core/base/error.h"
#include "ui/convert.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QSettings>

#include <algorithm>

namespace dscope {

namespace {
constexpr int columns = 3;
const auto methodsKey = QStringLiteral("evaluate/methods");
const auto moreKey = QStringLiteral("evaluate/more");

QString nameOf(const QCheckBox *box)
{
    return box->property("method").toString();
}

/// Ways to choose the clips of a video (K = 9 is the paper's for untrimmed videos).
const QStringList &clipMethods()
{
    static const QStringList names{QStringLiteral("ddl:best=9"), QStringLiteral("top-k:9"), QStringLiteral("uniform-k:9"),
                                   QStringLiteral("random-k:9,seeds=10"), QStringLiteral("top-k:9,quality=motion")};
    return names;
}

/// Crops of people come without a detector's scores; clips are chosen in ways of their own.
bool offers(const Task &task, const QString &method)
{
    if (task.protocol == Protocol::Classification)
        return clipMethods().contains(method) || method == QStringLiteral("average") || method == QStringLiteral("ddl") || method == QStringLiteral("ddl+");
    return !clipMethods().contains(method) && (task.protocol == Protocol::Verification || method != QStringLiteral("detector"));
}
} // namespace

QStringList offeredMethods()
{
    return QStringList{QStringLiteral("average"),    QStringLiteral("max"),         QStringLiteral("top-1"),          QStringLiteral("top-k:5"),
                       QStringLiteral("random-k:5"), QStringLiteral("ddl"),         QStringLiteral("ddl-no-rescale"), QStringLiteral("ddl+"),
                       QStringLiteral("ddl:second"), QStringLiteral("ddl+:second"), QStringLiteral("norm"),           QStringLiteral("detector")}
    + clipMethods();
}

QString methodTitle(const QString &name)
{
    try {
        return toQString(titleOf(methodNamed(name.toStdString())));
    } catch (const Error &) {
        return name;
    }
}

MethodChoice::MethodChoice(QWidget *parent) : QWidget(parent), m_grid(new QGridLayout(this)), m_task(&tasks().front())
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setVerticalSpacing(2);
    for (const QString &name : offeredMethods()) {
        auto *box = new QCheckBox(methodTitle(name), this);
        box->setObjectName(QStringLiteral("method_") + name);
        box->setProperty("method", name);
        box->setChecked(name == QStringLiteral("average") || name == QStringLiteral("top-1") || name == QStringLiteral("ddl") || clipMethods().contains(name));
        connect(box, &QCheckBox::toggled, this, &MethodChoice::changed);
        m_boxes.push_back(box);
    }
    m_more = new QLineEdit(this);
    m_more->setObjectName(QStringLiteral("evaluationMore"));
    m_more->setPlaceholderText(tr("further ones, such as ddl:t=0.3 ddl:media-first nan:FILE"));
    m_more->setAccessibleName(tr("Further methods by name"));
    m_more->setToolTip(
        tr("Separated by blanks: average, max, top-1, top-k:K, random-k:K, norm, detector, quality:NAME, ddl, ddl-no-rescale, ddl+, nan:FILE; after a "
           "colon media-first, normalise, t=T, best=K, enough=E, whole, and second: DDNet chooses the pictures, and the D-scores of the base's second look "
           "weigh them"));
    const int count = static_cast<int>(m_boxes.size());
    m_grid->addWidget(m_more, count / columns, count % columns, 1, columns - count % columns);
    connect(m_more, &QLineEdit::textChanged, this, &MethodChoice::changed);
}

void MethodChoice::setTask(const Task &task)
{
    m_task = &task;
    int place = 0;
    for (QCheckBox *box : m_boxes) {
        const bool offered = offers(task, nameOf(box));
        box->setVisible(offered);
        m_grid->removeWidget(box);
        if (offered) {
            m_grid->addWidget(box, place / columns, place % columns);
            ++place;
        }
    }
}

std::vector<std::string> MethodChoice::chosen() const
{
    std::vector<std::string> methods;
    for (const QCheckBox *box : m_boxes)
        if (box->isChecked() && offers(*m_task, nameOf(box)))
            methods.push_back(nameOf(box).toStdString());
    for (const QString &word : m_more->text().split(QLatin1Char(' '), Qt::SkipEmptyParts))
        methods.push_back(word.toStdString());
    return methods;
}

void MethodChoice::choose(std::vector<std::string> methods)
{
    for (QCheckBox *box : m_boxes)
        box->setChecked(std::erase(methods, nameOf(box).toStdString()) > 0);
    QStringList more;
    for (const std::string &name : methods)
        more << toQString(name);
    m_more->setText(more.join(QLatin1Char(' ')));
}

void MethodChoice::readSettings()
{
    const QSettings settings;
    if (const QVariant methods = settings.value(methodsKey); methods.isValid())
        for (QCheckBox *box : m_boxes)
            box->setChecked(methods.toStringList().contains(nameOf(box)));
    m_more->setText(settings.value(moreKey).toString());
}

void MethodChoice::writeSettings() const
{
    QSettings settings;
    QStringList methods;
    for (const QCheckBox *box : m_boxes)
        if (box->isChecked())
            methods << nameOf(box);
    settings.setValue(methodsKey, methods);
    settings.setValue(moreKey, m_more->text());
}

} // namespace dscope
