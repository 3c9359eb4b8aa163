// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/detailpanel.h"

#include "core/base/text.h"
#include "ui/convert.h"
#include "ui/models/thresholdstate.h"
#include "ui/plaintip.h"
#include "ui/taskwords.h"
#include "ui/theme.h"
#include "ui/views/classscores.h"
#include "ui/views/frameview.h"

#include <QClipboard>
#include <QEvent>
#include <QFormLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace dscope {

namespace {
/// A bar in the colour of the score, as long as the score is high.
class ScoreStrip : public QWidget {
public:
    explicit ScoreStrip(QWidget *parent) : QWidget(parent) { setFixedHeight(8); }
    double score = 0;

protected:
    void paintEvent(QPaintEvent *) override
    {
        QPainter painter(this);
        painter.fillRect(rect(), palette().color(QPalette::Mid));
        painter.fillRect(QRect(0, 0, qRound(width() * score), height()), scoreColour(score));
    }
};

QLabel *valueLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText); // names of files and groups
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}
} // namespace

DetailPanel::DetailPanel(FrameProvider *frames, const ThresholdState *state, QWidget *parent)
    : QWidget(parent), m_frames(frames), m_state(state), m_view(new FrameView(this))
{
    setObjectName(QStringLiteral("detail"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 6, 6, 6);
    layout->addWidget(m_view, 1);
    buildRows();
    layout->addWidget(m_rows);
    m_classes = new ClassScores(this);
    layout->addWidget(m_classes);
    connect(frames, &FrameProvider::shown, this, &DetailPanel::take);
    connect(frames, &FrameProvider::failed, this, [this](const QString &detail) { m_view->setMessage(tr("The frame cannot be shown.\n%1").arg(detail)); });
    connect(state, &ThresholdState::changed, this, [this] {
        fillKept();
        m_classes->show(m_document, m_shownFace, m_state->keep());
        drawOverlays();
    });
    connect(m_view, &FrameView::faceClicked, this, &DetailPanel::faceClicked);
    setFace(-1);
}

void DetailPanel::buildRows()
{
    m_rows = new QWidget(this);
    auto *column = new QVBoxLayout(m_rows);
    column->setContentsMargins(0, 0, 0, 0);
    auto *line = new QHBoxLayout;
    m_score = new QLabel(m_rows);
    m_score->setObjectName(QStringLiteral("dscore"));
    m_score->setAccessibleName(tr("D-score"));
    QFont big = m_score->font();
    big.setPointSizeF(big.pointSizeF() * 1.9);
    big.setBold(true);
    m_score->setFont(big);
    m_kept = new QLabel(m_rows);
    m_kept->setObjectName(QStringLiteral("keptLabel"));
    line->addWidget(m_score);
    line->addStretch();
    line->addWidget(m_kept);
    column->addLayout(line);
    m_strip = new ScoreStrip(m_rows);
    column->addWidget(m_strip);

    auto *form = new QFormLayout;
    m_form = form;
    form->setContentsMargins(0, 4, 0, 0);
    form->setHorizontalSpacing(14);
    form->setVerticalSpacing(3);
    m_raw = valueLabel(m_rows);
    m_raw->setToolTip(tr("Before Eq. 4's normalisation: mu + sigma · logit(D-score), with the DDNet's own mu and sigma"));
    m_percentile = valueLabel(m_rows);
    m_second = valueLabel(m_rows);
    m_second->setObjectName(QStringLiteral("secondLook"));
    m_second->setToolTip(tr("The D-score that the base's own embedding gives. It says what a kept element weighs, where the weights are by the second look"));
    m_time = valueLabel(m_rows);
    m_detector = valueLabel(m_rows);
    m_box = valueLabel(m_rows);
    m_group = valueLabel(m_rows);
    m_path = valueLabel(m_rows);
    m_path->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_copy = new QToolButton(m_rows);
    m_copy->setObjectName(QStringLiteral("copyPath"));
    m_copy->setAutoRaise(true);
    m_copy->setToolTip(tr("Copy the path"));
    m_copy->setAccessibleName(tr("Copy the path"));
    m_copy->setIcon(themedIcon(QStringLiteral("copy"), palette()));
    connect(m_copy, &QToolButton::clicked, this, [this] {
        if (m_document && m_face >= 0)
            QGuiApplication::clipboard()->setText(toQString(m_document->element(m_face).file));
    });
    auto *file = new QHBoxLayout;
    file->addWidget(m_path, 1);
    file->addWidget(m_copy);
    form->addRow(tr("Raw D-score"), m_raw);
    form->addRow(tr("Percentile"), m_percentile);
    form->addRow(tr("Second look"), m_second);
    form->addRow(tr("Time"), m_time);
    form->addRow(tr("Detector score"), m_detector);
    form->addRow(tr("Box"), m_box);
    form->addRow(tr("Group"), m_group);
    form->addRow(tr("File"), file);
    column->addLayout(form);
}

void DetailPanel::setDocument(DocumentPtr document)
{
    m_document = std::move(document);
    m_face = -2; // so that setFace does its work
    setFace(-1);
}

void DetailPanel::goOn(DocumentPtr document, int face)
{
    if (face < 0)
        return setDocument(std::move(document));
    m_document = std::move(document);
    m_face = face;
    m_source = m_document->face(face).source;
    fill(face);
    // The frame on show may be another than the chosen face's while the video plays; or it has not come yet.
    if (m_view->hasImage() && m_file == m_document->element(face).file)
        take({m_file, m_frame, m_document->element(face).timeS, {}, {}});
}

void DetailPanel::setFace(int face)
{
    if (face == m_face && face == m_shownFace)
        return;
    m_face = face;
    fill(face);
    if (face < 0) {
        m_source = -1;
        m_file.clear();
        m_frames->drop();
        m_view->setMessage(m_document ? tr("Choose one on the wall to see the whole picture it is from.") : QString());
        return;
    }
    if (!m_view->hasImage())
        m_view->setMessage(tr("Reading the picture…"));
    const Element &element = m_document->element(face);
    m_source = m_document->face(face).source;
    if (m_document->isVideo(m_source) && element.frame >= 0) {
        if (m_file == element.file && m_frame == element.frame && m_view->hasImage()) {
            m_frames->drop();                                      // what was asked for before must not take this one's place
            return take({m_file, m_frame, element.timeS, {}, {}}); // a face of the frame on show
        }
        m_frames->requestFrame(element.file, element.frame);
    } else {
        m_frames->requestPicture(element.file);
    }
}

QString DetailPanel::scoreLabelText() const
{
    return m_score->text();
}

void DetailPanel::fill(int face)
{
    m_shownFace = face;
    m_rows->setVisible(face >= 0);
    m_classes->show(m_document, face, m_state->keep());
    if (face < 0)
        return;
    const bool clips = m_document->task().shape.frames > 1;
    for (QWidget *field : {m_second, m_detector, m_box}) // of no use to a clip
        m_form->setRowVisible(field, !clips);
    const Element &element = m_document->element(face);
    const Analysis &analysis = m_document->analysis();
    const double score = static_cast<double>(element.dScore);
    m_score->setText(scoreText(score));
    auto *strip = static_cast<ScoreStrip *>(m_strip);
    strip->score = score;
    strip->update();
    m_raw->setText(QLocale().toString(rawDScore(score, analysis.mu, analysis.sigma), 'f', 3));
    const double percentile = m_document->live().shares().percentile(score);
    m_percentile->setText(tr("above %1 of all %2").arg(percentText(percentile), elementsText(m_document->task())));
    m_second->setText(std::isfinite(element.second) ? scoreText(static_cast<double>(element.second))
                          : analysis.second.there() ? tr("the base has not seen this one")
                                                    : tr("none for this base"));
    m_time->setText(clips                    ? tr("%1 to %2, from frame %3").arg(timeText(element.timeS), timeText(element.toS)).arg(element.frame)
                        : element.timeS >= 0 ? tr("%1, frame %2").arg(timeText(element.timeS)).arg(element.frame)
                                             : tr("a still picture"));
    m_detector->setText(element.detectorScore >= 0 ? QLocale().toString(static_cast<double>(element.detectorScore), 'f', 3) : tr("no detector was asked"));
    m_box->setText(
        element.box
            ? tr("%1 × %2 px at (%3, %4)").arg(qRound(element.box->w)).arg(qRound(element.box->h)).arg(qRound(element.box->x)).arg(qRound(element.box->y))
            : element.landmarks ? tr("none: aligned by the landmarks given")
                                : tr("the whole picture"));
    const Document::FaceRef &ref = m_document->face(face);
    const Group &group = m_document->groupData(ref.group);
    m_group->setText(tr("%1 (%2 of %3 by D-score)").arg(toQString(shownName(group.id))).arg(ref.rank + 1).arg(m_document->group(ref.group).count));
    m_path->setText(toQString(shownName(element.file.filename().native())));
    m_path->setToolTip(plainTip(toQString(shownName(element.file.native()))));
    fillKept();
}

void DetailPanel::fillKept()
{
    if (!m_document || m_shownFace < 0)
        return;
    const bool kept = m_document->kept(m_shownFace, m_state->keep());
    const bool alone =
        m_state->keep().mode == Keep::Mode::Threshold && kept && static_cast<double>(m_document->element(m_shownFace).dScore) <= m_state->threshold();
    m_kept->setText(alone ? tr("kept as the group's best") : kept ? tr("kept") : tr("dropped"));
    m_kept->setToolTip(alone ? tr("Nothing in this group passes the threshold, so its single best is kept.") : QString());
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, kept ? keptColour(palette()) : subtleColour(palette()));
    m_kept->setPalette(colours);
}

