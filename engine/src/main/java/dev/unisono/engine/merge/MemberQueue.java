package dev.unisono.engine.merge;

import dev.unisono.spi.MemberWrite;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What is in line for one member, bounded (invariant 7): what there is no room for is owed, and
 * asked for when there is room again. Nothing in here is needed after a crash. Safe for threads.
 */
final class MemberQueue {
  private final int capacity;
  private final Runnable onRoom;
  private final ArrayDeque<MemberWrite> writes = new ArrayDeque<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition came = lock.newCondition();

  /** Room that was promised to writes which are not durable yet. */
  private int promised;

  private boolean owing;
  private long floor;

  /**
   * @param capacity so many writes at most
   * @param onRoom called when half of it is free again after somebody found none; must not block
   */
  MemberQueue(int capacity, Runnable onRoom) {
    this.capacity = capacity;
    this.onRoom = onRoom;
  }

  /** Promises room for one write more; false where there is none. */
  boolean promise() {
    lock.lock();
    try {
      if (writes.size() + promised >= capacity) {
        owing = true;
        return false;
      }
      promised++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Promises that come to nothing. */
  void release(int count) {
    lock.lock();
    try {
      promised -= count;
    } finally {
      lock.unlock();
    }
  }

  /** Takes durable writes to which room was promised. */
  void add(List<MemberWrite> more) {
    lock.lock();
    try {
      promised -= more.size();
      for (MemberWrite write : more) {
        if (write.id() > floor) {
          writes.add(write);
        }
      }
      came.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What is not above a number is not written any more, whenever it comes. */
  void begin(long above) {
    lock.lock();
    try {
      floor = above;
      writes.removeIf(write -> write.id() <= above);
    } finally {
      lock.unlock();
    }
  }

  /** The next writes; waits until there is one. */
  List<MemberWrite> take(int atMost) throws InterruptedException {
    List<MemberWrite> taken = new ArrayList<>();
    boolean room;
    lock.lockInterruptibly();
    try {
      while (writes.isEmpty()) {
        came.await();
      }
      while (taken.size() < atMost && !writes.isEmpty()) {
        taken.add(writes.poll());
      }
      room = owing && writes.size() + promised <= capacity / 2;
      owing &= !room;
    } finally {
      lock.unlock();
    }
    if (room) {
      onRoom.run();
    }
    return taken;
  }

  int size() {
    lock.lock();
    try {
      return writes.size();
    } finally {
      lock.unlock();
    }
  }
}
