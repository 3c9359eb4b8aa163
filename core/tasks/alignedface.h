// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The geometry of an aligned face, for what is measured in its pixels whatever the task: damage and augmentation draw their sizes for a face of alignedSide and
// scale them with the picture.
#include "core/tasks/face/geometry.h"
