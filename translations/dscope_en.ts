<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en_GB">
<context>
    <name>dscope::GroupModel</name>
    <message numerus="yes">
        <source>%n group(s)</source>
        <translation>
            <numerusform>%n group</numerusform>
            <numerusform>%n groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s)</source>
        <translation>
            <numerusform>%n face</numerusform>
            <numerusform>%n faces</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::MainWindow</name>
    <message numerus="yes">
        <source>%n group(s)</source>
        <translation>
            <numerusform>%n group</numerusform>
            <numerusform>%n groups</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n face(s)</source>
        <translation>
            <numerusform>%n face</numerusform>
            <numerusform>%n faces</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n selected</source>
        <translation>
            <numerusform>%n selected</numerusform>
            <numerusform>%n selected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>dscope::NoticeBar</name>
    <message numerus="yes">
        <source>%n earlier notice(s), see Analysis &gt; Warnings</source>
        <translation>
            <numerusform>%n earlier notice, see Analysis &gt; Warnings</numerusform>
            <numerusform>%n earlier notices, see Analysis &gt; Warnings</numerusform>
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
</TS>
