/* build: what is built, as make says it. */
#pragma once

#ifndef VERSION
#define VERSION "unreleased"
#endif
#ifndef REVISION
#define REVISION "unknown" /* made without git, or with changes of one's own */
#endif
