// See profile.c.
#pragma once

void profile_begin(void);
