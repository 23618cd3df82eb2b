package dev.unisono.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/**
 * A proxy before a PostgreSQL server, that causes faults: at a named point of the conversation (see
 * {@link FaultPoint}) it stands still, so that whoever is on either side can be killed just there;
 * it cuts, delays, slows down or freezes whatever goes through it. What it passes on it never
 * changes. Listens on loopback only; takes connections without TLS, as the drivers' default allows.
 * Safe for threads.
 *
 * <pre>{@code
 * try (PostgresServer billing = PostgresServer.temporary();
 *     FaultProxy proxy = FaultProxy.before(billing)) {
 *   // … a server whose config names proxy.jdbcUrl("billing") …
 *   try (Hold hold = proxy.hold(FaultPoint.AFTER_TARGET_COMMIT)) {
 *     // … a change in the source …
 *     assertTrue(hold.awaitReached(Duration.ofSeconds(10)));
 *     server.kill(); // the target has committed, and nobody knows
 *   }
 *   // … start the server again: the change is in billing once …
 * }
 * }</pre>
 */
public final class FaultProxy implements AutoCloseable {
  private static final int CONNECT_MILLIS = 5_000;

  private final ServerSocket listening;
  private final IntSupplier serverPort;
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final List<Hold> holds = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition thawed = lock.newCondition();
  private boolean frozen;
  private volatile Duration delay = Duration.ZERO;
  private volatile int bytesPerSecond;
  private volatile boolean closed;

  private FaultProxy(ServerSocket listening, IntSupplier serverPort) {
    this.listening = listening;
    this.serverPort = serverPort;
  }

  /** A proxy before a server; the server may be stopped, killed and started again meanwhile. */
  public static FaultProxy before(PostgresServer server) {
    return before(server::port);
  }

  /** A proxy before whatever listens on a port of this machine's loopback address. */
  public static FaultProxy before(int port) {
    return before(() -> port);
  }

  private static FaultProxy before(IntSupplier port) {
    try {
      ServerSocket listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
      FaultProxy proxy = new FaultProxy(listening, port);
      Thread.ofVirtual().name("fault-proxy").start(proxy::accept);
      return proxy;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** The port it listens on. */
  public int port() {
    return listening.getLocalPort();
  }

  /** The address of a database of the server behind, by way of this proxy. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port() + "/" + database;
  }

  /** The next connection that comes to the point stands still there. Close the hold to end it. */
  public Hold hold(FaultPoint point) {
    return hold(point, 0);
  }

  /**
   * The same after the point was passed a few times; each counts, on whichever connection.
   *
   * @param toPass how often it is passed before, 0 or more
   */
  public Hold hold(FaultPoint point, long toPass) {
    holds.removeIf(Hold::over);
    Hold hold = new Hold(point, toPass);
    holds.add(hold);
    return hold;
  }

  /** Cuts all connections there are at this moment; new ones are taken. */
  public void cut() {
    connections.forEach(ProxiedConnection::close);
  }

  /**
   * Passes on nothing more until {@link #thaw}; connections stay open, and new ones are taken and
   * left without an answer.
   */
  public void freeze() {
    setFrozen(true);
  }

  /** Ends {@link #freeze}: what came meanwhile goes on. */
  public void thaw() {
    setFrozen(false);
  }

  private void setFrozen(boolean now) {
    lock.lock();
    try {
      frozen = now;
      thawed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Passes on each piece that arrives so much later; zero ends it. */
  public void delay(Duration each) {
    delay = each;
  }

  /** Passes on no more than so many bytes a second on each connection and way; 0 ends it. */
  public void trickle(int mostBytesPerSecond) {
    bytesPerSecond = mostBytesPerSecond;
  }

  /** How many connections go through it now. */
  public int connections() {
    return connections.size();
  }

  Duration delay() {
    return delay;
  }

  int bytesPerSecond() {
    return bytesPerSecond;
  }

  void awaitThaw() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (frozen && !closed) {
        thawed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A connection has come to a point: true where it goes on, false where it is to be cut. */
  boolean pass(FaultPoint point) throws InterruptedException {
    Optional<Hold> claimed = holds.stream().filter(hold -> hold.claims(point)).findFirst();
    return claimed.isEmpty() || claimed.get().go();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = listening.accept();
        Thread.ofVirtual().name("fault-proxy-requests").start(() -> serve(client));
      } catch (IOException ended) {
        if (!closed) {
          pauseAfterFailure();
        }
      }
    }
  }

  /** Without a file descriptor nothing can be accepted, and would be tried without end. */
  private static void pauseAfterFailure() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket()) {
      awaitThaw();
      server.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort.getAsInt()),
          CONNECT_MILLIS);
      ProxiedConnection connection = new ProxiedConnection(this, client, server);
      connections.add(connection);
      try {
        if (!closed) {
          connection.run();
        }
      } finally {
        connections.remove(connection);
      }
    } catch (IOException ended) {
      // Whoever is on the other side learns of it as of any connection that ends.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      listening.close();
    } catch (IOException harmless) {
      // It accepts nothing any more.
    }
    thaw();
    holds.forEach(Hold::cut);
    cut();
  }
}
