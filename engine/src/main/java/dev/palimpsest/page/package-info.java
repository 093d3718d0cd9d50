/**
 * The bytes of a page: header, slots, checksum. No I/O, no latches: every method works on a buffer that its caller may touch.
 *
 * <p>Start with {@link dev.palimpsest.page.PageLayout} (the 32 bytes all pages share), then {@link dev.palimpsest.page.SlottedPage}
 * (line pointers and items, heap and B-tree). Buffers are {@code LITTLE_ENDIAN}; only absolute accesses, so that several threads can
 * share one. Imports {@code id} and {@code api}.
 */
package dev.palimpsest.page;
