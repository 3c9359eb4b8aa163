// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nets/model.h"

#include <QUndoStack>
#include <QWidget>

#include <array>
#include <string>
#include <vector>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;

namespace dscope {

/// How a model's input is prepared: size, colour order, mean and scale. Every change can be undone; changes of one field in a row are one step.
class InputEditor : public QWidget {
    Q_OBJECT
public:
    explicit InputEditor(QWidget *parent = nullptr);

    /// Another model: nothing to undo.
    void setSpec(const ModelSpec &spec);
    /// Of an ONNX network with several outputs their names, for a choice; none: there is nothing to choose.
    void setOutputs(const std::vector<std::string> &names);
    /// Of a file with several sets of weights their names, for a choice; none: there is nothing to choose.
    void setWeights(const std::vector<std::string> &names);
    /// The model with what the fields say.
    const ModelSpec &spec() const { return m_spec; }
    QUndoStack *undoStack() { return &m_undo; }

Q_SIGNALS:
    void changed();

private:
    friend class InputCommand;
    void edit(int field);
    void apply(const ModelSpec &spec);
    void offer(QComboBox *box, QLabel *label, const QString &none, const std::vector<std::string> &names, const std::string &chosen);

    ModelSpec m_spec;
    QUndoStack m_undo;
    bool m_filling = false;
    QSpinBox *m_width;
    QSpinBox *m_height;
    QComboBox *m_colour;
    QComboBox *m_output;
    QLabel *m_outputLabel;
    QComboBox *m_weights;
    QLabel *m_weightsLabel;
    std::array<QDoubleSpinBox *, 3> m_mean;
    std::array<QDoubleSpinBox *, 3> m_scale;
};

} // namespace dscope
