package dev.unisono.postgres;

import java.io.File;
import java.net.SocketException;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketFactory;

/**
 * Makes the sockets by which the driver reaches a server through one Unix socket, whatever host its
 * url names. The driver finds it by its name and makes it with the socket's file. Immutable; safe
 * for threads.
 */
public final class UnixSocketFactory extends AFUNIXSocketFactory {
  private final File file;

  public UnixSocketFactory(String file) {
    this.file = new File(file);
  }

  @Override
  public boolean isHostnameSupported(String host) {
    return true;
  }

  @Override
  public AFUNIXSocketAddress addressFromHost(String host, int port) throws SocketException {
    return AFUNIXSocketAddress.of(file);
  }
}
