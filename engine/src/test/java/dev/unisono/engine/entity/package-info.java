/** Tests of entities and their JSON. */
@NullMarked
package dev.unisono.engine.entity;

import org.jspecify.annotations.NullMarked;
