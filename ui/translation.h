// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace dscope {

/// Installs the program's own translation for the user's language, English plurals where there is none. Once; needs the application object.
void installTranslation();

} // namespace dscope