void DetailPanel::take(const ShownFrame &frame)
{
    if (!m_document || m_source < 0)
        return;
    if (!frame.image.isNull())
        m_view->setImage(frame.image, frame.size);
    m_file = frame.file;
    m_frame = frame.frame;
    int face = m_face;
    if (frame.frame >= 0) {
        // The same person's face in this frame, if it has one.
        face = m_document->task().shape.frames > 1 ? m_document->clipAt(m_source, frame.frame) : -1;
        const int group = m_face >= 0 ? m_document->face(m_face).group : -1;
        for (const auto &[number, id] : m_document->inFrame(m_source, frame.frame))
            if (id == m_face || (face < 0 && m_document->face(id).group == group))
                face = id;
        if (face >= 0) {
            fill(face);
        } else {
            m_shownFace = -1;
            m_score->setText(tr("none in this frame"));
            m_kept->clear();
            m_time->setText(tr("%1, frame %2").arg(timeText(frame.timeS)).arg(frame.frame));
        }
    }
    drawOverlays();
    Q_EMIT frameShown(m_source, frame.frame, frame.timeS, face);
}

void DetailPanel::drawOverlays()
{
    if (!m_document || m_source < 0 || !m_view->hasImage())
        return;
    std::vector<FrameView::Overlay> overlays;
    const auto add = [&](int id) {
        const Element &element = m_document->element(id);
        if (!element.box && !element.landmarks)
            return;
        const bool current = id == m_shownFace;
        overlays.push_back({id, element.box.value_or(Box{}), current ? element.landmarks : std::nullopt, scoreText(static_cast<double>(element.dScore)),
                            m_document->kept(id, m_state->keep()), current});
    };
    if (m_frame >= 0) {
        for (const auto &[number, id] : m_document->inFrame(m_source, m_frame))
            if (id != m_shownFace)
                add(id);
    }
    if (m_shownFace >= 0)
        add(m_shownFace); // last, so that it lies on top
    m_view->setOverlays(std::move(overlays));
}

void DetailPanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_copy != nullptr) {
        m_copy->setIcon(themedIcon(QStringLiteral("copy"), palette()));
        fillKept();
    }
}

} // namespace dscope
