#!/bin/sh
# All suites, or those of RETENTIOND_SUITES, in the build tree that make names.
# shellcheck disable=SC2086
exec "${top_builddir:-.}/tests/run" ${RETENTIOND_SUITES:-}
