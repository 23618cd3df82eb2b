// Changes per second over the last two minutes, from the journal's head as it is polled.

import { h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import { rateText } from './text.js';

const WINDOW_SECONDS = 120;
const HEIGHT = 180;
const BACK = [120, 90, 60, 30, 0];
const BACK_TEXTS = ['−120 s', '−90 s', '−60 s', '−30 s', 'now'];

/** Points of the last two minutes, made from heads and the moments they were seen. */
export class Rates {
  seconds = [];
  rates = [];
  #last = null;

  /** A head that went back, or another epoch, gives no point. */
  add({ epoch, journal: { head } }, at) {
    const last = this.#last;
    if (last?.at === at) return;
    this.#last = { epoch, head, at };
    if (last?.epoch !== epoch || head < last.head) return;
    this.seconds.push(at / 1000);
    this.rates.push((head - last.head) / ((at - last.at) / 1000));
    while (this.seconds[0] < at / 1000 - WINDOW_SECONDS - 2) {
      this.seconds.shift();
      this.rates.shift();
    }
  }

  now = () => this.rates.at(-1) ?? 0;
}

function chart(element, data) {
  const style = getComputedStyle(element);
  const color = (name) => style.getPropertyValue(name).trim();
  const grid = { stroke: color('--line'), width: 1 };
  const axis = { stroke: color('--muted'), grid, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  const x = () => [performance.now() / 1000 - WINDOW_SECONDS, performance.now() / 1000];
  const y = (plot, least, most) => [0, Math.max(5, most * 1.15)];
  const options = {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 20, 0, 0],
    scales: { x: { time: false, range: x }, y: { range: y } },
    axes: [
      { ...axis, size: 28, splits: ({ scales }) => BACK.map((back) => scales.x.max - back), values: () => BACK_TEXTS },
      { ...axis, size: 52, values: (plot, splits) => splits.map(rateText) },
    ],
    series: [{}, { stroke: color('--accent'), fill: color('--accent-soft'), width: 2, points: { show: false } }],
  };
  return new UPlot(options, data, element);
}

export function Throughput({ rates, status }) {
  const place = useRef(null);
  const plot = useRef(null);
  const data = () => [rates.seconds, rates.rates];

  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const draw = () => {
      plot.current?.destroy();
      plot.current = chart(place.current, data());
    };
    // The first observation draws: it comes at once.
    const sized = new ResizeObserver(draw);
    sized.observe(place.current);
    dark.addEventListener('change', draw);
    return () => {
      sized.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);

  useEffect(() => plot.current?.setData(data()), [status]);

  const summary = `now ${rateText(rates.now())}, highest ${rateText(Math.max(0, ...rates.rates))}`;
  return h('section', { class: 'card', 'aria-labelledby': 'throughput-title' },
    h('header', null,
      h('h2', { id: 'throughput-title' }, 'Changes per second'),
      h('span', { class: 'quiet' }, summary)),
    h('div', { ref: place, class: 'chart', role: 'img', 'aria-label': `The last two minutes: ${summary} a second` }));
}
