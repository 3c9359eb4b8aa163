// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/evaluationsetup.h"

#include "ui/convert.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QSpinBox>

#include <algorithm>

namespace dscope {

namespace {
/// A word that the box does not offer stays to be seen, and the run will say what is wrong with it.
void choose(QComboBox *box, const std::string &word)
{
    const QString name = toQString(word);
    if (box->findData(name) < 0)
        box->addItem(EvaluationSetup::tr("%1 (not there)").arg(name), name);
    box->setCurrentIndex(box->findData(name));
}
} // namespace

void EvaluationSetup::setRequest(const EvaluationRequest &request)
{
    m_root->setText(toQString(request.root));
    if (!request.benchmark.empty())
        choose(m_benchmark, request.benchmark);
    m_files = request.files;
    m_files.pairs.clear();
    m_files.identities.clear();
    m_pairs->setText(toQString(request.files.pairs));
    m_identities->setText(toQString(request.files.identities));
    m_features->setText(toQString(request.features));
    m_scores->setText(toQString(request.dScores));
    choose(m_base, request.base);
    choose(m_ddnet, request.ddnet);
    m_flip->setChecked(request.flip);
    m_normalise->setChecked(request.normaliseFirst);
    m_detector->setChecked(request.detectorScore);
    m_resamples->setValue(request.resamples);
    choose(m_distance, request.distance.empty() ? "l2" : request.distance);
    std::vector<std::string> further = request.methods;
    for (QCheckBox *method : m_methods) {
        const std::string name = method->property("method").toString().toStdString();
        method->setChecked(std::find(further.begin(), further.end(), name) != further.end());
        std::erase(further, name);
    }
    QStringList qualities;
    for (const auto &[name, file] : request.qualities) {
        qualities << QStringLiteral("%1=%2").arg(toQString(name), toQString(file));
        std::erase(further, qualityMethod(name)); // comes with the file
    }
    m_quality->setText(qualities.join(QStringLiteral("; ")));
    m_baseCost->setValue(request.costs.base.value_or(0));
    m_ddnetCost->setValue(request.costs.ddnet.value_or(0));
    QStringList more;
    for (const std::string &name : further)
        more << toQString(name);
    m_more->setText(more.join(QLatin1Char(' ')));
    QStringList kept;
    if (m_files.everyNth > 1)
        kept << tr("one frame in %1").arg(m_files.everyNth);
    if (!m_files.pictures.empty())
        kept << tr("pictures from %1").arg(toQString(m_files.pictures));
    setNote(kept.isEmpty() ? QString() : tr("As in the project: %1.").arg(kept.join(QStringLiteral(", "))));
    updateState();
}

} // namespace dscope
