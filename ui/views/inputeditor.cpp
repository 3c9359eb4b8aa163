// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/inputeditor.h"
#include "ui/views/numberbox.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QUndoCommand>

#include <algorithm>
#include <utility>

namespace dscope {

/// One field changed, or changed further.
class InputCommand : public QUndoCommand {
public:
    InputCommand(InputEditor *editor, ModelSpec after, int field)
        : QUndoCommand(InputEditor::tr("change of the input")), m_editor(editor), m_before(editor->m_spec), m_after(std::move(after)), m_field(field)
    {
    }
    int id() const override { return m_field; }
    bool mergeWith(const QUndoCommand *other) override
    {
        m_after = static_cast<const InputCommand *>(other)->m_after;
        return true;
    }
    void redo() override { m_editor->apply(m_after); }
    void undo() override { m_editor->apply(m_before); }

private:
    InputEditor *m_editor;
    ModelSpec m_before;
    ModelSpec m_after;
    int m_field;
};

namespace {
constexpr int s_weightsField = 10; ///< behind those of the input and the output

/// A number that is being typed is left alone: setting it would write it out in full under the user's hands.
void fill(QDoubleSpinBox *box, float value)
{
    if (static_cast<float>(box->value()) != value)
        box->setValue(static_cast<double>(value));
}
} // namespace

InputEditor::InputEditor(QWidget *parent)
    : QWidget(parent), m_width(new QSpinBox(this)), m_height(new QSpinBox(this)), m_colour(new QComboBox(this)), m_output(new QComboBox(this)),
      m_outputLabel(new QLabel(tr("Output"), this)), m_weights(new QComboBox(this)), m_weightsLabel(new QLabel(tr("Weights"), this))
{
    setObjectName(QStringLiteral("inputEditor"));
    auto *form = new QFormLayout(this);
    int field = 0;
    const auto row = [&](const QString &text, std::initializer_list<QWidget *> widgets) {
        auto *line = new QHBoxLayout;
        for (QWidget *widget : widgets)
            line->addWidget(widget);
        line->addStretch(1);
        form->addRow(text, line);
    };
    const auto number = [&](QSpinBox *box, const char *name, const QString &accessible) {
        box->setObjectName(QLatin1String(name));
        box->setAccessibleName(accessible);
        box->setRange(0, 4096);
        box->setSpecialValueText(tr("any"));
        connect(box, &QSpinBox::valueChanged, this, [this, field] { edit(field); });
        ++field;
    };
    number(m_width, "inputWidth", tr("Width"));
    number(m_height, "inputHeight", tr("Height"));
    row(tr("Width × height"), {m_width, new QLabel(QStringLiteral("×"), this), m_height});
    m_colour->setObjectName(QStringLiteral("inputColour"));
    m_colour->setAccessibleName(tr("Colour order"));
    m_colour->addItems({tr("RGB"), tr("BGR")});
    connect(m_colour, &QComboBox::currentIndexChanged, this, [this, field] { edit(field); });
    ++field;
    row(tr("Colour order"), {m_colour});
    const auto triple = [&](std::array<QDoubleSpinBox *, 3> &boxes, const QString &name, const QString &accessible, double limit, int decimals, double step) {
        for (std::size_t i = 0; i < 3; ++i) {
            auto *box = new NumberBox(this);
            box->setObjectName(name + QString::number(i));
            box->setAccessibleName(accessible.arg(i + 1));
            box->setDecimals(decimals);
            box->setRange(-limit, limit);
            box->setSingleStep(step);
            connect(box, &QDoubleSpinBox::valueChanged, this, [this, field] { edit(field); });
            ++field;
            boxes[i] = box;
        }
    };
    triple(m_mean, QStringLiteral("inputMean"), tr("Mean of channel %1"), 1000, 4, 0.5);
    triple(m_scale, QStringLiteral("inputScale"), tr("Scale of channel %1"), 1000, 8, 0.001);
    row(tr("Mean"), {m_mean[0], m_mean[1], m_mean[2]});
    row(tr("Scale"), {m_scale[0], m_scale[1], m_scale[2]});
    auto *note = new QLabel(tr("input = (pixel of 0 to 255 − mean) × scale, channels in the order above"), this);
    note->setWordWrap(true);
    note->setForegroundRole(QPalette::PlaceholderText);
    form->addRow(QString(), note);
    m_output->setObjectName(QStringLiteral("modelOutput"));
    m_output->setAccessibleName(tr("Output that is taken"));
    m_outputLabel->setBuddy(m_output);
    connect(m_output, &QComboBox::currentIndexChanged, this, [this, field] { edit(field); });
    form->addRow(m_outputLabel, m_output);
    m_weights->setObjectName(QStringLiteral("modelWeights"));
    m_weights->setAccessibleName(tr("Set of weights that is taken"));
    m_weightsLabel->setBuddy(m_weights);
    connect(m_weights, &QComboBox::currentIndexChanged, this, [this] { edit(s_weightsField); });
    form->addRow(m_weightsLabel, m_weights);
    setOutputs({});
    setWeights({});
}

void InputEditor::offer(QComboBox *box, QLabel *label, const QString &none, const std::vector<std::string> &names, const std::string &chosen)
{
    m_filling = true;
    box->clear();
    box->addItem(none, QString());
    for (const std::string &name : names)
        box->addItem(QString::fromStdString(name), QString::fromStdString(name));
    box->setCurrentIndex(std::max(0, box->findData(QString::fromStdString(chosen))));
    m_filling = false;
    box->setVisible(!names.empty());
    label->setVisible(!names.empty());
}

void InputEditor::setOutputs(const std::vector<std::string> &names)
{
    offer(m_output, m_outputLabel, tr("the one that fits the use"), names, m_spec.output);
}

void InputEditor::setWeights(const std::vector<std::string> &names)
{
    offer(m_weights, m_weightsLabel, tr("the network's own, no average"), names, m_spec.weights);
}

void InputEditor::setSpec(const ModelSpec &spec)
{
    m_undo.clear();
    apply(spec);
}

void InputEditor::apply(const ModelSpec &spec)
{
    m_spec = spec;
    m_filling = true;
    m_width->setValue(spec.inputWidth);
    m_height->setValue(spec.inputHeight);
    m_colour->setCurrentIndex(spec.rgb ? 0 : 1);
    for (std::size_t i = 0; i < 3; ++i) {
        fill(m_mean[i], spec.mean[i]);
        fill(m_scale[i], spec.scale[i]);
    }
    m_output->setCurrentIndex(std::max(0, m_output->findData(QString::fromStdString(spec.output))));
    m_weights->setCurrentIndex(std::max(0, m_weights->findData(QString::fromStdString(spec.weights))));
    m_filling = false;
    Q_EMIT changed();
}

void InputEditor::edit(int field)
{
    if (m_filling)
        return;
    // Only this field: the others may show fewer digits than they have.
    ModelSpec after = m_spec;
    if (field == 0)
        after.inputWidth = m_width->value();
    else if (field == 1)
        after.inputHeight = m_height->value();
    else if (field == 2)
        after.rgb = m_colour->currentIndex() == 0;
    else if (field < 6)
        after.mean[static_cast<std::size_t>(field - 3)] = static_cast<float>(m_mean[static_cast<std::size_t>(field - 3)]->value());
    else if (field < 9)
        after.scale[static_cast<std::size_t>(field - 6)] = static_cast<float>(m_scale[static_cast<std::size_t>(field - 6)]->value());
    else if (field == s_weightsField) {
        after.weights = m_weights->currentData().toString().toStdString();
    } else {
        after.output = m_output->currentData().toString().toStdString();
        after.outputSize = 0; // another one has another length
    }
    m_undo.push(new InputCommand(this, std::move(after), field));
}

} // namespace dscope
