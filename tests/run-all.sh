#!/bin/sh
# All suites, in the build tree that make names.
exec "${top_builddir:-.}/tests/run"
