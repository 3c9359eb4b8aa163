<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en_GB">
<context>
    <name>dscope::AnalysePage</name>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::CompareStrip</name>
    <message numerus="yes">
        <source>%n picture(s)</source>
        <translation>
            <numerusform>%n picture</numerusform>
            <numerusform>%n pictures</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::CostPlot</name>
    <message numerus="yes">
        <source>%n point(s) so far, filling in…</source>
        <translation>
            <numerusform>%n point so far, filling in…</numerusform>
            <numerusform>%n points so far, filling in…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::EvaluationPage</name>
    <message numerus="yes">
        <source>%n run(s) of the evaluation are not saved.</source>
        <translation>
            <numerusform>%n run of the evaluation is not saved.</numerusform>
            <numerusform>%n runs of the evaluation are not saved.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::EvaluationRunner</name>
    <message numerus="yes">
        <source>%n run(s) were here already, with the same figures</source>
        <translation>
            <numerusform>%n run was here already, with the same figures</numerusform>
            <numerusform>%n runs were here already, with the same figures</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::EvaluationState</name>
    <message numerus="yes">
        <source>add %n run(s)</source>
        <translation>
            <numerusform>add %n run</numerusform>
            <numerusform>add %n runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>remove %n run(s)</source>
        <translation>
            <numerusform>remove %n run</numerusform>
            <numerusform>remove %n runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::EvaluationTables</name>
    <message numerus="yes">
        <source>means over %n split(s), ± is the deviation; counts are sums</source>
        <translation>
            <numerusform>mean over %n split; counts are sums</numerusform>
            <numerusform>means over %n splits, ± is the deviation; counts are sums</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::GroupModel</name>
    <message numerus="yes">
        <source>%n group(s)</source>
        <translation>
            <numerusform>%n group</numerusform>
            <numerusform>%n groups</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::LabelModel</name>
    <message numerus="yes">
        <source>%n picture(s)</source>
        <translation>
            <numerusform>%n picture</numerusform>
            <numerusform>%n pictures</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::LabelPage</name>
    <message numerus="yes">
        <source>%n other picture(s) at least</source>
        <translation>
            <numerusform>%n other picture at least</numerusform>
            <numerusform>%n other pictures at least</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s) are excluded, and the list of them is not saved.</source>
        <translation>
            <numerusform>%n picture is excluded, and the list is not saved.</numerusform>
            <numerusform>%n pictures are excluded, and the list of them is not saved.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::LabelState</name>
    <message numerus="yes">
        <source>exclude %n picture(s)</source>
        <translation>
            <numerusform>exclude %n picture</numerusform>
            <numerusform>exclude %n pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>take back %n picture(s)</source>
        <translation>
            <numerusform>take back %n picture</numerusform>
            <numerusform>take back %n pictures</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::LabelView</name>
    <message numerus="yes">
        <source>%n picture(s) selected</source>
        <translation>
            <numerusform>%n picture selected</numerusform>
            <numerusform>%n pictures selected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s)</source>
        <translation>
            <numerusform>%n picture</numerusform>
            <numerusform>%n pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n excluded</source>
        <translation>
            <numerusform>%n excluded</numerusform>
            <numerusform>%n excluded</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n picture(s) have too few others of their class: how far they are from it says nothing.</source>
        <translation>
            <numerusform>%n picture has too few others of its class: how far it is from it says nothing.</numerusform>
            <numerusform>%n pictures have too few others of their classes: how far they are from them says nothing.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::LivePairs</name>
    <message numerus="yes">
        <source>, %n template(s) by the best one alone</source>
        <translation>
            <numerusform>, %n template by the best one alone</numerusform>
            <numerusform>, %n templates by the best one alone</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>mean of %n split(s) ± deviation</source>
        <translation>
            <numerusform>mean of %n split ± deviation</numerusform>
            <numerusform>mean of %n splits ± deviation</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::ModelView</name>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n layer(s)</source>
        <translation>
            <numerusform>%n layer</numerusform>
            <numerusform>%n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s) found; the strongest was taken.</source>
        <translation>
            <numerusform>%n face found; the strongest was taken.</numerusform>
            <numerusform>%n faces found; the strongest was taken.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::NoticeBar</name>
    <message numerus="yes">
        <source>%n earlier notice(s)</source>
        <translation>
            <numerusform>%n earlier notice</numerusform>
            <numerusform>%n earlier notices</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::ProjectQuestions</name>
    <message numerus="yes">
        <source>%n run(s) of the evaluation are not saved.</source>
        <translation>
            <numerusform>%n run of the evaluation is not saved.</numerusform>
            <numerusform>%n runs of the evaluation are not saved.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::RetrievalModel</name>
    <message numerus="yes">
        <source>%n quer(ies)</source>
        <translation>
            <numerusform>%n query</numerusform>
            <numerusform>%n queries</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::RetrievalView</name>
    <message numerus="yes">
        <source>, %n tracklet(s) by the best one alone</source>
        <translation>
            <numerusform>, %n tracklet by the best one alone</numerusform>
            <numerusform>, %n tracklets by the best one alone</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::RunPlot</name>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>and %n more</numerusform>
            <numerusform>and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::TemplatePairDialog</name>
    <message numerus="yes">
        <source>%n picture(s)</source>
        <translation>
            <numerusform>%n picture</numerusform>
            <numerusform>%n pictures</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %n kept</source>
        <translation>
            <numerusform>, %n kept</numerusform>
            <numerusform>, %n kept</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::ThresholdBar</name>
    <message numerus="yes">
        <source>, %n group(s) by their best face alone</source>
        <translation>
            <numerusform>, %n group by its best face alone</numerusform>
            <numerusform>, %n groups by their best face alone</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::WallPanel</name>
    <message numerus="yes">
        <source>%n group(s)</source>
        <translation>
            <numerusform>%n group</numerusform>
            <numerusform>%n groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n selected</source>
        <translation>
            <numerusform>%n selected</numerusform>
            <numerusform>%n selected</numerusform>
        </translation>
    </message>
</context>
</TS>
