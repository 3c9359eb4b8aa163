// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace dscope {

/// A retrieval at the size of MARS (1,980 queries among 12,180 tracks of 2,048 values): processor seconds of all of it, by both protocols, beside those of the
/// bare matrix product of the same size.
void retrievalBench();

/// The live threshold of a retrieval at the size of MARS's test part (1,980 queries among 12,180 tracklets of 681,089 crops, 512 values each): processor
/// seconds of a move of the threshold beside those of the plain way, which weighs every crop, multiplies and sorts whole rows.
void liveRetrievalBench();

} // namespace dscope
