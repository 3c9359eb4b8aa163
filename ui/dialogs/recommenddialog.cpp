// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/recommenddialog.h"

#include "core/base/error.h"
#include "ui/convert.h"
#include "ui/models/evaluationstate.h"
#include "ui/views/numberbox.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QVBoxLayout>

#include <cmath>

namespace dscope {

RecommendDialog::RecommendDialog(QWidget *parent)
    : QDialog(parent), m_cheapest(new QRadioButton(tr("The &cheapest within"), this)), m_best(new QRadioButton(tr("The &best accuracy for at most"), this)),
      m_within(new NumberBox(this)), m_budget(new NumberBox(this)), m_unit(new QComboBox(this)), m_method(new QComboBox(this)), m_sentence(new QLabel(this)),
      m_apply(new QPushButton(tr("&Apply"), this))
{
    setObjectName(QStringLiteral("recommend"));
    setWindowTitle(tr("Recommend a threshold"));
    setMinimumWidth(600);
    auto *column = new QVBoxLayout(this);
    auto *grid = new QGridLayout;
    m_cheapest->setObjectName(QStringLiteral("recommendCheapest"));
    m_best->setObjectName(QStringLiteral("recommendBest"));
    m_cheapest->setChecked(true);
    m_within->setObjectName(QStringLiteral("recommendWithin"));
    m_within->setRange(0, 100);
    m_within->setDecimals(2);
    m_within->setSingleStep(0.1);
    m_within->setValue(0.5);
    m_within->setSuffix(tr(" points of the best TAR"));
    m_within->setAccessibleName(tr("Points below the best accuracy that are given away"));
    m_budget->setObjectName(QStringLiteral("recommendBudget"));
    m_budget->setRange(0, 1e6);
    m_budget->setDecimals(2);
    m_budget->setValue(50);
    m_budget->setAccessibleName(tr("Budget"));
    m_unit->setObjectName(QStringLiteral("recommendUnit"));
    m_unit->setAccessibleName(tr("Unit of the budget"));
    grid->addWidget(m_cheapest, 0, 0);
    grid->addWidget(m_within, 0, 1, 1, 2);
    grid->addWidget(m_best, 1, 0);
    grid->addWidget(m_budget, 1, 1);
    grid->addWidget(m_unit, 1, 2);
    auto *methodLabel = new QLabel(tr("&Among"), this);
    methodLabel->setBuddy(m_method);
    m_method->setObjectName(QStringLiteral("recommendMethod"));
    m_method->setAccessibleName(tr("Methods to choose from"));
    grid->addWidget(methodLabel, 2, 0);
    grid->addWidget(m_method, 2, 1, 1, 2);
    grid->setColumnStretch(1, 1);
    column->addLayout(grid);
    m_sentence->setObjectName(QStringLiteral("recommendSentence"));
    m_sentence->setWordWrap(true);
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_sentence->setMinimumHeight(9 * fontMetrics().height());
    m_sentence->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_sentence->setFrameShape(QFrame::StyledPanel);
    m_sentence->setMargin(8);
    column->addWidget(m_sentence, 1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    m_apply->setObjectName(QStringLiteral("recommendApply"));
    m_apply->setToolTip(tr("Moves the live threshold there. It can be undone"));
    buttons->addButton(m_apply, QDialogButtonBox::ApplyRole);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_apply, &QPushButton::clicked, this, [this] {
        if (m_found)
            Q_EMIT applied(m_found->point);
    });
    connect(m_cheapest, &QRadioButton::toggled, this, &RecommendDialog::update);
    connect(m_within, &QDoubleSpinBox::valueChanged, this, [this] {
        m_cheapest->setChecked(true);
        update();
    });
    connect(m_budget, &QDoubleSpinBox::valueChanged, this, [this] {
        m_best->setChecked(true);
        update();
    });
    connect(m_unit, &QComboBox::currentIndexChanged, this, &RecommendDialog::update);
    connect(m_method, &QComboBox::currentIndexChanged, this, &RecommendDialog::update);
    connect(this, &QDialog::finished, this, [this] { Q_EMIT recommended(std::nullopt); });
}

void RecommendDialog::setCurve(const Tradeoff &curve, double far)
{
    const bool priced = curve.prices.base.mac > 0;
    const bool fresh = curve.titles != m_curve.titles || m_method->count() == 0;
    const bool unitsChange = m_unit->count() != (priced ? 3 : 1);
    m_curve = curve;
    m_far = far;
    for (const double target : curve.fars) // from another file it may differ in the last digit
        if (std::abs(target - far) <= 1e-9 * far)
            m_far = target;
    const QSignalBlocker units(m_unit);
    const QSignalBlocker methods(m_method);
    if (unitsChange) {
        m_unit->clear();
        m_unit->addItem(tr("% of the faces"), static_cast<int>(Wish::Unit::KeptShare));
        if (priced) {
            m_unit->addItem(tr("G MAC per face"), static_cast<int>(Wish::Unit::Mac));
            m_unit->addItem(tr("GFLOP per face"), static_cast<int>(Wish::Unit::Flop));
        }
    }
    if (fresh) {
        m_method->clear();
        m_method->addItem(tr("all methods"), -1);
        for (std::size_t i = 0; i < curve.titles.size(); ++i)
            m_method->addItem(toQString(curve.titles[i]), static_cast<int>(i));
    }
    update();
}

void RecommendDialog::update()
{
    Wish wish;
    wish.far = m_far;
    wish.kind = m_cheapest->isChecked() ? Wish::Kind::Cheapest : Wish::Kind::Best;
    wish.within = m_within->value() / 100;
    wish.unit = static_cast<Wish::Unit>(m_unit->currentData().toInt());
    // "Cheapest" needs no budget, but a unit that can be compared: the kept share always can.
    if (wish.kind == Wish::Kind::Cheapest)
        wish.unit = m_curve.prices.base.mac > 0 ? Wish::Unit::Mac : Wish::Unit::KeptShare;
    wish.budget = wish.unit == Wish::Unit::KeptShare ? m_budget->value() / 100 : m_budget->value() * 1e9;
    if (const int method = m_method->currentData().toInt(); m_method->currentIndex() > 0)
        wish.method = static_cast<std::size_t>(method);
    m_found.reset();
    QString text;
    try {
        if (m_curve.points.empty())
            text = tr("The trade-off curve has no points yet.");
        else
            m_found = recommend(m_curve, wish);
        if (m_found)
            text = toQString(m_found->sentence);
        else if (text.isEmpty())
            text = tr("No point of the curve fulfils this.");
    } catch (const Error &error) {
        text = toQString(std::string(error.what()));
    }
    m_sentence->setText(text);
    m_apply->setEnabled(m_found.has_value());
    Q_EMIT recommended(m_found ? std::optional<TradeoffPoint>(m_found->point) : std::nullopt);
}

} // namespace dscope
