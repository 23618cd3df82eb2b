/** What a config says without a word of its own: entities made of the tables of a system. */
@NullMarked
package dev.unisono.engine.expose;

import org.jspecify.annotations.NullMarked;
