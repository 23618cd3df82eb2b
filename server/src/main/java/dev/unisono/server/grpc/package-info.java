/** Records and their changes by gRPC, with one description for every config. */
@NullMarked
package dev.unisono.server.grpc;

import org.jspecify.annotations.NullMarked;
