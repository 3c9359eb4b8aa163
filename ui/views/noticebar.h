// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace dscope {

/// Sentences the user should know (a fall back to the CPU, a broken file), above everything else until they are dismissed.
/// Equal ones are shown once; beyond three the oldest give way to a count and a list of all.
class NoticeBar : public QWidget {
    Q_OBJECT
public:
    explicit NoticeBar(QWidget *parent = nullptr);

    void add(const QString &text);
    void clear();
    const QStringList &texts() const { return m_texts; }

protected:
    void changeEvent(QEvent *event) override;

private:
    void show3();

    QStringList m_texts;
    QLabel *m_label;
    QToolButton *m_all;
    QToolButton *m_close;
};

} // namespace dscope
