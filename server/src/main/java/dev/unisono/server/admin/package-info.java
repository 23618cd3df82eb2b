/**
 * What people on call and tools ask of a running server: health, metrics, and all that is under
 * {@code /v1/admin}.
 */
@NullMarked
package dev.unisono.server.admin;

import org.jspecify.annotations.NullMarked;
