// Delegates: see delegates.c.
#pragma once

#include <mono/metadata/image.h>

void delegates_bind(MonoImage *image);
