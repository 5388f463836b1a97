/* array: how many members an array has. Not for pointers. */
#pragma once

#define COUNT(array_) (sizeof(array_) / sizeof *(array_))
