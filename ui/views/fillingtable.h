// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHeaderView>
#include <QTableView>

#include <algorithm>

namespace dscope {

/// A table whose first column takes the room that the others leave, and whose columns can still be moved and made wider by hand.
class FillingTable : public QTableView {
public:
    using QTableView::QTableView;

    /// The runs of an evaluation in rows, whose figures are drawn with their intervals; its columns are fitted whenever the model begins anew.
    static FillingTable *ofRuns(const QString &name, const QString &about, QAbstractItemModel *model, QWidget *parent);

    /// Rows and columns as their contents need them; the first column between `least` and `most` where there is no room to spare.
    void fit(int least, int most)
    {
        resizeRowsToContents();
        resizeColumnsToContents();
        m_natural = std::clamp(columnWidth(0), least, most);
        fill();
    }

protected:
    void resizeEvent(QResizeEvent *event) override
    {
        QTableView::resizeEvent(event);
        fill();
    }

private:
    void fill()
    {
        if (m_natural <= 0 || model() == nullptr || model()->columnCount() == 0)
            return;
        const int others = horizontalHeader()->length() - columnWidth(0);
        setColumnWidth(0, std::max(m_natural, viewport()->width() - others));
    }

    int m_natural = 0; ///< of the first column; 0: not fitted yet
};

} // namespace dscope
