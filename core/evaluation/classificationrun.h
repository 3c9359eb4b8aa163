// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/evaluation/run.h"
#include "core/tasks/task.h"

#include <string>
#include <vector>

namespace dscope {

/// Fuses every group's class scores by a method (Eq. 8) and counts how often the largest is the true class: EvaluationRun::classification, with intervals by a
/// bootstrap over groups. A group without an element counts as wrong, one whose class is not known takes no part. A method of several seeds (Method::seeds) is
/// drawn anew for each and shown by mean and deviation. The fields base, ddnet and device are the caller's.
/// @param set whose features are class scores, in the order of its subjects (the classes)
/// @throws Error as checkMethod(), where the scores are not as many as the classes, one is not finite, or no group has a class; Cancelled
EvaluationRun evaluateClassification(const TemplateFeatures &set, const Method &method, const VerificationOptions &options, Progress &progress);

/// @throws Error unless the features of a set are scores of its classes
void checkClassScores(const TemplateFeatures &set);

/// Whether a run has a classification, so that there is no TAR, EER or ROC to show.
bool isClassification(const EvaluationRun &run);

/// How the groups of a run were compared.
Protocol protocolOf(const EvaluationRun &run);

/// What a group of a run costs, from what an element does on average; 0: not known.
double perGroup(const EvaluationRun &run, double perElement);

/// The runs with a classification as a Markdown table with the paper's rows below, and what each method wins over `average` where that is among them; nothing
/// where there are none. The runs are of one benchmark.
std::string classificationTable(const std::vector<const EvaluationRun *> &runs);
/// A row a method and class: groups, those that are right, accuracy, and the class most often taken for it.
std::string perClassCsv(const std::vector<EvaluationRun> &runs);
/// A row a method, true class and predicted class that occurs; the predicted class is empty where nothing was predicted.
std::string confusionCsv(const std::vector<EvaluationRun> &runs);

} // namespace dscope
