/**
 * What is asked of records beside others: that no two have the same of something, and that what one
 * refers to is there. Judged by the state's writer, over what it knows of all records.
 */
@NullMarked
package dev.unisono.engine.constraint;

import org.jspecify.annotations.NullMarked;
