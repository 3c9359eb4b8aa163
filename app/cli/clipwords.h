// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/nets/model.h"
#include "core/scores/dscore.h"
#include "core/training/clipset.h"

#include <string>
#include <vector>

namespace dscope::cli {

/// How a video is divided into clips, whatever is done with them.
std::vector<Option> divisionOptions();
/// How labelled videos are read and divided into clips, for `dscope train action` and `dscope label`.
std::vector<Option> labelledClipOptions();
/// What they say, over `usual`. @throws UsageError
ClipSetOptions clipSetOptionsOf(const Arguments &arguments, ClipSetOptions usual);
/// What is usual for a network: its own frames, rate, stride and size, else its architecture's.
ClipSetOptions clipSetOptionsFor(const ModelSpec &spec);

/// How clips are shown in training.
std::vector<Option> shownClipOptions(double cropScale);
void takeShownClipOptions(const Arguments &arguments, ClipSetOptions &options);

/// @throws UsageError that names the first of the options given that does not apply, and why
void refuseGiven(const Arguments &arguments, const std::vector<std::string> &names, const std::string &why);

/// `dscope train action`.
Command trainActionWord();
/// `dscope train ddnet` on targets of clips, and the options that it has beside those for faces.
int trainClipDdNet(const Arguments &arguments, Progress &progress);
std::vector<Option> clipDdNetOptions();
/// Names of these options, and of those that faces alone have.
std::vector<std::string> onlyForClips();
std::vector<std::string> onlyForFaces();

/// `dscope label` with a base network on clips.
int labelVideos(const Arguments &arguments, const ModelSpec &base, const DScoreOptions &dscore, const CentroidChoice &choice, Progress &progress);

} // namespace dscope::cli
