package dev.unisono.engine.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing array of bytes, written at its end and read from its start: unsigned numbers in base
 * 128 (LEB128), signed ones zig-zag before that, text as UTF-8. For one thread.
 */
public final class Bytes {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] array;
  private int size;
  private int position;

  public Bytes(int capacity) {
    this.array = new byte[capacity];
  }

  /** For reading what was written before; the array is not copied. */
  public Bytes(byte[] written) {
    this.array = written;
    this.size = written.length;
  }

  public int size() {
    return size;
  }

  public byte[] array() {
    return array;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(array, size);
  }

  public void clear() {
    size = 0;
    position = 0;
  }

  /** Where the next value is read. */
  public int position() {
    return position;
  }

  public boolean exhausted() {
    return position >= size;
  }

  public void writeByte(int value) {
    room(1);
    array[size++] = (byte) value;
  }

  public void writeUnsigned(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      array[size++] = (byte) ((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    array[size++] = (byte) rest;
  }

  public void writeSigned(long value) {
    writeUnsigned((value << 1) ^ (value >> 63));
  }

  public void writeFixedLong(long value) {
    room(8);
    LONGS.set(array, size, value);
    size += 8;
  }

  public void writeBytes(byte[] value) {
    writeUnsigned(value.length);
    writeRaw(value, value.length);
  }

  public void writeRaw(byte[] value, int length) {
    room(length);
    System.arraycopy(value, 0, array, size, length);
    size += length;
  }

  public void writeText(String value) {
    writeBytes(value.getBytes(StandardCharsets.UTF_8));
  }

  public int readByte() {
    return array[position++];
  }

  public long readUnsigned() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = array[position++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  public long readSigned() {
    long zigzag = readUnsigned();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  public long readFixedLong() {
    long value = (long) LONGS.get(array, position);
    position += 8;
    return value;
  }

  /**
   * How many of something follow, each of which takes a byte at least.
   *
   * @throws IllegalStateException where there is not room for so many
   */
  public int readCount() {
    long count = readUnsigned();
    if (count < 0 || count > size - position) {
      throw new IllegalStateException("more than is there: " + count);
    }
    return (int) count;
  }

  public byte[] readBytes() {
    int length = readCount();
    byte[] value = Arrays.copyOfRange(array, position, position + length);
    position += length;
    return value;
  }

  public String readText() {
    int length = readCount();
    String value = new String(array, position, length, StandardCharsets.UTF_8);
    position += length;
    return value;
  }

  private void room(int more) {
    if (size + more > array.length) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, size + more));
    }
  }
}
