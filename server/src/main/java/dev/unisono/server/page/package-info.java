/** The server's own page, and how a browser signs in. */
@NullMarked
package dev.unisono.server.page;

import org.jspecify.annotations.NullMarked;
