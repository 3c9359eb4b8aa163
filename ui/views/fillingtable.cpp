// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/fillingtable.h"

#include "ui/delegates/tardelegate.h"
#include "ui/views/parts.h"

namespace dscope {

FillingTable *FillingTable::ofRuns(const QString &name, const QString &about, QAbstractItemModel *model, QWidget *parent)
{
    constexpr int narrowest = 180; // of the first column
    constexpr int widest = 340;
    auto *table = new FillingTable(parent);
    table->setObjectName(name);
    table->setAccessibleName(about);
    dress(table);
    table->setSelectionBehavior(SelectRows);
    table->setItemDelegate(new TarDelegate(table));
    table->setModel(model);
    connect(model, &QAbstractItemModel::modelReset, table, [table] { table->fit(narrowest, widest); });
    return table;
}

} // namespace dscope
