/** SQLite and H2 as systems, and a target that other databases with a JDBC driver can use. */
@NullMarked
package dev.unisono.jdbc;

import org.jspecify.annotations.NullMarked;
