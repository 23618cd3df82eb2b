/** The config: one YAML file read, checked as a whole and turned into what the engine runs. */
@NullMarked
package dev.unisono.engine.config;

import org.jspecify.annotations.NullMarked;
