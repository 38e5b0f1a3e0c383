libretention_a_SOURCES +=
