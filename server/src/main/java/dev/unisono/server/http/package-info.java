/** What all routes over HTTP have in common: who calls, bodies, codings, answers, problems. */
@NullMarked
package dev.unisono.server.http;

import org.jspecify.annotations.NullMarked;
