// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/labels.h"
#include "tests/support/madenets.h"
#include "tests/support/pagetest.h"
#include "tests/support/widgets.h"
#include "ui/pages/labelpage.h"

#include <QSettings>
#include <QTreeView>

namespace dscope::test {

/// What tests of the page for labels share: the page with networks of random weights, and made targets.
class LabelTest : public PageTest<LabelPage> {
protected:
    void begin()
    {
        QSettings().clear();
        m_folder = std::make_unique<QTemporaryDir>();
        writeMadeNets(path("nets"));
        m_page = std::make_unique<LabelPage>(ModelStore({path("nets")}));
        showActive(*m_page, 1300, 900);
    }
    QTreeView *list() const { return find<QTreeView>("labelList"); }
    std::filesystem::path written(const MadeLabels &wish = {}) const
    {
        const std::filesystem::path file = path("made.targets");
        writeTargets(file, madeTargets(wish));
        return file;
    }
};

} // namespace dscope::test
