/**
 * The routes of who may call: keys, people, sessions and roles, the audit, and what somebody may
 * know and change of themselves.
 */
@NullMarked
package dev.unisono.server.people;

import org.jspecify.annotations.NullMarked;
