/** MariaDB as a source: its binlog by the Debezium engine, its tables by chunks beside that. */
@NullMarked
package dev.unisono.mariadb;

import org.jspecify.annotations.NullMarked;
