/** Systems that bring their changes by HTTP, each by its own kind of signature. */
@NullMarked
package dev.unisono.webhook;

import org.jspecify.annotations.NullMarked;
