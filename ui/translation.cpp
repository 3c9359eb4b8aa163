// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/translation.h"

#include <QCoreApplication>
#include <QLocale>
#include <QTranslator>

namespace dscope {

void installTranslation()
{
    static bool done = false;
    if (done)
        return;
    done = true;
    auto *translator = new QTranslator(QCoreApplication::instance());
    const QString folder = QStringLiteral(":/dscope/i18n");
    if (translator->load(QLocale(), QStringLiteral("dscope"), QStringLiteral("_"), folder) || translator->load(QStringLiteral("dscope_en"), folder))
        QCoreApplication::installTranslator(translator);
}

} // namespace dscope
