/**
 * What a caller may do, and what of records a caller is shown: roles, rules and scopes, and what
 * follows from them. Pure: who calls, and by what that is known, is the doors' affair.
 */
@NullMarked
package dev.unisono.engine.access;

import org.jspecify.annotations.NullMarked;
