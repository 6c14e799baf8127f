// Hashes whose blocks are computed in C.
#pragma once

// Answers the library's methods that do that.
void hashes_register(void);
