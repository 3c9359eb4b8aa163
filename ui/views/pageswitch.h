// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

namespace dscope {

/// One page in the rail: an icon above a word; the chosen one carries a bar of the highlight's colour.
class PageSwitch : public QAbstractButton {
    Q_OBJECT
public:
    /// @param name of the page, and of its icon
    PageSwitch(const QString &name, const QString &title, QWidget *parent = nullptr);

    const QString &name() const { return m_name; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;
    void enterEvent(QEnterEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    QFont smallFont() const;

    QString m_name;
};

} // namespace dscope
