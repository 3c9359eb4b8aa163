// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QTextDocument>

namespace dscope {

/// Text for a tool tip that holds names of files, groups or people. Qt takes what looks like HTML for it (a file may be called "<b>"); here it is shown as
/// it stands.
inline QString plainTip(const QString &text)
{
    return Qt::mightBeRichText(text) ? QStringLiteral("<qt style=\"white-space:pre\">%1</qt>").arg(text.toHtmlEscaped()) : text;
}

} // namespace dscope
