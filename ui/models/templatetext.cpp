// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/templatetext.h"

#include "ui/convert.h"

#include <QCoreApplication>

#include <algorithm>

namespace dscope {

QString templateText(const TemplateFeatures &set, std::uint32_t place)
{
    const auto at = static_cast<std::size_t>(place);
    if (at >= set.ids.size())
        return {};
    const QString id = QCoreApplication::translate("dscope::EvaluationSet", "template %1").arg(set.ids[at]);
    const std::int32_t subject = at < set.subjects.size() ? set.subjects[at] : -1;
    if (subject < 0 || static_cast<std::size_t>(subject) >= set.subjectNames.size())
        return id;
    return QStringLiteral("%1 · %2").arg(id, personText(set, place));
}

QString personText(const TemplateFeatures &set, std::uint32_t place)
{
    const std::int32_t subject = place < set.subjects.size() ? set.subjects[place] : -1;
    if (subject < 0 || static_cast<std::size_t>(subject) >= set.subjectNames.size())
        return QCoreApplication::translate("dscope::EvaluationSet", "nobody");
    const QString name = toQString(set.subjectNames[static_cast<std::size_t>(subject)]);
    if (!set.cameras.empty() && name == QStringLiteral("0"))
        return QCoreApplication::translate("dscope::EvaluationSet", "distractor");
    const bool number = std::all_of(name.begin(), name.end(), [](QChar letter) { return letter.isDigit(); }); // IJB has numbers for names
    return number ? QCoreApplication::translate("dscope::EvaluationSet", "person %1").arg(name) : name;
}

} // namespace dscope
