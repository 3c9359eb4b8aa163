#pragma once

#include <QString>
#include <QStringList>
#include <QVector>

class QDialog;
class QWidget;

namespace dscope {

/// All keys, from the window's own actions: (what, key).
QDialog *makeShortcutsDialog(QWidget *parent, const QVector<std::pair<QString, QString>> &keys);
/// Name, version, licence, and what `device` says about the hardware found.
QDialog *makeAboutDialog(QWidget *parent, const QString &device);
/// A list of sentences that can be copied.
QDialog *makeWarningsDialog(QWidget *parent, const QStringList &warnings);

} // namespace dscope
