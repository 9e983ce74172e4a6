// SPDX-License-Identifier: MIT
#pragma once

namespace proctor {

// Uses up what is free between the objects of this interpreter, so that what its forks allocate lies side by side in memory
// that nothing else lies in: a fork has to copy each page that it writes to. Before anything is forked.
void pack_heap();

} // namespace proctor
