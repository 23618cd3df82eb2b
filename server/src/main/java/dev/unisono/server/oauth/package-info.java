/**
 * Tokens: how this server gives them out by OAuth 2, and how they are checked, those of others
 * included. Messages and signatures are Nimbus' affair.
 */
@NullMarked
package dev.unisono.server.oauth;

import org.jspecify.annotations.NullMarked;
