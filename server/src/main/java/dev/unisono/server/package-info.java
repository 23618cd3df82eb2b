/** The server: wiring, who calls, REST, streams, health, metrics and the page. */
@NullMarked
package dev.unisono.server;

import org.jspecify.annotations.NullMarked;
