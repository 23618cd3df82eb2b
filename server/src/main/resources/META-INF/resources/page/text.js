// How values and amounts are written for people, and JSON read without losing a digit.

/** A JSON number whose text says more than a floating-point number can hold, such as 12.50. */
class ExactNumber {
  constructor(text) {
    this.text = text;
  }
  toString = () => this.text;
  toJSON = () => JSON.rawJSON?.(this.text) ?? Number(this.text);
}

/** Reads JSON; numbers keep their digits where the browser gives a number's source text. */
export const parseExact = (text) =>
  JSON.parse(text, (name, value, context) => {
    const differs = typeof value === 'number' && context && context.source !== String(value);
    return differs ? new ExactNumber(context.source) : value;
  });

export const isNothing = (value) => value === null || value === undefined;

/** A value as one line of text. */
export function valueText(value) {
  if (isNothing(value)) return 'no value';
  return typeof value === 'object' && !(value instanceof ExactNumber) ? JSON.stringify(value) : String(value);
}

export const keyText = (key) => Object.values(key).map(valueText).join(', ');

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const unknown = (amount) => isNothing(amount) || amount < 0;

export const CLOCK = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const countText = (count) => (unknown(count) ? 'unknown' : whole.format(count));
export const countOf = (count, one) => `${countText(count)} ${one}${count === 1 ? '' : 's'}`;
export const rateText = (rate) => (rate < 10 ? tenths : whole).format(rate);
export const millisText = (millis) => `${(millis < 100 ? tenths : whole).format(millis)} ms`;

export function durationText(seconds) {
  if (unknown(seconds)) return 'unknown';
  if (seconds < 1) return millisText(seconds * 1000);
  if (seconds < 90) return `${tenths.format(seconds)} s`;
  return seconds < 5400 ? `${whole.format(seconds / 60)} min` : `${tenths.format(seconds / 3600)} h`;
}

export function bytesText(bytes) {
  if (unknown(bytes)) return 'unknown';
  const unit = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${tenths.format(bytes / 1000 ** unit)} ${['B', 'kB', 'MB', 'GB', 'TB'][unit]}`;
}
