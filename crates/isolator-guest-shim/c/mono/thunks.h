// Short ways from interpreted into compiled code.
#pragma once

// Has the interpreter ask for them.
void thunks_begin(void);
