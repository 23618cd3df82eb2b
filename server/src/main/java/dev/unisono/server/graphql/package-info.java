/** Records and their changes by GraphQL, with a schema that is made of the served entities. */
@NullMarked
package dev.unisono.server.graphql;

import org.jspecify.annotations.NullMarked;
