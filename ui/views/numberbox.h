// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDoubleSpinBox>

namespace dscope {

/// A field for a number in which a comma typed or pasted is a decimal point, whatever the locale: people write 0,15 as well as 0.15, and Qt would take the
/// comma for a mark between thousands. It shows a point, as every file of this program does.
class NumberBox : public QDoubleSpinBox {
    Q_OBJECT
public:
    explicit NumberBox(QWidget *parent = nullptr);

    QValidator::State validate(QString &text, int &position) const override;
    double valueFromText(const QString &text) const override;
};

} // namespace dscope
