// Exception filters: see filters.c.
#pragma once

#include <mono/metadata/image.h>

void filters_bind(MonoImage *image);
