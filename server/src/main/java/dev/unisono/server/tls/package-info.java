/** How the doors speak TLS. */
@NullMarked
package dev.unisono.server.tls;

import org.jspecify.annotations.NullMarked;
