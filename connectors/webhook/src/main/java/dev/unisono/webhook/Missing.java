package dev.unisono.webhook;

/** What is found where nothing stands: not even a null. */
enum Missing {
  MISSING
}
