/** What is kept in unison: entities, their fields and the JSON they are shown as. */
@NullMarked
package dev.unisono.engine.entity;

import org.jspecify.annotations.NullMarked;
