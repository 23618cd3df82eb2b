/** The door of SOAP: a WSDL for each entity, its operations by SOAP 1.1 and 1.2. */
@NullMarked
package dev.unisono.server.soap;

import org.jspecify.annotations.NullMarked;
