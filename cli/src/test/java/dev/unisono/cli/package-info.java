/** Tests of the commands, and of the pages that are made of the code or promise something of it. */
@NullMarked
package dev.unisono.cli;

import org.jspecify.annotations.NullMarked;
