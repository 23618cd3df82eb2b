package dev.unisono.hub;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Netty's leak detector, which counts what it finds; the build sets it for all tests here. Safe for
 * threads.
 */
public final class LeakWatch<T> extends ResourceLeakDetector<T> {
  private static final AtomicInteger FOUND = new AtomicInteger();

  /** As Netty makes it. */
  public LeakWatch(Class<?> resourceType, int samplingInterval) {
    super(resourceType, samplingInterval);
  }

  @Override
  protected boolean needReport() {
    return true;
  }

  @Override
  protected void reportTracedLeak(String resourceType, String records) {
    FOUND.incrementAndGet();
    super.reportTracedLeak(resourceType, records);
  }

  @Override
  protected void reportUntracedLeak(String resourceType) {
    FOUND.incrementAndGet();
    super.reportUntracedLeak(resourceType);
  }

  /** Forgets what was found: for the test that leaks on purpose. */
  static void forget() {
    FOUND.set(0);
  }

  /** Buffers that were collected without having been released, up to now. */
  static int found() {
    for (int i = 0; i < 3; i++) {
      System.gc();
      // The detector looks for leaks when something is allocated.
      ByteBuf some = PooledByteBufAllocator.DEFAULT.directBuffer(16);
      some.release();
    }
    return FOUND.get();
  }
}
