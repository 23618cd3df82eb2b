/** Records by REST, and their description for programs. */
@NullMarked
package dev.unisono.server.rest;

import org.jspecify.annotations.NullMarked;
