/**
 * Webhooks, both ways: changes that are sent to endpoints, and what other systems bring by HTTP.
 */
@NullMarked
package dev.unisono.server.webhook;

import org.jspecify.annotations.NullMarked;
