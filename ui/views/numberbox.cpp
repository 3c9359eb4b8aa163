// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/numberbox.h"

#include <QLocale>

namespace dscope {

NumberBox::NumberBox(QWidget *parent) : QDoubleSpinBox(parent)
{
    QLocale plain = QLocale::c();
    plain.setNumberOptions(QLocale::OmitGroupSeparator | QLocale::RejectGroupSeparator);
    setLocale(plain);
}

QValidator::State NumberBox::validate(QString &text, int &position) const
{
    text.replace(QLatin1Char(','), QLatin1Char('.'));
    return QDoubleSpinBox::validate(text, position);
}

double NumberBox::valueFromText(const QString &text) const
{
    QString plain = text;
    plain.replace(QLatin1Char(','), QLatin1Char('.'));
    return QDoubleSpinBox::valueFromText(plain);
}

} // namespace dscope
